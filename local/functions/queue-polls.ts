import type { FunctionHost } from "./host.ts";

/** Milliseconds of the computer between two looks into a queue. */
const lookEveryMs = 100;

/** The queues from which messages are taken, as far as this file needs them. */
export interface MessageSource {
  /** At most `max` messages that no other receiver holds. */
  receive(queueArn: string, max: number): { messageId: string; receiptHandle: string; body: string }[];
  /** Deletes a message. */
  remove(queueArn: string, receiptHandle: string): void;
}

/** Delivers queues' messages to functions, as Lambda's event sources do. */
export interface QueuePolls {
  add(id: string, queueArn: string, functionName: string): void;
  remove: (id: string) => void;
  stop(): void;
}

/**
 * Delivers one batch at a time. The messages of a batch that a function handled
 * without an error are deleted from the queue; all others become visible again
 * and are retried.
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
      // The function's log says why a call failed.
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
