import type { MachineConfiguration } from "./machine.ts";
import type { Shape } from "./shape.ts";
import { parseShape } from "./shape.ts";

/** The machine's configuration for the agent. What only the boot script uses is left out. */
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

const shape: Shape<AgentConfiguration> = {
  environment: "text",
  fleet: "text",
  runner: "text",
  instanceType: "text",
  aws: {
    account: "text",
    region: "text",
    endpoints: { ec2: "text", ssm: "text", monitoring: "text", logs: "text" },
    "kmsKeyArn?": "text",
  },
  github: { registrationUrl: "text", "runnerGroup?": "text" },
  runnerSoftware: { selfUpdate: "flag" },
  user: "text",
  pollSeconds: "number",
  quietSeconds: "number",
  spreadSeconds: "number",
  staySeconds: "number",
};

/**
 * Reads what the stack wrote as JSON. An agent with half of its configuration
 * could put a machine to sleep under a job, so it does not start.
 *
 * @throws naming each value that is missing or of another kind
 */
export function parseAgentConfiguration(text: string): AgentConfiguration {
  return parseShape<AgentConfiguration>(text, shape, {
    subject: "The machine's configuration",
    remedy:
      "Its program and its agent are of different versions, or the file is damaged: `longhaul rotate` makes another machine.",
  });
}
