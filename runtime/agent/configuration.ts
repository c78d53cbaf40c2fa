import { readFileSync } from "node:fs";
import type { MachineConfiguration } from "../../contract/machine.ts";

/** What the agent is told: all but what only the boot script works with. */
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

/**
 * The machine's configuration. The program that wrote it has validated it, so
 * it is read as it is.
 *
 * @throws when the file cannot be read or is no JSON
 */
export function readConfiguration(path: string): AgentConfiguration {
  return JSON.parse(readFileSync(path, "utf8")) as AgentConfiguration;
}
