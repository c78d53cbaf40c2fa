/** The signals with which a user, a service manager and a closed terminal end a program. */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** A signal that asks a program to end. */
export type EndSignal = (typeof signals)[number];

/** A request that the program ends, noted instead of obeyed at once. */
export interface Interruption {
  /** Aborts at the first signal. Its reason is the signal's name, an {@link EndSignal}. */
  asked: AbortSignal;
  /**
   * Aborts at a signal that this process alone has received. Ctrl-C reaches every
   * process of the terminal: a child that received it again from here would take it
   * for impatience and end hard.
   */
  askedAlone: AbortSignal;
  /** From now on such a signal ends the process again. */
  stop: () => void;
}

/** Begins to note signals. @param source the process */
export function watchInterruption(source: Pick<NodeJS.Process, "on" | "off">): Interruption {
  const asked = new AbortController();
  const askedAlone = new AbortController();
  const onSignal = (signal: EndSignal) => {
    asked.abort(signal);
    if (signal !== "SIGINT") askedAlone.abort(signal);
  };
  for (const signal of signals) source.on(signal, onSignal);
  return {
    asked: asked.signal,
    askedAlone: askedAlone.signal,
    stop: () => {
      for (const signal of signals) source.off(signal, onSignal);
    },
  };
}
