import * as pulumi from "@pulumi/pulumi";
import stack from "../../../index.ts";
import type { StackOutputs } from "../../../components/index.ts";
import { evaluate } from "./harness.ts";
import type { Evaluation, EvaluationOptions } from "./harness.ts";

/** A stack's configuration as a user writes it. */
export type Raw = Record<string, unknown>;

/** The smallest configuration: runners of one repository, with every default. */
export const repositoryStack: Raw = {
  aws: { account: "123456789012", region: "eu-central-1" },
  github: { repository: "acme/app" },
  fleets: { cloud: {} },
};

/** Runners of an organisation with their own group, two fleets, given private subnets and a customer's key. */
export const organizationStack: Raw = {
  aws: {
    account: "123456789012",
    region: "eu-central-1",
    rolePath: "/ci/",
    permissionsBoundary: "arn:aws:iam::123456789012:policy/boundary",
    kmsKeyArn: "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
  },
  github: {
    organization: "acme",
    runnerGroup: { name: "long jobs", repositories: ["tools", "app", "lib"] },
  },
  network: { vpcId: "vpc-0a1b", subnetIds: ["subnet-0a", "subnet-0b"] },
  fleets: {
    cloud: { runners: 3 },
    arm: {
      instanceType: "m7g.xlarge",
      labels: ["arm-cloud"],
      disk: { sizeGb: 200, iops: 4000, throughput: 250 },
    },
  },
  smokeTest: { repository: "tools" },
};

/** A monthly budget, and the address that is notified. */
export const budgetStack: Raw = {
  ...repositoryStack,
  alarms: { emails: ["ops@example.com"] },
  budget: { monthlyUsd: 600, deniedRoles: ["deploy"] },
};

const evaluated = new Map<Raw, Promise<Evaluation<StackOutputs>>>();

/** An example, evaluated once for all tests that only read it. */
export function evaluateOnce(raw: Raw): Promise<Evaluation<StackOutputs>> {
  const evaluation = evaluated.get(raw) ?? evaluateStack(raw);
  evaluated.set(raw, evaluation);
  return evaluation;
}

/**
 * Evaluates a program with a configuration, and with its own environment variables.
 *
 * @param program default: the stack's own
 */
export async function evaluateStack(
  raw: Raw,
  options: EvaluationOptions & { variables?: Record<string, string> } = {},
  program: () => Promise<StackOutputs> = stack,
): Promise<Evaluation<StackOutputs>> {
  const variables = {
    GITHUB_TOKEN: "",
    GITHUB_APP_ID: "",
    GITHUB_APP_INSTALLATION_ID: "",
    GITHUB_APP_PEM_FILE: "",
    LONGHAUL_LOCAL: "",
    ...options.variables,
  };
  const before = Object.fromEntries(Object.keys(variables).map((name) => [name, process.env[name]]));
  Object.assign(process.env, variables);
  try {
    return await evaluate(() => {
      pulumi.runtime.setAllConfig(
        Object.fromEntries(
          Object.entries(raw).map(([key, value]) => [
            `${options.project ?? "longhaul"}:${key}`,
            JSON.stringify(value),
          ]),
        ),
      );
      return program();
    }, options);
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  }
}
