import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { createInterface } from "node:readline";
import { Failure } from "../../contract/failure.ts";
import { parseObject } from "../../contract/json.ts";
import { endProcesses, findProcesses } from "../machines/processes.ts";
import type { ActRecord, JobProgress } from "./act-output.ts";
import { checkActRecord, concludeSteps, jobOutputs, plannedSteps, reduceAct } from "./act-output.ts";
import type { Diagnostics } from "./diagnostics.ts";
import { endingOf } from "./dispatcher.ts";
import type { AcquiredJob } from "./exchange.ts";
import type { JobResult } from "./exit-codes.ts";
import { actArguments, jobFolders, jobVariables } from "./job-environment.ts";
import type { Reporter } from "./report.ts";
import { isolateJob } from "./workflow.ts";

/** The real worker's message (`JobRunner`). */
const shutdownWords =
  "##[error]The runner has received a shutdown signal. This can happen when the runner service is stopped, or a manually started runner is canceled.";

export interface RunJobContext {
  job: AcquiredJob;
  runnerName: string;
  /** The runner's work folder. */
  work: string;
  environment: NodeJS.ProcessEnv;
  diagnostics: Diagnostics;
  reporter: Reporter;
  /**
   * Aborts when the job must end. When the job is cancelled, its running step
   * ends, and steps with `always()` and the completed hook still run. When the
   * runner is shut down, the rest is skipped and the job has failed
   * (`StepsRunner`: "Skip evaluate condition on runner shutdown").
   */
  ended: AbortSignal;
  /** Awaited before the job's end is reported. */
  stepsEnded: () => Promise<void>;
}

/**
 * Runs a job as the worker does: started hook, steps, completed hook, end of
 * stray processes, report. The completed hook runs even if the others have
 * failed. Like the job's other processes, hooks carry its mark in their
 * environment.
 */
export async function runJob(context: RunJobContext): Promise<JobResult> {
  const { job, work, environment, diagnostics, reporter, ended } = context;
  const isShutDown = () => ended.aborted && endingOf(ended) === "shutdown";
  const folders = jobFolders(work, job.repository);
  for (const folder of Object.values<string>({ ...folders })) mkdirSync(folder, { recursive: true });
  const variables = jobVariables(job, context.runnerName, folders);
  const tracking = `github_${randomUUID()}`;
  const tracked = { ...variables, RUNNER_TRACKING_ID: tracking };
  const started = environment.ACTIONS_RUNNER_HOOK_JOB_STARTED;
  const completed = environment.ACTIONS_RUNNER_HOOK_JOB_COMPLETED;
  const isolated = isolateJob(job);
  const before = ["Set up job", ...(started ? ["Set up runner"] : [])];
  const after = [...(completed ? ["Complete runner"] : []), "Complete job"];
  const names = [...before, ...isolated.steps.map(({ name }) => name), ...after];
  let progress: JobProgress = { steps: plannedSteps(names), stepOutputs: {}, summary: "" };

  const numberOf = (id: string): number | undefined => {
    if (id === "--setup-job") return 1;
    if (id === "--complete-job") return names.length;
    const index = isolated.steps.findIndex((step) => step.id === id);
    return index < 0 ? undefined : before.length + index + 1;
  };
  const take = (record: ActRecord) => {
    if (record.jobID !== job.jobKey) return;
    const former = progress;
    const { progress: next, lines } = reduceAct(former, record, numberOf, new Date().toISOString());
    progress = next;
    if (lines.length > 0) reporter.log(lines);
    if (next.steps !== former.steps) reporter.steps(next.steps);
    if (next.summary !== former.summary) reporter.summary(next.summary);
  };
  /** Runs a hook as a step of its own. Returns true if it succeeded, or if no hook is configured. */
  const hook = async (path: string | undefined, number: number, title: string): Promise<boolean> => {
    if (path === undefined || path === "") return true;
    reporter.log([`A ${title} has been configured by the self-hosted runner administrator`]);
    const id = "--hook";
    const step = (record: ActRecord) => {
      progress = reduceAct(
        progress,
        { stepid: [id], ...record },
        () => number,
        new Date().toISOString(),
      ).progress;
    };
    step({ msg: "⭐ Run hook" });
    const code = await runHook(path, { ...environment, ...tracked }, folders.workspace, reporter);
    if (code !== 0) reporter.log([`##[error]Process completed with exit code ${code}.`]);
    step({ stepResult: code === 0 ? "success" : "failure" });
    reporter.steps(progress.steps);
    return code === 0;
  };

  const event = variables.GITHUB_EVENT_PATH!;
  // From `deleted` and `after`, act takes the commit without a clone.
  writeFileSync(event, JSON.stringify({ inputs: job.inputs, ref: job.ref, deleted: false, after: job.sha }));
  const workflow = join(folders.temp, "workflow.yml");
  writeFileSync(workflow, isolated.text);

  const ready = await hook(started, 2, "job started hook");
  if (ready && !ended.aborted) {
    await runAct(actArguments(job, { workflow, event }, folders, tracked), context, take);
  }
  const tidy = isShutDown() || (await hook(completed, names.length - 1, "job completed hook"));
  await endStrays(`RUNNER_TRACKING_ID=${tracking}`, reporter, diagnostics);

  progress = { ...progress, steps: concludeSteps(progress.steps, new Date().toISOString()) };
  reporter.steps(progress.steps);
  const succeeded = ready && tidy && progress.result === "success";
  const result = isShutDown() ? "Failed" : ended.aborted ? "Canceled" : succeeded ? "Succeeded" : "Failed";
  diagnostics.trace("JobRunner", `Job result after all job steps finish: ${result}`);
  await context.stepsEnded();
  const words = { Succeeded: "succeeded", Failed: "failed", Canceled: "cancelled" } as const;
  await reporter.complete(words[result], jobOutputs(isolated.outputs, progress.stepOutputs));
  return result;
}

