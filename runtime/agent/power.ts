import type { Aws } from "./aws.ts";
import type { RunCommand } from "./command.ts";

/** The machine's own power. Each rejects with a sentence when it fails. */
export interface MachinePower {
  /** Stops the timer that the boot script has armed. */
  cancelBootTimer(): Promise<void>;
  /** Makes the next power-off the machine's end: EC2 terminates the instance then. */
  endAtPowerOff(): Promise<void>;
  powerOff(): Promise<void>;
}

export function machinePower(instanceId: string, aws: Aws, run: RunCommand): MachinePower {
  const shutdown = async (...parameters: string[]) => {
    const { code, output } = await run("shutdown", parameters);
    if (code !== 0) throw new Error(`shutdown ${parameters.join(" ")} ended with ${code}: ${output.trim()}`);
  };
  return {
    cancelBootTimer: () => shutdown("-c"),
    endAtPowerOff: async () => {
      await aws("ec2:ModifyInstanceAttribute", {
        InstanceId: instanceId,
        InstanceInitiatedShutdownBehavior: { Value: "terminate" },
      });
    },
    powerOff: () => shutdown("-P", "now"),
  };
}
