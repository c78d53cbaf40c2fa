/** How a run of the listener ended. */
export interface ListenerExit {
  /** Undefined: it was ended by a signal, or it was another agent's child. */
  code: number | undefined;
  /** It said that GitHub no longer knows its registration, or its configuration is gone. */
  registrationGone: boolean;
  /** Runs in a row that ended without ever having had a session, this one included. */
  failures: number;
}

/** What to do after it. */
export type AfterExit =
  | { then: "restart"; afterMs: number; reason: string }
  /** Start again when the runner's own update script is through. */
  | { then: "update" }
  /** GitHub does not take this version any more: nothing helps but another machine. */
  | { then: "version-refused" }
  | { then: "needs-token" };

const firstDelayMs = 5000;
const maxDelayMs = 5 * 60_000;
/** A session lingers at GitHub for up to four minutes after its listener has died. */
const maxConflictDelayMs = 4 * 60_000;

/** Exit codes as in actions/runner's Constants.Runner.ReturnCode. */
export function afterExit({ code, registrationGone, failures }: ListenerExit): AfterExit {
  if (registrationGone) return { then: "needs-token" };
  const backOff = (first: number, max: number) => Math.min(max, first * 2 ** Math.max(0, failures - 1));
  const restart = (reason: string): AfterExit => ({
    then: "restart",
    afterMs: backOff(firstDelayMs, maxDelayMs),
    reason,
  });
  switch (code) {
    case undefined:
      return restart("the listener was ended from outside");
    case 0:
      return restart("the listener ended by itself");
    case 1:
      return restart("the listener ended with an error that it takes for final");
    case 2:
      return restart("the listener ended with an error that may pass");
    case 3:
    case 4:
      return { then: "update" };
    case 5:
      return {
        then: "restart",
        afterMs: backOff(3 * firstDelayMs, maxConflictDelayMs),
        reason: "GitHub still has a session of the run before",
      };
    case 6:
      return { then: "restart", afterMs: 0, reason: "the listener's configuration was refreshed" };
    case 7:
      return { then: "version-refused" };
    default:
      return restart(`the listener ended with the unknown code ${code}`);
  }
}
