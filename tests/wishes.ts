import { StartInstancesCommand } from "@aws-sdk/client-ec2";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { OperatorSetting } from "../contract/parameters.ts";
import { fleetParameters, formatMachineList, initialOperator } from "../contract/parameters.ts";
import type { TestEnvironment } from "./environment.ts";

/** What people and `up` want of a fleet's machines, by the parameters that the machines read. */
export interface Wishes {
  /** Power off, for the whole fleet or for one of its runners. */
  sleep(fleet: string, runner?: string): Promise<void>;
  /** Power on again; starts the machines named. */
  wake(fleet: string, ...instanceIds: string[]): Promise<void>;
  /** What both lists of the fleet name; nothing else is changed. */
  list(fleet: string, instanceIds: readonly string[]): Promise<void>;
  /** Writes a parameter as somebody would by hand. */
  write(name: string, value: string): Promise<void>;
  close(): void;
}

export function wishesOf({ cloud, ec2 }: TestEnvironment): Wishes {
  const ssm = new SSMClient({ region: cloud.environment.AWS_REGION!, endpoint: cloud.urls.aws });
  const write = async (name: string, value: string) => {
    await ssm.send(new PutParameterCommand({ Name: name, Value: value, Overwrite: true }));
  };
  const operator = (fleet: string, setting: OperatorSetting) =>
    write(fleetParameters("local", fleet).operator, JSON.stringify(setting));
  const off = { power: "off", by: "a test", reason: "nobody needs it now" } as const;
  return {
    write,
    sleep: (fleet, runner) =>
      operator(
        fleet,
        runner === undefined
          ? { ...initialOperator, fleet: off }
          : { ...initialOperator, runners: { [runner]: off } },
      ),
    wake: async (fleet, ...instanceIds) => {
      await operator(fleet, initialOperator);
      if (instanceIds.length > 0) await ec2.send(new StartInstancesCommand({ InstanceIds: instanceIds }));
    },
    list: async (fleet, instanceIds) => {
      const { candidates, roster } = fleetParameters("local", fleet);
      for (const name of [candidates, roster]) await write(name, formatMachineList(instanceIds));
    },
    close: () => {
      ssm.destroy();
    },
  };
}

/** A well-formed id of no machine: what lists name that tell a machine to leave, for an empty list retires nobody. */
export const successor = "i-0123456789abcdef0";
