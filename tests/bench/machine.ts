import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { readMachineAssets } from "../../components/assets/assets.ts";
import type { TestEnvironment } from "../environment.ts";
import { eventually, startEnvironment } from "../environment.ts";
import { cpuSeconds, residentMb, table } from "./measure.ts";
import { defaultUserDataBytes } from "./user-data.ts";

/**
 * How long the idle agent is observed: long enough for two reads of the lists
 * and one report of its metrics.
 */
const idleSeconds = 60;

/** The figures of one machine. */
export async function machineTable(): Promise<string> {
  const environment = await startEnvironment({ agent: { pollSeconds: 30 } });
  try {
    const { launchToJob, agentMb, agentCpuPercent } = await measureMachine(environment);
    const bytes = defaultUserDataBytes(readMachineAssets());
    await environment.destroy();
    return table(
      ["figure", "value"],
      [
        ["machine launched → job in progress", `${launchToJob.toFixed(1)} s`],
        ["agent, memory after a minute idle", `${agentMb.toFixed(0)} MB`],
        ["agent, processor over a minute idle", `${agentCpuPercent.toFixed(2)} % of a core`],
        ["user data", `${bytes} of 16384 bytes`],
      ],
    );
  } finally {
    await environment.close();
  }
}

interface MachineFigures {
  /** Seconds of the computer from the machine's launch until its smoke job was in progress. */
  launchToJob: number;
  agentMb: number;
  /** Share of one core, in percent. */
  agentCpuPercent: number;
}

/** Brings up one runner, waits until its smoke test has ended, and observes its idle agent for a minute. */
async function measureMachine(environment: TestEnvironment): Promise<MachineFigures> {
  const { aws, github, clock } = environment.cloud;
  await environment.configure((config) => {
    (config["longhaul:fleets"] as Record<string, Record<string, unknown>>).cloud!.runners = 1;
    config["longhaul:smokeTest"] = { minutes: 2 };
  });
  await environment.up();
  const [machine] = Object.values(aws.account.instances);
  const [job] = github.jobs();
  const launchToJob = (job!.startedAt! - machine!.launchedAt) / 1000;
  clock.setFactor(600);
  await eventually("the smoke test is over", () =>
    github.jobs().every(({ status }) => status === "completed"),
  );
  clock.setFactor(1);
  const agent = processWith(`${machine!.id}/`, "agent.mjs");
  const before = cpuSeconds(agent);
  await wait(idleSeconds * 1000);
  return {
    launchToJob,
    agentMb: residentMb(agent),
    agentCpuPercent: ((cpuSeconds(agent) - before) / idleSeconds) * 100,
  };
}

/** The process of a machine that has a program at the end of its command line. */
function processWith(machine: string, program: string): number {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const words = commandLine(pid)
      .split("\0")
      .filter((word) => word !== "");
    if (words.at(-1)?.includes(machine) && words.at(-1)?.endsWith(program)) return Number(pid);
  }
  throw new Error(`no process runs ${program} of ${machine}`);
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return ""; // It has ended since the processes were listed.
  }
}
