/**
 * Runs a Pulumi program with short stacks. Pulumi writes out several stacks for
 * each resource, in case it must explain a hang. Full stacks take most of a
 * program's time.
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
