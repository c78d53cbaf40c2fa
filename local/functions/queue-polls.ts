import type { FunctionHost } from "./host.ts";

/** Milliseconds of the computer between two looks into a queue. */
const lookEveryMs = 100;

/** The queues that messages are taken from, as far as that matters here. */
export interface MessageSource {
  /** At most `max` messages that no other receiver holds. */
  receive(queueArn: string, max: number): { messageId: string; receiptHandle: string; body: string }[];
  /** Takes a message away for good. */
  remove(queueArn: string, receiptHandle: string): void;
}

/** Takes queues' messages to functions, as Lambda's event sources do. */
export interface QueuePolls {
  add(id: string, queueArn: string, functionName: string): void;
  remove: (id: string) => void;
  stop(): void;
}

/**
 * One batch at a time: what a function has worked on without an error is taken
 * off the queue, all else becomes visible again and is tried again.
 */
export function createQueuePolls(host: FunctionHost, queues: () => MessageSource): QueuePolls {
  const polls = new Map<string, { queueArn: string; functionName: string; isBusy: boolean }>();

  const work = async (poll: { queueArn: string; functionName: string }) => {
    const messages = queues().receive(poll.queueArn, 10);
    if (messages.length === 0) return;
    const Records = messages.map(({ messageId, receiptHandle, body }) => ({
      messageId,
      receiptHandle,
      body,
      eventSource: "aws:sqs",
      eventSourceARN: poll.queueArn,
    }));
    await host.invoke(poll.functionName, { Records });
    for (const { receiptHandle } of messages) queues().remove(poll.queueArn, receiptHandle);
  };

  const timer = setInterval(() => {
    for (const poll of polls.values()) {
      if (poll.isBusy) continue;
      poll.isBusy = true;
      // Why a call failed stands in the function's log.
      void work(poll)
        .catch(() => undefined)
        .finally(() => {
          poll.isBusy = false;
        });
    }
  }, lookEveryMs);
  timer.unref();

  return {
    add(id, queueArn, functionName) {
      polls.set(id, { queueArn, functionName, isBusy: false });
    },
    remove(id) {
      polls.delete(id);
    },
    stop() {
      clearInterval(timer);
    },
  };
}
