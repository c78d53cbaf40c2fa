/** What settle did to a fleet, and what it found. */
export interface FleetReport {
  fleet: string;
  /** Machines with changed labels. */
  labelled: { runner: string; instanceId: string; added: string[]; removed: string[] }[];
  /** Ids of the machines and disks on which tags from the configuration were changed. */
  tagged: string[];
  /** Ids of machines that were given a registration token. */
  tokens: string[];
  /** Ids of registered machines for which the used token and its history were removed from SSM. */
  spentTokens: string[];
  /** Ids of machines that were stopped and on neither list, and were terminated. */
  ended: string[];
  /** Names of the entries at GitHub that were removed. */
  removed: string[];
  /** Sentences for information, which need no action. */
  notes: string[];
  /** One sentence, with the next step, for everything that is not finished or not understood. */
  unsettled: string[];
  /** What could not be done because a service failed. */
  failed: string[];
}

export function emptyReport(fleet: string): FleetReport {
  return {
    fleet,
    labelled: [],
    tagged: [],
    tokens: [],
    spentTokens: [],
    ended: [],
    removed: [],
    notes: [],
    unsettled: [],
    failed: [],
  };
}

/** A sentence: `note` is for information, `unsettled` needs action. */
export interface Explanation {
  kind: "note" | "unsettled";
  sentence: string;
}

export function note(sentence: string): Explanation {
  return { kind: "note", sentence };
}

export function unsettled(sentence: string): Explanation {
  return { kind: "unsettled", sentence };
}

export function tell(report: FleetReport, explanation: Explanation | undefined): void {
  if (explanation?.kind === "note") report.notes.push(explanation.sentence);
  if (explanation?.kind === "unsettled") report.unsettled.push(explanation.sentence);
}
