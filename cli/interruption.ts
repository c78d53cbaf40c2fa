/** Somebody's wish that the program ends, taken note of instead of obeyed at once. */
export interface Interruption {
  /** Aborts at the first Ctrl-C or SIGTERM. */
  asked: AbortSignal;
  /**
   * Aborts at a SIGTERM, which this process alone has got. (Ctrl-C reaches all
   * that a terminal runs: a child that got it once more from here would take it
   * for impatience and end hard.)
   */
  askedAlone: AbortSignal;
  /** From now on such a wish ends the process again. */
  stop(): void;
}

/** Begins to take note. @param source the process */
export function watchInterruption(source: Pick<NodeJS.Process, "on" | "off">): Interruption {
  const asked = new AbortController();
  const askedAlone = new AbortController();
  const onInterrupt = () => {
    asked.abort();
  };
  const onTerminate = () => {
    asked.abort();
    askedAlone.abort();
  };
  source.on("SIGINT", onInterrupt).on("SIGTERM", onTerminate);
  return {
    asked: asked.signal,
    askedAlone: askedAlone.signal,
    stop: () => {
      source.off("SIGINT", onInterrupt).off("SIGTERM", onTerminate);
    },
  };
}
