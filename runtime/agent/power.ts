import { existsSync, rmSync, writeFileSync } from "node:fs";
import { Failure } from "../../contract/failure.ts";
import type { Aws } from "./aws.ts";
import type { RunCommand } from "./command.ts";

/** The machine's own power. Each rejects with a sentence when it fails. */
export interface MachinePower {
  /** Stops the timer that the boot script has armed. Rejects also if the timer has run out, which cannot be stopped. */
  cancelBootTimer(): Promise<void>;
  /** Makes the next power-off terminate the instance. */
  endAtPowerOff(): Promise<void>;
  /** Takes that back, if it was ever requested: a machine that should retire may be on a list again. */
  stopAtPowerOff(): Promise<void>;
  /**
   * Requests the power-off. If it resolves, the power may still stay on for a while: logind waits for delay locks, 5 s at
   * most, and 30 s where unattended-upgrades is installed. If it rejects, the power may still go: the answer may be lost.
   */
  powerOff(): Promise<void>;
  /** True if an agent has requested the power-off since the machine was started. */
  isPoweringOff(): boolean;
}

export interface PowerMarks {
  /** The file that remembers that EC2 may have been told to terminate the machine. */
  ending: string;
  /** The file that remembers that the power-off may have been requested, until the machine is started again. */
  poweringOff: string;
}

export function machinePower(instanceId: string, marks: PowerMarks, aws: Aws, run: RunCommand): MachinePower {
  const shutdown = async (...parameters: string[]) => {
    const { code, output } = await run("shutdown", parameters);
    if (code !== 0)
      throw new Failure(`shutdown ${parameters.join(" ")} ended with ${code}: ${output.trim()}`);
  };
  const behave = async (Value: "stop" | "terminate") => {
    await aws("ec2:ModifyInstanceAttribute", {
      InstanceId: instanceId,
      InstanceInitiatedShutdownBehavior: { Value },
    });
  };
  return {
    cancelBootTimer: async () => {
      await shutdown("-c");
      // A timer that has run out waits for delay locks, and `shutdown -c` succeeds without stopping it.
      if (await isPreparingForShutdown(run)) throw new Failure("The machine is powering off already.");
    },
    endAtPowerOff: async () => {
      // First, and on the disk: EC2 may execute the call although its answer is lost, and the power may be cut.
      writeFileSync(marks.ending, "", { flush: true });
      await behave("terminate");
    },
    stopAtPowerOff: async () => {
      if (!existsSync(marks.ending)) return;
      await behave("stop");
      rmSync(marks.ending);
    },
    powerOff: async () => {
      writeFileSync(marks.poweringOff, ""); // First, for the same reason.
      await shutdown("-P", "now");
    },
    isPoweringOff: () => existsSync(marks.poweringOff),
  };
}

/** Asks logind. If it cannot be asked, the machine works all the same: the timer was cancelled. */
async function isPreparingForShutdown(run: RunCommand): Promise<boolean> {
  const manager = ["org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager"];
  const asked = run("busctl", ["get-property", ...manager, "PreparingForShutdown"]);
  return asked.then(
    ({ output }) => output.trim() === "b true",
    () => false,
  );
}
