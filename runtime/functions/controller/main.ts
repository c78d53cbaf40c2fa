import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { parseControllerConfiguration } from "../../../contract/controller.ts";
import { configurationFile } from "../../../contract/names.ts";
import { functionCredentials } from "../../aws/credentials.ts";
import { sendHttp } from "../../aws/http.ts";
import { controllerAws } from "./aws.ts";
import { control } from "./controller.ts";
import { readEc2Answer } from "./ec2-answers.ts";

/*
 * Entry point of the controller in Lambda. No other module of it reads the
 * process's environment or the files beside it.
 */

const configuration = parseControllerConfiguration(
  readFileSync(`${import.meta.dirname}/${configurationFile}`, "utf8"),
);

const elapsed = () => performance.now();
const clock = { now: Date.now, sleep: (milliseconds: number) => sleep(milliseconds) };
/** Kept between calls: Lambda usually runs the next one in the same process. */
const kept = {};

const awsWithin = controllerAws(
  {
    region: configuration.aws.region,
    endpoints: configuration.aws.endpoints,
    credentials: functionCredentials(process.env),
    send: sendHttp,
    clock,
    random: Math.random,
    readXml: readEc2Answer,
  },
  elapsed,
);

/** Works with any event: see {@link control}. */
export const handler = (event: unknown): Promise<void> =>
  control(
    {
      configuration,
      awsWithin,
      send: sendHttp,
      ...clock,
      elapsed,
      kept,
      log: (line) => {
        process.stdout.write(`${line}\n`);
      },
    },
    event,
  );
