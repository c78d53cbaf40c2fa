import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { AcquiredJob } from "../../../local/runner/exchange.ts";
import { buildRunnerTarball } from "../../../local/runner/tarball.ts";
import { endProcesses, findProcesses } from "../../../local/machines/processes.ts";
import type { FakeGithub } from "./fake-github.ts";
import { openFakeGithub } from "./fake-github.ts";
import { patienceMs } from "../../patience.ts";

export const version = "2.338.0";

/** Waits for a condition. */
export async function until<T>(what: string, probe: () => T | undefined | false): Promise<T> {
  for (const deadline = Date.now() + patienceMs; Date.now() < deadline;) {
    const found = probe();
    if (found !== undefined && found !== false) return found;
    await delay(5);
  }
  throw new Error(`Waited ${patienceMs} ms, and this did not happen: ${what}`);
}

/** A listener that runs, and what it has printed. */
export interface RunningListener {
  child: ChildProcess;
  output(): string;
  /** Its exit code. */
  ended: Promise<number | null>;
}

/** An unpacked runner beside a fake GitHub. */
export interface RunnerSite {
  root: string;
  github: FakeGithub;
  environment: Record<string, string>;
  config(...words: string[]): { status: number | null; output: string };
  register(): void;
  /** @param output a file's descriptor, in place of a pipe that is read */
  listen(changes?: Record<string, string>, output?: number): RunningListener;
  perf(): string[];
  has(path: string): boolean;
  read(path: string): string;
  close(): Promise<void>;
}

/** Stands in for act in tests that are not about workflows: one step, which ends by SIGINT or when a file appears. */
const quickAct = (folder: string) => `#!/bin/bash
say() { printf '{"jobID":"job",%s}\\n' "$1"; }
say '"msg":"⭐ Run Main work","stage":"Main","stepID":["0"]'
result=success
trap 'result=failure; touch ${folder}/go' INT
echo $$ >${folder}/act.pid
while [[ ! -e ${folder}/go ]]; do read -rt 0.02 <>${folder}/never; done
say "\\"stage\\":\\"Main\\",\\"stepID\\":[\\"0\\"],\\"stepResult\\":\\"$result\\""
say "\\"jobResult\\":\\"$result\\""
`;

let template: string | undefined;

/** An unpacked runner to copy, made once. */
function unpacked(): string {
  template ??= (() => {
    const dir = mkdtempSync(join(tmpdir(), "longhaul-runner-"));
    process.once("exit", () => {
      rmSync(dir, { recursive: true });
    });
    const { path } = buildRunnerTarball(dir, version);
    mkdirSync(join(dir, "runner"));
    execFileSync("tar", ["-xzf", path, "-C", join(dir, "runner")]);
    return join(dir, "runner");
  })();
  return template;
}

export async function openRunnerSite(): Promise<RunnerSite> {
  const dir = mkdtempSync(join(tmpdir(), "longhaul-runner-"));
  const root = join(dir, "runner");
  cpSync(unpacked(), root, { recursive: true });
  execFileSync("mkfifo", [join(dir, "never")]);
  writeFileSync(join(dir, "act"), quickAct(dir), { mode: 0o755 });
  const github = await openFakeGithub();
  const marker = `LONGHAUL_TEST=${dir}`;
  const environment = {
    PATH: process.env.PATH!,
    HOME: dir,
    LONGHAUL_TEST: dir,
    LONGHAUL_ACT: join(dir, "act"),
    LONGHAUL_RUNNER_RETRY_SECONDS: "0.01",
    LONGHAUL_RUNNER_UNLOAD_SECONDS: "0.05",
    RUNNER_ALLOW_RUNASROOT: "1",
    RUNNER_PERFLOG: join(dir, "perf"),
    ACTIONS_RUNNER_PRINT_LOG_TO_STDOUT: "1",
  };
  const config = (...words: string[]) => {
    // Asynchronous servers cannot answer a synchronous child, so this is for what needs no answer.
    const { status, stdout, stderr } = spawnSync(join(root, "config.sh"), words, {
      env: environment,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    return { status, output: stdout + stderr };
  };
  return {
    root,
    github,
    environment,
    config,
    register() {
      github.registered = true;
      const settings = {
        agentId: 7,
        agentName: "local-1",
        poolName: "Default",
        workFolder: "_work",
        disableUpdate: false,
      };
      const urls = { serverUrl: `${github.url}/_runner`, gitHubUrl: `${github.url}/acme/app` };
      writeFileSync(join(root, ".runner"), JSON.stringify({ ...settings, ...urls }));
      writeFileSync(
        join(root, ".credentials"),
        JSON.stringify({ scheme: "OAuth", data: { clientId: "client" } }),
      );
      writeFileSync(join(root, ".credentials_rsaparams"), JSON.stringify({ secret: "secret" }));
    },
    listen(changes = {}, file) {
      const child = spawn(join(root, "bin/Runner.Listener"), ["run"], {
        cwd: root,
        env: { ...environment, ...changes },
        stdio: ["ignore", file ?? "pipe", file ?? "pipe"],
      });
      let output = "";
      for (const stream of [child.stdout, child.stderr])
        stream?.on("data", (data: Buffer) => (output += data.toString()));
      const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
      return { child, output: () => output, ended };
    },
    perf: () =>
      existsSync(join(dir, "perf/Runner.perf"))
        ? readFileSync(join(dir, "perf/Runner.perf"), "utf8").split("\n")
        : [],
    has: (path) => existsSync(join(root, path)),
    read: (path) => readFileSync(join(root, path), "utf8"),
    async close() {
      await endProcesses(() => findProcesses((entries) => entries.includes(marker)));
      github.close();
      rmSync(dir, { recursive: true });
    },
  };
}

/** A job as the exchange delivers it. */
export function jobOf(
  github: FakeGithub,
  workflowText: string,
  changes: Partial<AcquiredJob> = {},
): AcquiredJob {
  return {
    requestId: "r1",
    runId: 4711,
    runNumber: 3,
    runAttempt: 1,
    jobId: 99,
    planGuid: "00000000-0000-4000-8000-000000004711",
    jobGuid: "00000000-0000-4000-8000-000000000099",
    jobKey: "job",
    jobName: "the job",
    repository: "acme/app",
    workflow: "Smoke",
    workflowText,
    ref: "refs/heads/main",
    sha: "0123456789012345678901234567890123456789",
    actor: "somebody",
    event: "workflow_dispatch",
    inputs: {},
    labels: ["self-hosted", "local-1"],
    serverUrl: github.url,
    apiUrl: `${github.url}/api/v3`,
    token: "job-token-canary",
    ...changes,
  };
}

/** A workflow of one step. */
export const oneStep =
  "on: workflow_dispatch\njobs:\n  job:\n    runs-on: self-hosted\n    steps:\n      - name: work\n        run: 'true'\n";
