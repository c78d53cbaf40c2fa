import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Failure } from "../../contract/failure.ts";
import type { Functions } from "../functions/index.ts";
import type { Properties } from "../provider.ts";
import { EmulatedAwsError } from "./errors.ts";
import { logLine } from "./function-log.ts";
import { addMetrics } from "./metrics.ts";
import { principalId, secret } from "./ids.ts";
import { number, optionalText, record, tagMap, text } from "./input.ts";
import type { Kind } from "./resources.ts";
import type { Cloud } from "./state.ts";
import { checkGroupTags } from "./tag-rules.ts";

/** Lambda's default, in seconds. */
const defaultTimeout = 3;

/** Lambda's limit for all variables of a function together, in bytes. */
const maxVariableBytes = 4096;

/** The one schedule expression that the local cloud knows: the beginning of each minute. */
const eachMinute = "cron(* * * * ? *)";

/** Functions, and what calls them: schedules, queues and URLs, by Pulumi token. */
export function functionKinds(cloud: Cloud, functions: Functions): Readonly<Record<string, Kind>> {
  const { region, account } = cloud;
  const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${account}:${resource}`;
  return {
    "aws:lambda/function:Function": {
      id: (inputs) => text(inputs, "name"),
      applied: async (inputs, name) => {
        await deploy(cloud, functions, name, inputs);
        const own = arn("lambda", `function:${name}`);
        return { arn: own, invokeArn: `${own}/invocations`, version: "$LATEST" };
      },
      // The credentials stay: a call in progress keeps them, with the permissions that its role still has.
      deleted: functions.host.remove,
      replaceOn: ["name"],
    },
    "aws:scheduler/scheduleGroup:ScheduleGroup": {
      id: (inputs) => text(inputs, "name"),
      applied: (inputs, name) => {
        checkGroupTags(tagMap(inputs));
        return { arn: arn("scheduler", `schedule-group/${name}`), state: "ACTIVE" };
      },
      replaceOn: ["name"],
    },
    "aws:scheduler/schedule:Schedule": {
      id: (inputs) => `${optionalText(inputs, "groupName") ?? "default"}/${text(inputs, "name")}`,
      applied: (inputs, id) => {
        const expression = text(inputs, "scheduleExpression");
        if (expression !== eachMinute) {
          throw new Failure(
            `The local cloud knows the schedule ${eachMinute} only, not ${expression}: see local/README.md`,
          );
        }
        const target = text(record(inputs, "target")!, "arn").split(":").at(-1)!;
        functions.minutes.add(id, () => functions.asyncCalls.send(target, {}));
        return {
          arn: arn("scheduler", `schedule/${id}`),
          groupName: id.split("/")[0],
          state: "ENABLED",
        };
      },
      deleted: functions.minutes.remove,
      replaceOn: ["name", "groupName"],
      untagged: true,
    },
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": {
      id: (inputs) => text(inputs, "functionName"),
      applied: (inputs, name) => {
        functions.asyncCalls.configure(name, {
          retries: number(inputs, "maximumRetryAttempts"),
          ageSeconds: number(inputs, "maximumEventAgeInSeconds"),
        });
        return {};
      },
      deleted: functions.asyncCalls.forget,
      replaceOn: ["functionName"],
      untagged: true,
    },
    "aws:lambda/eventSourceMapping:EventSourceMapping": {
      id: () => randomUUID(),
      applied: (inputs, id) => {
        functions.queuePolls.add(id, text(inputs, "eventSourceArn"), text(inputs, "functionName"));
        return { arn: arn("lambda", `event-source-mapping:${id}`), uuid: id, state: "Enabled" };
      },
      deleted: functions.queuePolls.remove,
      replaceOn: ["eventSourceArn"],
    },
    "aws:lambda/functionUrl:FunctionUrl": {
      id: (inputs) => text(inputs, "functionName"),
      applied: async (inputs, name) => {
        if (text(inputs, "authorizationType") !== "NONE") {
          throw new Failure("The local cloud knows function URLs without IAM only: see local/README.md");
        }
        const functionUrl = await functions.urls.open(name);
        return { functionUrl, functionArn: arn("lambda", `function:${name}`), urlId: name };
      },
      deleted: functions.urls.close,
      replaceOn: ["functionName"],
      untagged: true,
    },
  };
}

async function deploy(cloud: Cloud, functions: Functions, name: string, inputs: Properties): Promise<void> {
  const { data, region } = cloud;
  const roleName = text(inputs, "role").split("/").at(-1)!;
  if (!data.resources["aws:iam/role:Role"]?.[roleName]) {
    throw new EmulatedAwsError(
      "InvalidParameterValueException",
      "The role defined for the function cannot be assumed by Lambda.",
    );
  }
  const variables = (record(inputs, "environment")?.variables ?? {}) as Record<string, string>;
  if (Buffer.byteLength(JSON.stringify(variables)) > maxVariableBytes) {
    throw new EmulatedAwsError(
      "InvalidParameterValueException",
      "Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit.",
    );
  }
  const key = (data.functions[name] ??= {
    roleName,
    accessKeyId: principalId("ASIA"),
    secretAccessKey: secret(),
    token: secret() + secret(),
  });
  key.roleName = roleName;
  const logGroup = optionalText(record(inputs, "loggingConfig") ?? {}, "logGroup") ?? `/aws/lambda/${name}`;
  functions.host.deploy({
    name,
    handler: text(inputs, "handler"),
    timeoutSeconds: number(inputs, "timeout") ?? defaultTimeout,
    files: await filesOf(inputs.code),
    environment: {
      ...variables,
      AWS_REGION: region,
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_ACCESS_KEY_ID: key.accessKeyId,
      AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
      AWS_SESSION_TOKEN: key.token,
    },
    print: (line) => {
      logLine(cloud, logGroup, name, line);
    },
    ended: ({ hasFailed }) => {
      const dimensions = { FunctionName: name };
      const [timestamp, unit] = [cloud.clock.now(), "Count"];
      addMetrics(cloud, [
        { namespace: "AWS/Lambda", name: "Errors", dimensions, timestamp, values: [Number(hasFailed)], unit },
      ]);
    },
  });
}

/** The files of an archive as the engine passes it: each by its path on this computer, or by its text. */
async function filesOf(code: unknown): Promise<Record<string, string>> {
  const { assets = {} } = code as { assets?: Record<string, { path?: string; text?: string }> };
  const files = Object.entries(assets).map(async ([name, { path, text: inline }]) => {
    if (inline !== undefined && inline !== "") return [name, inline] as const;
    if (path === undefined)
      throw new Failure(`The local cloud knows archives of files and texts only, and ${name} is neither.`);
    return [name, await readFile(path, "utf8")] as const;
  });
  return Object.fromEntries(await Promise.all(files));
}
