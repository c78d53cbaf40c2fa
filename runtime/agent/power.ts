import { existsSync, rmSync, writeFileSync } from "node:fs";
import { Failure } from "../../contract/failure.ts";
import type { Aws } from "./aws.ts";
import type { RunCommand } from "./command.ts";

/** The machine's own power. Each rejects with a sentence when it fails. */
export interface MachinePower {
  /** Stops the timer that the boot script has armed. Rejects as well when that has run out, which nothing can stop. */
  cancelBootTimer(): Promise<void>;
  /** Makes the next power-off the machine's end: EC2 terminates the instance then. */
  endAtPowerOff(): Promise<void>;
  /** Takes that back, where it was ever asked for: a machine that was to end may have been named again. */
  stopAtPowerOff(): Promise<void>;
  /**
   * Asks for the power-off. That it resolves does not mean that the power goes now: logind waits for delay locks, 5 s at
   * most, and 30 s where unattended-upgrades is installed. That it rejects does not mean that the power stays on: the
   * answer may be lost.
   */
  powerOff(): Promise<void>;
  /** Some agent has asked for the power-off since the machine was started. */
  isPoweringOff(): boolean;
}

export interface PowerMarks {
  /** The file that remembers that EC2 may have been told to terminate the machine. */
  ending: string;
  /** The file that remembers that the power-off may have been asked for, until the machine is started again. */
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
      // First, and on the disk: the call may be served and its answer lost, and the power be cut.
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

/** Asks logind. Where it cannot be asked, that must not keep the machine from work: the timer was cancelled all the same. */
async function isPreparingForShutdown(run: RunCommand): Promise<boolean> {
  const manager = ["org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager"];
  const asked = run("busctl", ["get-property", ...manager, "PreparingForShutdown"]);
  return asked.then(
    ({ output }) => output.trim() === "b true",
    () => false,
  );
}
