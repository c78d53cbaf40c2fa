import { existsSync, rmSync, writeFileSync } from "node:fs";
import type { Aws } from "./aws.ts";
import type { RunCommand } from "./command.ts";

/** The machine's own power. Each rejects with a sentence when it fails. */
export interface MachinePower {
  /** Stops the timer that the boot script has armed. */
  cancelBootTimer(): Promise<void>;
  /** Makes the next power-off the machine's end: EC2 terminates the instance then. */
  endAtPowerOff(): Promise<void>;
  /** Takes that back, where it was ever asked for: a machine that was to end may have been named again. */
  stopAtPowerOff(): Promise<void>;
  powerOff(): Promise<void>;
}

/** @param endingMark the file that remembers that EC2 may have been told to terminate the machine */
export function machinePower(
  instanceId: string,
  endingMark: string,
  aws: Aws,
  run: RunCommand,
): MachinePower {
  const shutdown = async (...parameters: string[]) => {
    const { code, output } = await run("shutdown", parameters);
    if (code !== 0) throw new Error(`shutdown ${parameters.join(" ")} ended with ${code}: ${output.trim()}`);
  };
  const behave = async (Value: "stop" | "terminate") => {
    await aws("ec2:ModifyInstanceAttribute", {
      InstanceId: instanceId,
      InstanceInitiatedShutdownBehavior: { Value },
    });
  };
  return {
    cancelBootTimer: () => shutdown("-c"),
    endAtPowerOff: async () => {
      writeFileSync(endingMark, ""); // First: the call may be served and its answer lost.
      await behave("terminate");
    },
    stopAtPowerOff: async () => {
      if (!existsSync(endingMark)) return;
      await behave("stop");
      rmSync(endingMark);
    },
    powerOff: () => shutdown("-P", "now"),
  };
}
