import { isGone } from "../../contract/instance-state.ts";
import { limits } from "../../config/limits.ts";
import type { Listing } from "../../contract/desired.ts";
import type { ObservedMachine } from "../../observe/machine.ts";

/**
 * Settle's verdict on a machine.
 *
 * On a list: `in-service` · `candidate` waits to be proven · `needs-token`
 * asks for a registration token · `unregistered` has no entry at GitHub ·
 * `gone` terminated or shutting down · `undescribed` EC2 does not describe it.
 *
 * On neither list: `asleep` powered off, to be terminated · `working` runs a job ·
 * `leaving` is about to leave · `overdue` should have left long ago · `silent`
 * runs and has never reported · `ended`.
 *
 * `undecided`: the lists cannot be read.
 */
export type SettleVerdict =
  | "in-service"
  | "candidate"
  | "needs-token"
  | "unregistered"
  | "gone"
  | "undescribed"
  | "asleep"
  | "working"
  | "leaving"
  | "overdue"
  | "silent"
  | "ended"
  | "undecided";

export interface SettleInput {
  listing: Listing;
  /** If false, a missing entry has no meaning. */
  githubAsked: boolean;
  /** When the lists last changed, milliseconds since the epoch. Until then, an unlisted machine may have been on a list. */
  listsWrittenAt: number;
  now: number;
}

/** A machine on neither list notices within a minute, becomes quiet within minutes, and powers off. */
const leavesWithinMs = 3_600_000;

/** GitHub ends a job that is older. */
const longestJobMs = limits.jobMinutes * 60_000;

export function judgeMachine(machine: ObservedMachine, input: SettleInput): SettleVerdict {
  switch (input.listing) {
    case "service":
    case "candidate":
      return judgeListed(machine, input);
    case "none":
      return judgeUnlisted(machine, input);
    case "unknown":
      return machine.instanceState === "terminated" ? "ended" : "undecided";
  }
}

function judgeListed(
  { instanceState, report, entry }: ObservedMachine,
  { listing, githubAsked }: SettleInput,
): SettleVerdict {
  if (instanceState === "unknown") return "undescribed";
  if (isGone(instanceState)) return "gone";
  // A machine that GitHub shows online has a registration, whatever it reports: the report is old or forged.
  if (instanceState === "running" && report?.state === "needs-token" && !entry?.online) return "needs-token";
  if (listing === "candidate") return "candidate";
  return githubAsked && !entry ? "unregistered" : "in-service";
}

function judgeUnlisted(
  { instanceState, report }: ObservedMachine,
  { listsWrittenAt, now }: SettleInput,
): SettleVerdict {
  switch (instanceState) {
    case "terminated":
      return "ended";
    case "stopped":
      return "asleep";
    case "pending":
    case "stopping":
    case "shutting-down":
    case "unknown":
      return "leaving";
    case "running":
      break;
  }
  if (!report) return "silent";
  const since = report.since === undefined ? listsWrittenAt : Date.parse(report.since);
  if (report.state === "busy") return now - since > longestJobMs ? "overdue" : "working";
  return now - Math.max(since, listsWrittenAt) > leavesWithinMs ? "overdue" : "leaving";
}
