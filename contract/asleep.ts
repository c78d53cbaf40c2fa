import { nextStartAt } from "./failed-starts.ts";
import type { FailedStarts } from "./failed-starts.ts";
import { isOfThisLife, lastWordStates } from "./last-words.ts";
import type { LastWords } from "./last-words.ts";
import type { FleetSettings, Desired } from "./desired.ts";

/** A machine that EC2 describes as stopped. */
export interface SleepingMachine {
  /** When it was last started. Milliseconds since the epoch. */
  launchedAt: number;
  /** Absent: the machine has not reported anything that can be read. */
  report?: LastWords;
  /** Absent: its last start did not fail at EC2. */
  failedStart?: FailedStarts;
}

/**
 * Why a stopped machine stays stopped. A machine sleeps only while a reason
 * holds. There are two kinds: `power` (the budget, an operator's override,
 * working hours) and `idle` (the fleet's idle timeout).
 *
 * `resting`: no reason holds, but its last start failed, or it stopped without
 * going to sleep. It is started again at the given moment.
 * `none`: no reason holds, so the controller starts it.
 * `unlisted`: it is on neither list.
 * `unknown`: its fleet's parameters cannot be read, so nothing changes.
 */
export type WhyAsleep =
  | { kind: "power"; by: string; reason: string; until?: string }
  | { kind: "idle"; idleMinutes: number }
  | { kind: "resting"; until: number }
  | { kind: "none" | "unlisted" | "unknown" };

/**
 * Milliseconds from the last start of a machine that stopped without going to
 * sleep (`poweroff` in a job, a failure of its host) until it is started again.
 * A machine that always does so is not started each minute.
 */
export const restAfterLossMs = 10 * 60_000;

/**
 * The same for a machine on which the agent never started. Its boot timer lets it run
 * for an hour each time, so at most four hours a day are paid for without use.
 * A cause outside of the machine, such as a mirror that was down, needs no
 * operator: a later start succeeds.
 */
export const restAfterBootMs = 6 * 60 * 60_000;

/**
 * The one rule for what keeps a sleeping machine asleep. It holds for candidates
 * too: the next `pulumi up` proves each candidate and fails at once if one is
 * off. The controller starts machines by this rule; `status` and `settle` report
 * it.
 *
 * @param desired the machine's desired state, by `desiredFor` of the same settings
 * @param now milliseconds since the epoch
 */
export function whyAsleep(
  machine: SleepingMachine,
  desired: Desired,
  { roster, power, override, limits }: FleetSettings,
  now: number,
): WhyAsleep {
  if (desired.listing === "none") return { kind: "unlisted" };
  // A setting that cannot be read may be a reason to sleep.
  if (desired.listing === "unknown" || !roster || !power || !override) return { kind: "unknown" };
  if (desired.power === "off") {
    const { by, reason, until } = desired;
    return { kind: "power", by, reason, ...(until !== undefined && { until }) };
  }
  const isWantedByOperator = desired.by !== power.by;
  if (!limits && !isWantedByOperator) return { kind: "unknown" };
  if (desired.idleMinutes !== undefined) return { kind: "idle", idleMinutes: desired.idleMinutes };
  const { launchedAt, failedStart } = machine;
  const until = failedStart ? nextStartAt(failedStart) : launchedAt + restMs(machine);
  return now < until ? { kind: "resting", until } : { kind: "none" };
}

function restMs({ launchedAt, report }: SleepingMachine): number {
  if (!report || !isOfThisLife(report, launchedAt)) return restAfterBootMs;
  if (lastWordStates.includes(report.state)) return 0;
  return report.state === "booting" || report.state === "boot-failed" ? restAfterBootMs : restAfterLossMs;
}

/** Why a machine is off, as a sentence that holds now; empty if its own last report says all. */
export function asleepSentence(why: WhyAsleep): string {
  switch (why.kind) {
    case "power": {
      const until = why.until === undefined ? "" : `, until ${why.until}`;
      return `Power is off by ${why.by}: ${why.reason}${until}.`;
    }
    case "idle":
      return (
        `It stays asleep until a job, working hours or minimumAwake want it: ` +
        `its fleet has an idle timeout of ${why.idleMinutes} min.`
      );
    case "resting":
      return `It is started again at ${new Date(why.until).toISOString()}.`;
    case "none":
      return "Nothing keeps it asleep: the controller starts it within a minute.";
    case "unknown":
      return "Its fleet's parameters cannot be read, and nothing starts it until they can.";
    case "unlisted":
      return "";
  }
}
