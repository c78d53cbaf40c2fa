import { StartInstancesCommand } from "@aws-sdk/client-ec2";
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import type { OverrideSetting } from "../contract/override.ts";
import { formatOverrideSetting, initialOverrideSetting } from "../contract/override.ts";
import { fleetParameters, formatMachineList } from "../contract/parameters.ts";
import type { TestEnvironment } from "./environment.ts";

/** Changes the parameters with which operators and `up` control a fleet's machines. */
export interface FleetControls {
  /** Power off, for the whole fleet or for one of its runners. */
  sleep(fleet: string, runner?: string): Promise<void>;
  /** Power on again; also starts the named machines. */
  wake(fleet: string, ...instanceIds: string[]): Promise<void>;
  /** Sets both lists of the fleet, and creates them again if they were deleted. */
  list(fleet: string, instanceIds: readonly string[]): Promise<void>;
  /** Writes a parameter as a person would by hand. */
  write(name: string, value: string): Promise<void>;
  /** Deletes a parameter as a person would by hand. */
  erase(name: string): Promise<void>;
  close(): void;
}

export function fleetControlsOf({ cloud, ec2 }: TestEnvironment): FleetControls {
  const ssm = new SSMClient({ region: cloud.environment.AWS_REGION!, endpoint: cloud.urls.aws });
  const put = async (Name: string, Value: string, Type?: "String") => {
    await ssm.send(new PutParameterCommand({ Name, Value, Overwrite: true, ...(Type && { Type }) }));
  };
  const operator = (fleet: string, setting: OverrideSetting) =>
    put(fleetParameters("local", fleet).override, formatOverrideSetting(setting));
  const off = { power: "off", by: "a test", reason: "it is not needed now" } as const;
  return {
    write: put,
    sleep: (fleet, runner) =>
      operator(
        fleet,
        runner === undefined
          ? { ...initialOverrideSetting, fleet: off }
          : { ...initialOverrideSetting, runners: { [runner]: off } },
      ),
    wake: async (fleet, ...instanceIds) => {
      await operator(fleet, initialOverrideSetting);
      if (instanceIds.length > 0) await ec2.send(new StartInstancesCommand({ InstanceIds: instanceIds }));
    },
    list: async (fleet, instanceIds) => {
      const { candidates, roster } = fleetParameters("local", fleet);
      for (const name of [candidates, roster]) await put(name, formatMachineList(instanceIds), "String");
    },
    erase: async (Name) => {
      await ssm.send(new DeleteParameterCommand({ Name }));
    },
    close: () => {
      ssm.destroy();
    },
  };
}

/**
 * A well-formed id that no machine has. Lists that ask a machine to leave name
 * it, because empty lists retire no machine.
 */
export const successor = "i-0123456789abcdef0";
