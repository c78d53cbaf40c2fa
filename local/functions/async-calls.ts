import type { Clock } from "../clock.ts";
import type { FunctionHost } from "./host.ts";

/** What becomes of an asynchronous call that fails. */
export interface AsyncSettings {
  /** How often it is tried again. */
  retries: number;
  /** Seconds after which it is not tried any more. */
  ageSeconds: number;
}

/** Lambda's, where nobody has said anything else. */
const defaults: AsyncSettings = { retries: 2, ageSeconds: 6 * 3600 };

/** Milliseconds of the cloud before the first retry and the second. */
const retryAfterMs = [60_000, 120_000];

/** Milliseconds of the computer between two looks at the cloud's clock. */
const lookEveryMs = 100;

/** Lambda's asynchronous calls, of which whoever calls learns nothing: what fails is tried again. */
export interface AsyncCalls {
  /** What is undefined is Lambda's default. */
  configure: (name: string, settings: Partial<Record<keyof AsyncSettings, number | undefined>>) => void;
  forget: (name: string) => void;
  /** Resolves after the first try, whatever came of it: why it failed stands in the function's log. */
  send: (name: string, event: unknown) => Promise<void>;
  stop: () => void;
}

export function createAsyncCalls(host: Pick<FunctionHost, "invoke">, clock: Pick<Clock, "now">): AsyncCalls {
  const configured = new Map<string, AsyncSettings>();
  const waiting = new Set<{ dueAt: number; name: string; event: unknown; sentAt: number; tries: number }>();

  const attempt = async (name: string, event: unknown, sentAt: number, tries: number): Promise<void> => {
    const { retries, ageSeconds } = configured.get(name) ?? defaults;
    if (clock.now() - sentAt > ageSeconds * 1000) return;
    try {
      await host.invoke(name, event);
    } catch {
      if (tries >= retries) return;
      waiting.add({ dueAt: clock.now() + retryAfterMs[tries]!, name, event, sentAt, tries: tries + 1 });
    }
  };

  const timer = setInterval(() => {
    for (const call of [...waiting].filter(({ dueAt }) => dueAt <= clock.now())) {
      waiting.delete(call);
      void attempt(call.name, call.event, call.sentAt, call.tries);
    }
  }, lookEveryMs);
  timer.unref();

  return {
    configure: (name, { retries = defaults.retries, ageSeconds = defaults.ageSeconds }) => {
      configured.set(name, { retries, ageSeconds });
    },
    forget: (name) => {
      configured.delete(name);
    },
    send: (name, event) => attempt(name, event, clock.now(), 0),
    stop: () => {
      clearInterval(timer);
    },
  };
}