/**
 * Runs act until it ends. At the first SIGINT, act ends the running step and
 * continues with steps that run `always()`. At a SIGTERM, it ends the running
 * step and skips all others.
 */
async function runAct(
  parameters: string[],
  context: RunJobContext,
  take: (record: ActRecord) => void,
): Promise<void> {
  const { job, environment, diagnostics, reporter, ended } = context;
  const act = environment.LONGHAUL_ACT;
  if (act === undefined)
    throw new Failure("LONGHAUL_ACT is not set: it names the program that runs workflow files.");
  diagnostics.trace("JobRunner", `Starting ${act} for job ${job.jobKey}`);
  const child = spawn(act, parameters, {
    env: { ...environment, GITHUB_TOKEN: job.token },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const end = () => {
    const ending = endingOf(ended);
    reporter.log([...(ending === "shutdown" ? [shutdownWords] : []), "##[error]The operation was canceled."]);
    child.kill(ending === "shutdown" ? "SIGTERM" : "SIGINT");
  };
  ended.addEventListener("abort", end);
  createInterface({ input: child.stdout }).on("line", (line) => {
    const record = parseObject(line);
    if (record) take(checkActRecord(record));
    else diagnostics.trace("JobRunner", line);
  });
  createInterface({ input: child.stderr }).on("line", (line) => {
    diagnostics.trace("JobRunner", line);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject).once("close", resolve);
  });
  ended.removeEventListener("abort", end);
  diagnostics.trace("JobRunner", `${act} ended with ${code}`);
}

async function runHook(
  path: string,
  environment: NodeJS.ProcessEnv,
  cwd: string,
  reporter: Reporter,
): Promise<number> {
  const child = spawn("bash", ["-e", path], { cwd, env: environment, stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      reporter.log([line]);
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject).once("close", (code) => {
      resolve(code ?? -1);
    });
  });
}

/** Ends the processes that the job's steps left running. */
async function endStrays(tracking: string, reporter: Reporter, diagnostics: Diagnostics): Promise<void> {
  const find = () => findProcesses((environment) => environment.includes(tracking));
  for (const pid of find()) {
    const line = `Terminate orphan process: pid (${pid}) (${nameOf(pid)})`;
    diagnostics.trace("JobExtension", line);
    reporter.log([line]);
  }
  await endProcesses(find);
}

/**
 * The name that .NET's `Process.ProcessName` has: a name that the kernel has
 * cut to 15 bytes is completed from the command line.
 */
function nameOf(pid: number): string {
  try {
    const name = readFileSync(`/proc/${pid}/comm`, "utf8").replace(/\n$/, "");
    if (Buffer.byteLength(name) < 15) return name;
    const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, 2);
    return words.map((word) => basename(word)).find((word) => word.startsWith(name)) ?? name;
  } catch {
    return "ended"; // It ended after the search.
  }
}
