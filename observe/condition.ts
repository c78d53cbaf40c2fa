import { lastWordStates } from "../contract/last-words.ts";
import type { MachineState } from "../contract/tags.ts";
import type { FleetSettings, Listing } from "../contract/desired.ts";
import { asleepDetail, spokenInThisLife } from "./asleep-detail.ts";
import type { MachineReport } from "../contract/machine-report.ts";
import type { ObservedMachine } from "./machine.ts";

/** What a runner's machine is, in one word. */
export const conditions = [
  "missing", // a runner of the configuration without a machine
  "gone", // terminated, or not described by EC2
  "asleep", // EC2 says that it is stopped
  "leaving", // on its way to power off
  "silent", // up for minutes, and neither it nor GitHub gives a sign of it
  "booting", // the boot script is at work
  "boot-failed",
  "busy", // it has received a job that has not ended
  "on-no-list", // it runs, and neither list of its fleet names it
  "failed", // its listener cannot run
  "needs-token", // it waits for a registration token
  "waiting", // registered, with its listener off
  "starting", // its listener is not there yet
  "unproven", // ready, a candidate that is not on the roster
  "idle",
  "online", // GitHub shows it online, and itself it has said nothing: it may be busy
] as const;
export type Condition = (typeof conditions)[number];

export interface ConditionInput {
  /** The machine's place on the lists of its fleet. */
  listing: Listing;
  /** What its fleet's parameters say, from which it follows what keeps it asleep. Absent: of no fleet that is known. */
  settings?: FleetSettings;
  /** Whether GitHub could be asked; where not, a missing entry says nothing. */
  githubAsked: boolean;
  /** Milliseconds since the epoch. */
  now: number;
}

export interface MachineCondition {
  condition: Condition;
  /** ISO 8601 in UTC; absent where nobody knows it. */
  since?: string;
  /** One sentence for people. */
  detail?: string;
  /** `<owner>/<repository>/actions/runs/<id>`, while it may still run. */
  job?: string;
}

/** So long may a machine be up, and its last word old, before a missing sign of it means something. */
export const silentAfterMs = 5 * 60_000;

/** States in which the listener has a session, so that GitHub shows the runner online. */
const listening: readonly MachineState[] = ["idle", "busy"];

/**
 * What a machine is. EC2's word comes first, because a machine that is off can
 * correct nothing; then whether it gives a sign of itself at all; then its own
 * word. A job beats the lists: it is what an operator has to know of a machine
 * that should leave. GitHub's `busy` decides nothing: it lags, and has been
 * seen to be wrong.
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
  // When it went silent is not known: its word changes with its state alone.
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
