import { traceOf } from "../../contract/failure.ts";

/** Runs an act that may fail and is repeated later. Never rejects. */
export type Attempt = (what: string, act: () => Promise<void>) => Promise<void>;

/** A failure is logged once, not once a second. It is logged again after another failure or after a success. */
export function loggedAttempts(log: (line: string) => void): Attempt {
  const problems = new Map<string, string>();
  return async (what, act) => {
    try {
      await act();
      problems.delete(what);
    } catch (error) {
      const problem = traceOf(error);
      if (problems.get(what) !== problem) log(`${what} failed: ${problem}`);
      problems.set(what, problem);
    }
  };
}
