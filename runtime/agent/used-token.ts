import { statSync } from "node:fs";
import { sentenceOf } from "../../contract/failure.ts";
import type { Clock } from "./clock.ts";
import type { Incidents } from "./incidents.ts";
import type { TokenParameter } from "./token.ts";

export interface UsedTokenHost {
  /** The file that config.sh writes: another registration has another file. */
  registration: string;
  token: Pick<TokenParameter, "isKept" | "markUsed">;
  incidents: Pick<Incidents, "goesOn" | "isOver">;
  clock: Pick<Clock, "monotonic">;
  log: (line: string) => void;
}

/** Milliseconds until the first new try; doubled each time. */
const firstRetryMs = 60_000;
const maxRetryMs = 15 * 60_000;

/**
 * Looks after the token that the machine has registered with. The registration
 * overwrites it at once. If AWS refuses that, or the machine loses its power in
 * between, the token would stay, and a job could read it. So the agent looks
 * after its own start and after each registration, and overwrites what it finds
 * until it is gone. `longhaul await` and `settle` remove it too.
 *
 * @returns the function to call at each look
 */
export function watchUsedToken({
  registration,
  token,
  incidents,
  clock,
  log,
}: UsedTokenHost): () => Promise<void> {
  let doneFor: number | undefined;
  let dueAt = -Infinity;
  let failures = 0;

  const tell = (problem: string, error: unknown) => {
    incidents.goesOn(
      "tokenKept",
      `The used registration token ${problem} ` +
        `Run \`longhaul settle\`, which removes it. ${sentenceOf(error, log)}`,
    );
    return false;
  };

  const overwrite = async (): Promise<boolean> => {
    try {
      if (!(await token.isKept())) return true;
    } catch (error) {
      return tell("could not be looked up. If it still exists, a job with root can read it.", error);
    }
    try {
      await token.markUsed();
      return true;
    } catch (error) {
      return tell("could not be overwritten, so a job with root can read it.", error);
    }
  };

  return async () => {
    const registeredAt = statSync(registration, { throwIfNoEntry: false })?.mtimeMs;
    if (registeredAt === undefined || registeredAt === doneFor || clock.monotonic() < dueAt) return;
    // Set first: a look that comes while this one waits for AWS does nothing, nor does one soon after an error.
    dueAt = clock.monotonic() + Math.min(maxRetryMs, firstRetryMs * 2 ** failures++);
    if (!(await overwrite())) return;
    incidents.isOver("tokenKept");
    doneFor = registeredAt;
    failures = 0;
    dueAt = -Infinity;
  };
}
