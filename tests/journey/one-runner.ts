import { functionLogGroupName, machineName } from "../../contract/names.ts";
import type { FunctionName } from "../../contract/names.ts";
import { fleetParameters, parseMachineList } from "../../contract/parameters.ts";
import type { Instance } from "../../local/aws/state.ts";
import type { RunnerEntry } from "../../local/github/index.ts";
import type { StackValues, TestEnvironment } from "../environment.ts";

/** The environment of most journeys: a fleet `cloud` of one runner, and a smoke test that is over soon. */
export const runner = "local-cloud-1";

/** Changes a stack's configuration to this environment; `fleet` and `smokeTest` are merged into it. */
export function oneRunner(fleet: StackValues = {}, smokeTest: StackValues = {}) {
  return (config: StackValues): void => {
    config["longhaul:fleets"] = { cloud: { runners: 1, ...fleet } };
    config["longhaul:smokeTest"] = { minutes: 2, ...smokeTest };
  };
}

/** Ids on the fleet's roster. */
export function rosterOf({ cloud }: TestEnvironment, fleet = "cloud"): string[] {
  return parseMachineList(cloud.aws.account.parameters[fleetParameters("local", fleet).roster]?.value) ?? [];
}

/** Ids of the machines that the program declares. */
export function candidatesOf({ cloud }: TestEnvironment, fleet = "cloud"): string[] {
  return (
    parseMachineList(cloud.aws.account.parameters[fleetParameters("local", fleet).candidates]?.value) ?? []
  );
}

export function instanceOf({ cloud }: TestEnvironment, instanceId: string): Instance {
  return cloud.aws.account.instances[instanceId]!;
}

/** A machine's entry at GitHub; undefined while it has none. */
export function entryOf({ cloud }: TestEnvironment, instanceId: string): RunnerEntry | undefined {
  return cloud.github.runners().find(({ name }) => name === machineName(runner, instanceId));
}

/** The message that `up` fails with. */
export async function failureOf(up: Promise<unknown>): Promise<string> {
  try {
    await up;
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("up has succeeded, and should have failed");
}

/** The log of a function of the environment, line by line. */
export function functionLog({ cloud }: TestEnvironment, name: FunctionName): string[] {
  const streams = cloud.aws.account.logs[functionLogGroupName("local", name)] ?? {};
  return Object.values(streams)
    .flat()
    .map(({ message }) => message);
}
