/** What shells report of a program that SIGINT has ended. */
const interruptedCode = 130;

/**
 * Runs something that Ctrl-C ends at once, after what must be left in order has
 * been. A second Ctrl-C does not wait for that.
 */
export async function untilInterrupted<Result>(
  run: () => Promise<Result>,
  leave: () => Promise<void>,
): Promise<Result> {
  const onInterrupt = () => {
    leave()
      .catch((error: unknown) => {
        process.stderr.write(`${(error as Error).message}\n`);
      })
      .finally(() => process.exit(interruptedCode));
  };
  process.once("SIGINT", onInterrupt);
  try {
    return await run();
  } finally {
    process.off("SIGINT", onInterrupt);
  }
}
