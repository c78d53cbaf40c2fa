import { randomUUID } from "node:crypto";
import { parseObject } from "../../contract/json.ts";
import { EmulatedAwsError } from "./errors.ts";
import type { Cloud, StoredMessage } from "./state.ts";

/*
 * SQS's queues. Visibility counts real seconds: the receiver of a message is a
 * real program, however fast the cloud's clock runs. A message's retention
 * counts the cloud's seconds.
 */

export const queueType = "aws:sqs/queue:Queue";

export interface ReceivedMessage {
  messageId: string;
  receiptHandle: string;
  body: string;
  /** How often it was received, including this time. */
  receives: number;
  /** Milliseconds of the cloud's clock. */
  sentAt: number;
}

/** The queues of an account, by their URL or ARN. */
export interface Queues {
  /** @returns the message's id */
  send(queue: string, body: string, delaySeconds?: number): string;
  /**
   * Messages that no other receiver holds. Messages that were received too often
   * go to the dead-letter queue instead.
   *
   * @param visibilitySeconds until another receiver may get them; default: the
   * queue's
   */
  receive(queue: string, max: number, visibilitySeconds?: number): ReceivedMessage[];
  /** Deletes a message. A handle that is not the latest one has no effect. */
  remove(queue: string, receiptHandle: string): void;
  /** Every message of a queue, whether it can be received or not. */
  messages(queue: string): readonly StoredMessage[];
}

/** SQS's defaults. */
const defaultVisibilitySeconds = 30;
const defaultRetentionSeconds = 4 * 86_400;
const maxBatch = 10;

/** @param wireNow real milliseconds */
export function createQueues(cloud: Cloud, wireNow: () => number = Date.now): Queues {
  const attributes = (name: string) => cloud.data.resources[queueType]?.[queueUrl(cloud, name)];
  const stored = (queue: string) => {
    const name = nameOf(queue);
    const settings = attributes(name);
    if (!settings) {
      throw new EmulatedAwsError("QueueDoesNotExist", "The specified queue does not exist.");
    }
    const seconds = Number(settings.messageRetentionSeconds ?? defaultRetentionSeconds);
    const oldest = cloud.clock.now() - seconds * 1000;
    const messages = (cloud.data.queues[name] ?? []).filter(({ sentAt }) => sentAt > oldest);
    cloud.data.queues[name] = messages;
    return { name, settings, messages };
  };
  const remove = (name: string, message: StoredMessage) => {
    cloud.data.queues[name] = cloud.data.queues[name]!.filter((one) => one !== message);
  };

  return {
    send: (queue, body, delaySeconds) => {
      const { settings, messages } = stored(queue);
      const delay = delaySeconds ?? Number(settings.delaySeconds ?? 0);
      const id = randomUUID();
      const visibleFromMs = wireNow() + delay * 1000;
      messages.push({ id, body, sentAt: cloud.clock.now(), visibleFromMs, receives: 0 });
      return id;
    },
    receive: (queue, max, visibilitySeconds) => {
      const { name, settings, messages } = stored(queue);
      const redrive = redriveOf(settings.redrivePolicy);
      const visibleFromMs =
        wireNow() +
        1000 * (visibilitySeconds ?? Number(settings.visibilityTimeoutSeconds ?? defaultVisibilitySeconds));
      const received: ReceivedMessage[] = [];
      for (const message of messages) {
        if (received.length >= Math.min(max, maxBatch)) break;
        if (message.visibleFromMs > wireNow()) continue;
        if (redrive && message.receives >= redrive.maxReceiveCount) {
          remove(name, message);
          const { id, body, sentAt } = message;
          stored(redrive.target).messages.push({ id, body, sentAt, visibleFromMs: wireNow(), receives: 0 });
          continue;
        }
        const handle = randomUUID();
        Object.assign(message, { receives: message.receives + 1, visibleFromMs, handle });
        const { id: messageId, body, receives, sentAt } = message;
        received.push({ messageId, receiptHandle: handle, body, receives, sentAt });
      }
      return received;
    },
    remove: (queue, receiptHandle) => {
      const { name, messages } = stored(queue);
      const message = messages.find(({ handle }) => handle === receiptHandle);
      if (message) remove(name, message);
    },
    messages: (queue) => stored(queue).messages,
  };
}

export function queueUrl(cloud: Pick<Cloud, "account" | "region">, name: string): string {
  return `https://sqs.${cloud.region}.amazonaws.com/${cloud.account}/${name}`;
}

export function queueArn(cloud: Pick<Cloud, "account" | "region">, name: string): string {
  return `arn:aws:sqs:${cloud.region}:${cloud.account}:${name}`;
}

/** The last part of a queue's URL or ARN. */
export function nameOf(queue: string): string {
  return /[^/:]+$/.exec(queue)?.[0] ?? "";
}

function redriveOf(policy: unknown): { target: string; maxReceiveCount: number } | undefined {
  if (typeof policy !== "string" || policy === "") return undefined;
  const { deadLetterTargetArn, maxReceiveCount } = parseObject(policy) ?? {};
  if (typeof deadLetterTargetArn !== "string" || !(Number(maxReceiveCount) >= 1)) {
    throw new EmulatedAwsError(
      "InvalidParameterValue",
      `Value ${policy} for parameter RedrivePolicy is invalid. Reason: Redrive policy is not a valid JSON map.`,
    );
  }
  return { target: deadLetterTargetArn, maxReceiveCount: Number(maxReceiveCount) };
}
