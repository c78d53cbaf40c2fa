import type { Clock } from "../clock.ts";
import type { FunctionHost } from "./host.ts";

/** What Lambda does with an asynchronous call that fails. */
export interface AsyncSettings {
  /** How often the call is retried. */
  retries: number;
  /** Seconds after which the call is not retried any more. */
  ageSeconds: number;
}

/** Lambda's defaults. */
const defaults: AsyncSettings = { retries: 2, ageSeconds: 6 * 3600 };

/** Milliseconds of the cloud before the first retry and the second. */
const retryAfterMs = [60_000, 120_000];

/** Milliseconds of the computer between two looks at the cloud's clock. */
const lookEveryMs = 100;

/** Lambda's asynchronous calls. The caller does not learn the result; a call that fails is retried. */
export interface AsyncCalls {
  /** An undefined setting has Lambda's default. */
  configure: (name: string, settings: Partial<Record<keyof AsyncSettings, number | undefined>>) => void;
  forget: (name: string) => void;
  /** Resolves after the first try, whether it succeeded or not. The function's log says why it failed. */
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
