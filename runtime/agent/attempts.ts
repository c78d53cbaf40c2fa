import { traceOf } from "../../contract/failure.ts";

/** Does something that may fail, and is then done again later. Never rejects. */
export type Attempt = (what: string, act: () => Promise<void>) => Promise<void>;

/** Failures are logged once, not once a second: again where another one comes, or the same one after a success. */
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
