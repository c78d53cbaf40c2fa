import { parseMachineName } from "../../contract/names.ts";
import type { KnownMachines } from "../../contract/known-machines.ts";
import { projectTag, tags } from "../../contract/tags.ts";
import type { Instance, RunnerEntry } from "../../observe/machine.ts";

/** A machine that EC2 does not know counts as gone this long after it was last seen. EC2 lags by seconds, not by hours. */
export const forgottenAfterMs = 3_600_000;

/**
 * What may be done with the entry of a machine at GitHub:
 * `living` its machine is there, powered on or off ·
 * `gone` its machine no longer exists, and GitHub shows it offline: the only entry that may be removed ·
 * `lingering` the machine is terminated, and GitHub has not noticed yet ·
 * `missing` EC2 does not describe the machine, which was seen less than an hour ago, or GitHub shows it online ·
 * `unknown` EC2 does not know the machine, and no settle has seen it: this does not prove that it is gone ·
 * `untagged` EC2 describes the instance, and it does not carry the tags of a machine ·
 * `foreign` EC2 describes the instance as another fleet's or environment's: some names can be split in two ways.
 */
export type EntryFate = "living" | "gone" | "lingering" | "missing" | "unknown" | "untagged" | "foreign";

/** An entry with what is known of its machine. */
export interface JudgedEntry {
  entry: RunnerEntry;
  instanceId: string;
  fate: EntryFate;
  /** Absent: EC2 does not describe it. */
  instance?: Instance;
  /** Milliseconds since the epoch; absent: no settle has seen it. */
  lastSeen?: number;
}

export interface EntryEvidence {
  environment: string;
  fleet: string;
  /** By id, of the environment's own account and region, whatever their tags. */
  instances: ReadonlyMap<string, Instance>;
  knownMachines: KnownMachines;
  /** Milliseconds since the epoch. */
  now: number;
}

/** @param entry an entry with the name of one of the fleet's machines */
export function judgeEntry(entry: RunnerEntry, evidence: EntryEvidence): JudgedEntry {
  const { instanceId } = parseMachineName(entry.name)!;
  const instance = evidence.instances.get(instanceId);
  const lastSeen = evidence.knownMachines.get(instanceId);
  return {
    entry,
    instanceId,
    fate: instance
      ? fateOfDescribed(entry, instance, evidence)
      : fateOfForgotten(entry, lastSeen, evidence.now),
    ...(instance && { instance }),
    ...(lastSeen !== undefined && { lastSeen }),
  };
}

function fateOfDescribed(
  { online }: RunnerEntry,
  { state, tags: own }: Instance,
  { environment, fleet }: EntryEvidence,
): EntryFate {
  const isOurs = own[tags.project] === projectTag;
  if (isOurs && (own[tags.environment] !== environment || own[tags.fleet] !== fleet)) return "foreign";
  if (state === "terminated") return online ? "lingering" : "gone";
  return isOurs ? "living" : "untagged";
}

function fateOfForgotten({ online }: RunnerEntry, lastSeen: number | undefined, now: number): EntryFate {
  if (lastSeen === undefined) return "unknown";
  return !online && now - lastSeen >= forgottenAfterMs ? "gone" : "missing";
}

/** Why an entry stays although its machine is not living, as the second half of a sentence. */
export function whyItStays({ fate, instanceId, instance, entry, lastSeen }: JudgedEntry): string {
  switch (fate) {
    case "lingering":
      return `GitHub still shows it online, although its machine ${instanceId} is terminated`;
    case "missing": {
      const seen = `EC2 does not describe its machine ${instanceId}, last seen at ${timeOf(lastSeen!)}`;
      return entry.online ? `${seen}, and GitHub shows it online` : seen;
    }
    case "unknown":
      return `EC2 does not know its machine ${instanceId}, and no settle has seen it`;
    case "untagged":
      return `its machine ${instanceId} is ${instance!.state} and does not carry the tags of a machine`;
    case "living":
    case "gone":
    case "foreign":
      return `its machine ${instanceId} is ${instance?.state ?? "gone"}`;
  }
}

/** Why an entry could be removed, as the second half of a sentence. */
export function whyItIsGone({ instanceId, instance, lastSeen }: JudgedEntry): string {
  return instance
    ? `its machine ${instanceId} is terminated`
    : `EC2 has not known its machine ${instanceId} since it was last seen at ${timeOf(lastSeen!)}`;
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
