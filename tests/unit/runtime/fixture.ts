import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setImmediate as nextTurn, setTimeout as delay } from "node:timers/promises";
import type { AgentConfiguration } from "../../../contract/agent.ts";
import type { Clock } from "../../../runtime/agent/clock.ts";
import type { Aws } from "../../../runtime/agent/aws.ts";
import { patienceMs } from "../../patience.ts";

export const configuration: AgentConfiguration = {
  environment: "dev",
  fleet: "cloud",
  runner: "dev-cloud-1",
  instanceType: "m5.xlarge",
  aws: {
    account: "123456789012",
    region: "eu-central-1",
    endpoints: {
      ec2: "https://ec2",
      ssm: "https://ssm",
      monitoring: "https://monitoring",
      logs: "https://logs",
    },
  },
  github: { registrationUrl: "https://github.com/acme/app" },
  runnerSoftware: { selfUpdate: true },
  user: "runner",
  pollSeconds: 30,
  quietSeconds: 180,
  spreadSeconds: 180,
  staySeconds: 300,
};

/** A folder, and how to remove it after the test. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "longhaul-runtime-"));
  return {
    path,
    remove: () => {
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Writes a file and the folders above it. */
export function put(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode });
}

/** A clock that moves only by `sleep` and `advance`. */
export function fakeClock(): Clock & { advance: (milliseconds: number) => void } {
  const epoch = Date.UTC(2026, 4, 1, 10, 0, 0);
  let passed = 0;
  return {
    now: () => epoch + passed,
    monotonic: () => passed,
    sleep: async (milliseconds) => {
      passed += milliseconds;
      await nextTurn();
    },
    advance: (milliseconds) => {
      passed += milliseconds;
    },
  };
}

/** AWS as one function, which records its calls and answers them by action. */
export function fakeAws(
  answer: (action: string, input: Record<string, unknown>) => unknown = () => undefined,
) {
  const calls: { action: string; input: Record<string, unknown> }[] = [];
  const aws: Aws = async (action, input) => {
    calls.push({ action, input });
    await Promise.resolve();
    return answer(action, input);
  };
  return { aws, calls };
}

/** Waits until a condition holds. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  for (const limit = performance.now() + patienceMs; !holds();) {
    if (performance.now() > limit)
      throw new Error(`Waited ${patienceMs} ms, and this did not happen: ${what}`);
    await delay(5);
  }
}
