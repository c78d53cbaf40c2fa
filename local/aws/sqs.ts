import { createHash } from "node:crypto";
import { EmulatedAwsError } from "./errors.ts";
import { number, text } from "./input.ts";
import type { Input } from "./input.ts";
import { nameOf, queueArn } from "./queues.ts";
import type { Queues } from "./queues.ts";
import type { Need, Service } from "./server.ts";
import type { Cloud } from "./state.ts";

/** SQS's limit for a message, in bytes. */
const maxMessageBytes = 1024 * 1024;

/** Simple Queue Service. A receiver is answered immediately: long polling is not emulated. */
export function sqsService(cloud: Cloud, queues: Queues): Service {
  const needs = (input: Input): Need[] => [{ resource: queueArn(cloud, nameOf(text(input, "QueueUrl"))) }];
  return {
    signingName: "sqs",
    prefix: "sqs",
    actions: {
      SendMessage: {
        needs,
        run: (input) => {
          const body = text(input, "MessageBody");
          if (Buffer.byteLength(body) > maxMessageBytes) {
            throw new EmulatedAwsError(
              "InvalidParameterValue",
              `One or more parameters are invalid. Reason: Message must be shorter than ${maxMessageBytes} bytes.`,
            );
          }
          const id = queues.send(text(input, "QueueUrl"), body, number(input, "DelaySeconds"));
          return { MessageId: id, MD5OfMessageBody: md5(body) };
        },
      },
      ReceiveMessage: {
        needs,
        run: (input) => {
          const max = number(input, "MaxNumberOfMessages") ?? 1;
          const found = queues.receive(text(input, "QueueUrl"), max, number(input, "VisibilityTimeout"));
          return {
            Messages: found.map(({ messageId, receiptHandle, body, receives, sentAt }) => ({
              MessageId: messageId,
              ReceiptHandle: receiptHandle,
              Body: body,
              MD5OfBody: md5(body),
              Attributes: { ApproximateReceiveCount: String(receives), SentTimestamp: String(sentAt) },
            })),
          };
        },
      },
      DeleteMessage: {
        needs,
        run: (input) => {
          queues.remove(text(input, "QueueUrl"), text(input, "ReceiptHandle"));
          return {};
        },
      },
    },
  };
}

function md5(body: string): string {
  return createHash("md5").update(body).digest("hex");
}
