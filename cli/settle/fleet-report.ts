/** What settle did to a fleet, and what it found. */
export interface FleetReport {
  fleet: string;
  /** Machines whose labels were changed. */
  labelled: { runner: string; instanceId: string; added: string[]; removed: string[] }[];
  /** Ids of machines and disks whose tags of one's own were changed. */
  tagged: string[];
  /** Ids of machines that were given a registration token. */
  tokens: string[];
  /** Ids of machines that have registered, and whose token was removed from SSM with its history. */
  spentTokens: string[];
  /** Ids of machines that slept on neither list and were terminated. */
  ended: string[];
  /** Names of the entries at GitHub that were removed. */
  removed: string[];
  /** Sentences that are good to know and ask for nothing. */
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

/** A sentence, and whether it is good to know or asks for something. */
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
