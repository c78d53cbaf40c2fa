import { nextStartAt } from "./failed-starts.ts";
import type { FailedStarts } from "./failed-starts.ts";
import { isOfThisLife, lastWordStates } from "./last-words.ts";
import type { LastWords } from "./last-words.ts";
import type { FleetSettings, Desired } from "./desired.ts";

/** A machine that EC2 describes as stopped. */
export interface SleepingMachine {
  /** When it was last started. Milliseconds since the epoch. */
  launchedAt: number;
  /** Absent: it has never said anything that can be read. */
  report?: LastWords;
  /** Absent: EC2 did not fail to start it the last time. */
  failedStart?: FailedStarts;
}

/**
 * Why a machine that is off stays off. A machine is asleep only while a reason
 * to sleep holds, and there are two kinds of them: `power` (the budget, an
 * operator's override, working hours) and `idle` (the fleet's idle timeout).
 *
 * `resting`: no reason holds, but its last start came to nothing, or it went
 * down without going to sleep; it is started again at that moment.
 * `none`: no reason holds, and the controller starts it.
 * `unlisted`: it is on neither list.
 * `unknown`: its fleet's parameters cannot be read, which changes nothing.
 */
export type WhyAsleep =
  | { kind: "power"; by: string; reason: string; until?: string }
  | { kind: "idle"; idleMinutes: number }
  | { kind: "resting"; until: number }
  | { kind: "none" | "unlisted" | "unknown" };

/**
 * A machine that went down without going to sleep (`poweroff` in a job, a
 * failure of its host) is started again so long after its last start, so that
 * one which always does so is not started each minute. Milliseconds.
 */
export const restAfterLossMs = 10 * 60_000;

/**
 * The same for a machine whose agent never came up: its boot timer lets it run
 * for an hour each time. So four hours of a day are paid for in vain at most,
 * and what failed from outside (a mirror that was down) heals by itself.
 */
export const restAfterBootMs = 6 * 60 * 60_000;

/**
 * The one rule for what keeps a sleeping machine asleep. It holds for candidates
 * too: one that went to sleep at night must be awake for the next `pulumi up`,
 * which proves it and fails at once where it is off. The controller starts
 * by it, and `status` and `settle` say it.
 *
 * @param desired what `desiredFor` says of the machine by the same settings
 * @param now milliseconds since the epoch
 */
export function whyAsleep(
  machine: SleepingMachine,
  desired: Desired,
  { roster, power, override, limits }: FleetSettings,
  now: number,
): WhyAsleep {
  if (desired.listing === "none") return { kind: "unlisted" };
  // What cannot be read may be a reason to sleep.
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

/** Why a machine is off, as a sentence that holds now; empty where its own last words are all there is to say. */
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
