import { createAsyncCalls } from "./async-calls.ts";
import type { AsyncCalls } from "./async-calls.ts";
import { createFunctionHost } from "./host.ts";
import type { FunctionHost, FunctionHostOptions } from "./host.ts";
import { createMinuteCalls } from "./minutes.ts";
import type { MinuteCalls } from "./minutes.ts";
import { createQueuePolls } from "./queue-polls.ts";
import type { MessageSource, QueuePolls } from "./queue-polls.ts";
import { createFunctionUrls } from "./urls.ts";
import type { FunctionUrls } from "./urls.ts";

/** The host of the functions, and everything that calls them. */
export interface Functions {
  host: FunctionHost;
  asyncCalls: AsyncCalls;
  minutes: MinuteCalls;
  urls: FunctionUrls;
  queuePolls: QueuePolls;
  stop(): Promise<void>;
}

/** @param queues of the account that the functions are in */
export function createFunctions(options: FunctionHostOptions, queues: () => MessageSource): Functions {
  const host = createFunctionHost(options);
  const asyncCalls = createAsyncCalls(host, options.clock);
  const minutes = createMinuteCalls(options.clock);
  const urls = createFunctionUrls(host);
  const queuePolls = createQueuePolls(host, queues);
  return {
    host,
    asyncCalls,
    minutes,
    urls,
    queuePolls,
    stop: async () => {
      minutes.stop();
      asyncCalls.stop();
      queuePolls.stop();
      urls.stop();
      await host.stop();
    },
  };
}
