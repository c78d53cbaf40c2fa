import { lastWordStates } from "../contract/last-words.ts";
import type { MachineState } from "../contract/tags.ts";
import type { FleetSettings, Listing } from "../contract/desired.ts";
import { asleepDetail, spokenInThisLife } from "./asleep-detail.ts";
import type { MachineReport } from "../contract/machine-report.ts";
import type { ObservedMachine } from "./machine.ts";

/** The condition of a runner's machine, in one word. */
export const conditions = [
  "missing", // a configured runner without a machine
  "gone", // terminated, or not described by EC2
  "asleep", // stopped, by EC2
  "leaving", // on its way to power off
  "silent", // up for minutes, without a report and without an online entry at GitHub
  "booting", // the boot script is at work
  "boot-failed",
  "busy", // it has received a job that has not ended
  "on-no-list", // it runs, and is on neither list of its fleet
  "failed", // its listener cannot run
  "needs-token", // it waits for a registration token
  "waiting", // registered, with its listener off
  "starting", // its listener is not there yet
  "unproven", // ready, a candidate that is not on the roster
  "idle",
  "online", // online at GitHub, without a report of its own: it may be busy
] as const;
export type Condition = (typeof conditions)[number];

export interface ConditionInput {
  /** The machine's place on the lists of its fleet. */
  listing: Listing;
  /** Its fleet's settings, which show what keeps it asleep. Absent: it belongs to no known fleet. */
  settings?: FleetSettings;
  /** False if GitHub could not be asked: then a missing entry means nothing. */
  githubAsked: boolean;
  /** Milliseconds since the epoch. */
  now: number;
}

export interface MachineCondition {
  condition: Condition;
  /** ISO 8601 in UTC; absent if it is not known. */
  since?: string;
  /** One sentence for people. */
  detail?: string;
  /** `<owner>/<repository>/actions/runs/<id>`, while it may still run. */
  job?: string;
}

/** Milliseconds that a machine may be up, and its last report old, before a missing report means something. */
export const silentAfterMs = 5 * 60_000;

/** States in which the listener has a session, so that GitHub shows the runner online. */
const listening: readonly MachineState[] = ["idle", "busy"];

/**
 * The condition of a machine. EC2's state comes first, because a stopped machine
 * cannot correct its report. Then it counts whether the machine reports at all,
 * and then what it reports. A job comes before the lists: operators need to know
 * of it on a machine that should retire. GitHub's `busy` decides nothing: it
 * lags, and has been seen to be wrong.
 */
export function conditionOf(machine: ObservedMachine, circumstances: ConditionInput): MachineCondition {
  const { instanceState, launchedAt, report, stateReason } = machine;
  const spoken = spokenInThisLife(machine);
  const ended = spoken && lastWordStates.includes(spoken.state) ? spoken : undefined;
  switch (instanceState) {
    case "terminated":
    case "unknown":
      return judged("gone", { detail: stateReason });
    case "stopped":
      return judged("asleep", {
        since: ended?.since,
        detail: asleepDetail(machine, circumstances.settings, circumstances.now),
      });
    case "stopping":
    case "shutting-down":
      return judged("leaving", { since: ended?.since, detail: ended?.detail });
    case "pending":
      return judged(report ? "starting" : "booting", { since: launchedAt });
    case "running":
      return conditionOfRunning(machine, circumstances);
  }
}

function conditionOfRunning(machine: ObservedMachine, circumstances: ConditionInput): MachineCondition {
  const { launchedAt, report, entry } = machine;
  const spoken = spokenInThisLife(machine);
  if (isSilent(machine, spoken, circumstances)) return silent(machine, spoken);
  if (spoken) return conditionReported(spoken, circumstances.listing);
  if (entry?.online) return judged(circumstances.listing === "none" ? "on-no-list" : "online", {});
  return judged(report ? "starting" : "booting", { since: launchedAt });
}

function conditionReported(report: MachineReport, listing: Listing): MachineCondition {
  const { since, detail, job } = report;
  const as = (condition: Condition) => judged(condition, { since, detail });
  switch (report.state) {
    case "booting":
    case "boot-failed":
      return as(report.state);
    case "busy":
      return judged("busy", { since, detail, job });
    case "leaving":
    case "asleep":
    case "retired":
      return as("leaving");
    case "failed":
    case "needs-token":
    case "starting":
    case "waiting":
      return as(listing === "none" ? "on-no-list" : report.state);
    case "idle":
      if (listing === "none") return as("on-no-list");
      return as(listing === "candidate" ? "unproven" : "idle");
  }
}

function isSilent(
  { launchedAt, entry }: ObservedMachine,
  spoken: MachineReport | undefined,
  { githubAsked, now }: ConditionInput,
): boolean {
  const lastSign = Math.max(
    ...[launchedAt, spoken?.since].map((at) => (at === undefined ? 0 : Date.parse(at))),
  );
  if (entry?.online || now - lastSign < silentAfterMs) return false;
  return spoken ? githubAsked && listening.includes(spoken.state) : true;
}

function silent({ launchedAt, entry }: ObservedMachine, spoken: MachineReport | undefined): MachineCondition {
  const github = entry ? "GitHub shows it offline" : "no entry at GitHub was seen";
  if (!spoken) {
    return judged("silent", {
      since: launchedAt,
      detail: `It has said nothing since its start, and ${github}.`,
    });
  }
  const since = spoken.since === undefined ? "" : ` since ${spoken.since}`;
  // When it went silent is not known: its report changes only with its state.
  return judged("silent", { detail: `It reports ${spoken.state}${since}, and ${github}.`, job: spoken.job });
}

function judged(
  condition: Condition,
  { since, detail, job }: Partial<Record<"since" | "detail" | "job", string | undefined>>,
): MachineCondition {
  return {
    condition,
    ...(since !== undefined && { since }),
    ...(detail !== undefined && detail !== "" && { detail }),
    ...(job !== undefined && { job }),
  };
}
