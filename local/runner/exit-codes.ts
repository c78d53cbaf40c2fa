/** The listener's exit codes, with the same numbers as the real one's. */
export const exitCodes = {
  done: 0,
  /** Also used when the session begins and the registration turns out to be deleted. The files stay. */
  terminated: 1,
  retryable: 2,
  /** `_update.sh` is running and waits for this process to end. */
  updating: 3,
  sessionConflict: 5,
  versionRefused: 7,
  /** Ended by SIGTERM: .NET's default, after its handlers. */
  sigterm: 143,
} as const;

/** How a job ended, as the listener prints it, and as the worker's exit code, which is 100 or more. */
export const jobResults = { Succeeded: 100, Failed: 102, Canceled: 103, Abandoned: 105 } as const;
export type JobResult = keyof typeof jobResults;
