import { isObject, parseObject } from "./json.ts";
import type { MachineConfiguration } from "./machine.ts";

/** What the agent is told of its machine: all but what only the boot script works with. */
export type AgentConfiguration = Pick<
  MachineConfiguration,
  | "environment"
  | "fleet"
  | "runner"
  | "instanceType"
  | "aws"
  | "github"
  | "user"
  | "pollSeconds"
  | "quietSeconds"
  | "spreadSeconds"
  | "staySeconds"
> & { runnerSoftware: Pick<MachineConfiguration["runnerSoftware"], "selfUpdate"> };

/** A number is finite and not negative: one that is missing would make each comparison with it false. */
type Kind = "text" | "number" | "flag" | "text or absent";

type Shape<Value> = {
  [Key in keyof Value]-?: undefined extends Value[Key]
    ? "text or absent"
    : Value[Key] extends string
      ? "text"
      : Value[Key] extends number
        ? "number"
        : Value[Key] extends boolean
          ? "flag"
          : Shape<Value[Key]>;
};

/** Complete: the compiler refuses a value of the configuration that is not here. */
const shape: Shape<AgentConfiguration> = {
  environment: "text",
  fleet: "text",
  runner: "text",
  instanceType: "text",
  aws: {
    account: "text",
    region: "text",
    endpoints: { ec2: "text", ssm: "text", monitoring: "text", logs: "text" },
    kmsKeyArn: "text or absent",
  },
  github: { registrationUrl: "text", runnerGroup: "text or absent" },
  runnerSoftware: { selfUpdate: "flag" },
  user: "text",
  pollSeconds: "number",
  quietSeconds: "number",
  spreadSeconds: "number",
  staySeconds: "number",
};

/**
 * What the stack wrote as JSON. An agent that decides on half of it could put a
 * machine to sleep under a job, so it does not begin.
 *
 * @throws naming each value that is missing or of another kind
 */
export function parseAgentConfiguration(text: string): AgentConfiguration {
  const value = parseObject(text);
  if (!value) throw new Error("The machine's configuration is no JSON object.");
  const faults = faultsOf(value, shape, []);
  if (faults.length > 0) {
    throw new Error(
      `The machine's configuration cannot be used: ${faults.join(", ")}. Its program and its agent are of different ` +
        "versions, or the file is damaged: `longhaul rotate` makes another machine.",
    );
  }
  return value as unknown as AgentConfiguration;
}

function faultsOf(value: unknown, wanted: Kind | object, path: readonly string[]): string[] {
  const name = path.join(".");
  if (typeof wanted === "string") return isOfKind(value, wanted) ? [] : [`${name} is no ${wanted}`];
  if (!isObject(value)) return [`${name} is no object`];
  return Object.entries(wanted).flatMap(([key, inner]) =>
    faultsOf(value[key], inner as Kind | object, [...path, key]),
  );
}

function isOfKind(value: unknown, kind: Kind): boolean {
  switch (kind) {
    case "text":
      return typeof value === "string";
    case "text or absent":
      return value === undefined || typeof value === "string";
    case "number":
      return Number.isFinite(value) && (value as number) >= 0;
    case "flag":
      return typeof value === "boolean";
  }
}
