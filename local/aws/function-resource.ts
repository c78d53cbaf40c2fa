import { readFile } from "node:fs/promises";
import type { DeployedFunction, FunctionHost } from "../functions/host.ts";
import type { Properties, ResourceType } from "../provider.ts";
import { AwsError } from "./errors.ts";
import { principalId, secret } from "./ids.ts";
import { number, optionalText, record, tagMap, text } from "./input.ts";
import { logLine } from "./function-log.ts";
import type { Cloud } from "./state.ts";

/** Lambda's, where none is asked for. */
const defaultTimeoutSeconds = 3;

/** `aws.lambda.Function` of an archive of text files: the host runs it. */
export function functionResource(cloud: Cloud, host: FunctionHost): ResourceType {
  const arnOf = (name: string) => `arn:aws:lambda:${cloud.region}:${cloud.account}:function:${name}`;

  const deploy = async (inputs: Properties): Promise<void> => {
    const name = text(inputs, "name");
    const roleName = text(inputs, "role").split("/").at(-1)!;
    if (!cloud.data.resources["aws:iam/role:Role"]?.[roleName]) {
      throw new AwsError(
        "InvalidParameterValueException",
        "The role defined for the function cannot be assumed by Lambda.",
      );
    }
    const key = (cloud.data.functions[name] ??= {
      roleName,
      accessKeyId: principalId("ASIA"),
      secretAccessKey: secret(),
      token: secret() + secret(),
    });
    key.roleName = roleName;
    const logGroup = optionalText(record(inputs, "loggingConfig") ?? {}, "logGroup") ?? `/aws/lambda/${name}`;
    const deployed: DeployedFunction = {
      name,
      handler: text(inputs, "handler"),
      timeoutSeconds: number(inputs, "timeout") ?? defaultTimeoutSeconds,
      files: await filesOf(inputs.code),
      environment: {
        ...(record(inputs, "environment")?.variables as Record<string, string> | undefined),
        AWS_REGION: cloud.region,
        AWS_LAMBDA_FUNCTION_NAME: name,
        AWS_ACCESS_KEY_ID: key.accessKeyId,
        AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
        AWS_SESSION_TOKEN: key.token,
      },
      print: (line) => {
        logLine(cloud, logGroup, name, line);
      },
    };
    host.deploy(deployed);
  };
  const stateOf = (inputs: Properties): Properties => {
    const arn = arnOf(text(inputs, "name"));
    return { ...inputs, arn, invokeArn: `${arn}/invocations`, version: "$LATEST", tagsAll: tagMap(inputs) };
  };
  const stored = () => (cloud.data.resources["aws:lambda/function:Function"] ??= {});

  return {
    create: async (inputs) => {
      const id = text(inputs, "name");
      if (stored()[id]) throw new AwsError("ResourceConflictException", `Function already exist: ${id}`, 409);
      await deploy(inputs);
      const state = stateOf(inputs);
      stored()[id] = state;
      return { id, state };
    },
    read: (id) => Promise.resolve(stored()[id]),
    update: async (id, state, inputs) => {
      await deploy(inputs);
      const next = { ...state, ...stateOf(inputs) };
      stored()[id] = next;
      return next;
    },
    delete: (id) => {
      host.remove(id);
      cloud.data.functions = without(cloud.data.functions, id);
      cloud.data.resources["aws:lambda/function:Function"] = without(stored(), id);
      return Promise.resolve();
    },
    replaceOn: ["name"],
  };
}

function without<Value>(all: Record<string, Value>, name: string): Record<string, Value> {
  return Object.fromEntries(Object.entries(all).filter(([other]) => other !== name));
}

/** The files of an archive as the engine hands it over: each by its path on this computer, or by its text. */
async function filesOf(code: unknown): Promise<Record<string, string>> {
  const { assets = {} } = code as { assets?: Record<string, { path?: string; text?: string }> };
  const files = Object.entries(assets).map(async ([name, { path, text: inline }]) => {
    if (inline !== undefined && inline !== "") return [name, inline] as const;
    if (path === undefined)
      throw new Error(`The local cloud knows archives of files and texts only, and ${name} is neither.`);
    return [name, await readFile(path, "utf8")] as const;
  });
  return Object.fromEntries(await Promise.all(files));
}
