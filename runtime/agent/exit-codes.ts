import { formatMoment } from "../../contract/moment.ts";

/** How a run of the listener ended. */
export interface ListenerExit {
  /** Undefined: a signal ended it, or it was the child of another agent. */
  code: number | undefined;
  /** The listener reported that GitHub no longer knows its registration, or its configuration is gone. */
  registrationGone: boolean;
  /** Consecutive runs without a session, this one included. */
  failures: number;
  /** Consecutive runs that ended because GitHub refuses the version, this one included if it did. */
  refusals: number;
  /** When it ended, in milliseconds since the epoch. */
  clockAt: number;
}

/** What to do after it. */
export type AfterExit =
  | { then: "restart"; afterMs: number; reason: string }
  /** Start again once the runner's own update script has ended. */
  | { then: "update" }
  /**
   * GitHub does not accept this version. Usually that lasts until the machine is replaced. But GitHub has refused its
   * newest version by mistake, for hours (actions/runner#4613, #3378), and announces retirements with outages of four
   * hours.
   */
  | { then: "version-refused"; afterMs: number; /** When that is, for people. */ again: string }
  | { then: "needs-token" };

const firstDelayMs = 5000;
const maxDelayMs = 5 * 60_000;
/** A session lingers at GitHub for up to four minutes after its listener has died. */
const firstConflictDelayMs = 15_000;
const maxConflictDelayMs = 4 * 60_000;

const firstRefusedDelayMs = 10 * 60_000;
const maxRefusedDelayMs = 60 * 60_000;

/** The listener's exit code when GitHub refuses its version. */
export const versionRefusedCode = 7;

/** Exit codes as in actions/runner's Constants.Runner.ReturnCode. */
export function afterExit({ code, registrationGone, failures, refusals, clockAt }: ListenerExit): AfterExit {
  const backOff = (first: number, max: number, times = failures) =>
    Math.min(max, first * 2 ** Math.max(0, times - 1));
  if (registrationGone) return { then: "needs-token" };
  switch (code) {
    case 3:
    case 4:
      return { then: "update" };
    case 5: {
      const afterMs = backOff(firstConflictDelayMs, maxConflictDelayMs);
      return { then: "restart", afterMs, reason: "GitHub still holds the session of an earlier run" };
    }
    case 6:
      return { then: "restart", afterMs: 0, reason: "its configuration was refreshed" };
    case versionRefusedCode: {
      const afterMs = backOff(firstRefusedDelayMs, maxRefusedDelayMs, refusals);
      return { then: "version-refused", afterMs, again: formatMoment(clockAt + afterMs) };
    }
    default: {
      // The runner exits with 0 when it is done, 1 for an error that it calls final, and 2 for a temporary one. A machine in
      // service retries after each of them.
      const reason = code === undefined ? "it was ended from outside" : `it ended with code ${code}`;
      return { then: "restart", afterMs: backOff(firstDelayMs, maxDelayMs), reason };
    }
  }
}
