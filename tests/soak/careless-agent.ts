import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import type { TestEnvironment } from "../environment.ts";
import { diskOf } from "../journey/machine-processes.ts";

const project = join(import.meta.dirname, "../..");

/** The agent as it is built from its sources, but careless in one of its modules. */
export async function carelessAgent(part: "decide" | "power"): Promise<string> {
  return agentWith(part, `careless-${part}.ts`);
}

/**
 * The agent as it is built from its sources, but with durations on the cloud's
 * clock: its minutes pass as fast as the cloud's.
 */
export async function agentOnCloudTime(): Promise<string> {
  return agentWith("clock", "cloud-clock.ts");
}

/** @param part the module of the agent that is replaced */
async function agentWith(part: string, file: string): Promise<string> {
  const other = join(import.meta.dirname, file);
  const { outputFiles } = await build({
    absWorkingDir: project,
    entryPoints: ["runtime/agent/main.ts"],
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    write: false,
    plugins: [
      {
        name: "other-module",
        setup: (bundling) => {
          bundling.onResolve({ filter: new RegExp(`/${part}\\.ts$`) }, ({ importer }) =>
            importer === other ? undefined : { path: other },
          );
        },
      },
    ],
  });
  return outputFiles[0]!.text;
}

/** Puts another agent on a machine, and lets its systemd start it in place of the running one. */
export async function installAgent(
  environment: TestEnvironment,
  instanceId: string,
  text: string,
): Promise<void> {
  const file = join(diskOf(environment, instanceId), "opt/longhaul/agent.mjs");
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
  await environment.onMachine(instanceId, "systemctl", "restart", "longhaul-agent.service");
}
