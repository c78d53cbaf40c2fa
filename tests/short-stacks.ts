/**
 * Runs a Pulumi program. Pulumi writes out several stacks for each resource, in
 * case it must explain a hang: in full they are most of a program's time.
 */
export async function withShortStacks<Result>(run: () => Promise<Result>): Promise<Result> {
  const before = Error.stackTraceLimit;
  Error.stackTraceLimit = 1;
  try {
    return await run();
  } finally {
    Error.stackTraceLimit = before;
  }
}
