import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { processesOf } from "../../local/machines/marker.ts";
import type { TestEnvironment } from "../environment.ts";

/** The programs of a machine that tests check; undefined while a program does not run. */
export interface MachinePrograms {
  agent: number | undefined;
  listener: number | undefined;
  worker: number | undefined;
  /** Processes named `left-running`, which jobs of tests leave behind. */
  left: number[];
}

/** A machine's disk, as this computer sees it. */
export function diskOf({ cloud }: TestEnvironment, instanceId: string): string {
  return join(realpathSync(join(cloud.dir, "machines")), instanceId);
}

/** Process ids, by the programs' names in `/proc`. */
export function programsOf(environment: TestEnvironment, instanceId: string): MachinePrograms {
  const root = diskOf(environment, instanceId);
  const pids = processesOf(root);
  const named = (name: string) => pids.find((pid) => read(`/proc/${pid}/comm`).trim() === name);
  const agentWords = [join(root, "opt/longhaul/agent.mjs"), ""].join("\0");
  return {
    agent: pids.find((pid) => read(`/proc/${pid}/cmdline`).endsWith(agentWords)),
    listener: named("Runner.Listener"),
    worker: named("Runner.Worker"),
    left: pids.filter((pid) => read(`/proc/${pid}/cmdline`).startsWith("left-running\0")),
  };
}

/** A process may end after it was found and before it is read. */
function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return "";
    throw error;
  }
}
