import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure } from "../../../contract/failure.ts";
import { configurationFile } from "../../../contract/names.ts";
import { parseReceiverConfiguration, queueUrlVariable } from "../../../contract/receiver.ts";
import type { ReceiverCall } from "../../../contract/receiver.ts";
import { awsClient } from "../../aws/client.ts";
import { functionCredentials } from "../../aws/credentials.ts";
import { sendHttp } from "../../aws/http.ts";
import { createReceiver } from "./receiver.ts";

/*
 * Entry point of the webhook's receiver in Lambda. It is the receiver's only module
 * that reads the process's environment and the files beside it.
 */

/** Milliseconds for one call. GitHub waits ten seconds for an answer: three calls, each with a retry, fit into that. */
const timeoutMs = 1500;

const environment = process.env;
const configuration = parseReceiverConfiguration(
  readFileSync(`${import.meta.dirname}/${configurationFile}`, "utf8"),
);
const queueUrl = environment[queueUrlVariable];
if (!queueUrl)
  throw new Failure(
    `${queueUrlVariable} is not set: the receiver does not know the queue of the controller.`,
  );

export const handler = createReceiver({
  configuration,
  queueUrl,
  aws: awsClient<ReceiverCall>({
    region: configuration.region,
    endpoints: configuration.endpoints,
    credentials: functionCredentials(environment),
    send: sendHttp,
    clock: { now: Date.now, sleep: (milliseconds) => sleep(milliseconds) },
    random: Math.random,
    timeoutMs,
  }),
  now: Date.now,
  log: (line) => {
    process.stdout.write(`${line}\n`);
  },
});
