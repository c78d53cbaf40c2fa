import type { ControllerConfiguration, SweepConfiguration } from "../../../../contract/controller.ts";
import { traceOf } from "../../../../contract/failure.ts";
import { sweepMetrics } from "../../../../contract/metrics.ts";
import type { WaitingJob } from "../../../../contract/waiting-jobs.ts";
import type { Send } from "../../../aws/http.ts";
import { embeddedMetrics } from "../../embedded-metrics.ts";
import { writeJobSeen, writeJobState } from "../../job-table.ts";
import type { JobReport } from "../../job-table.ts";
import type { JobRules } from "../../our-jobs.ts";
import type { ControllerAws } from "../aws.ts";
import { isTurn, turnMinutes } from "../turns.ts";
import { readAppKey } from "./app-token.ts";
import { askAsInstallation } from "./ask-as-installation.ts";
import type { InstallationHost } from "./ask-as-installation.ts";
import { createAsk, LimitReached } from "./ask.ts";
import { decideSweep } from "./decide-sweep.ts";
import type { SweepPlan } from "./decide-sweep.ts";
import { askForJob, inTurn, isNotFound, listJobs } from "./look.ts";

/*
 * Asks GitHub's API for the jobs, because GitHub does not repeat a webhook
 * delivery that was lost. It finds queued jobs that are missing in the table, and
 * jobs of the table that have ended. It writes them as a late delivery would, and
 * the controller's next call decides by them.
 */

/**
 * Limits of one sweep. GitHub allows an installation at least 5,000 requests an
 * hour. `leave` keeps a quarter of the sweep's requests for single jobs.
 */
const limits = { requests: 100, milliseconds: 20_000, leave: 25, writes: 500 };

/** Whether a sweep is due. @param now milliseconds since the epoch */
export function isSweepDue(now: number): boolean {
  return isTurn(0, now);
}

export interface SweepHost extends Pick<InstallationHost, "kept" | "sleep"> {
  configuration: Pick<ControllerConfiguration, "environment"> & {
    demand: NonNullable<ControllerConfiguration["demand"]>;
  };
  aws: ControllerAws;
  send: Send;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Milliseconds of a monotonic clock, for the time limit. */
  elapsed: () => number;
  log: (line: string) => void;
}

/** The result of a sweep. */
interface SweepOutcome {
  /** Number of queued jobs that were written. */
  found: number;
  /** Number of jobs of the table that had ended, or were deleted. */
  forgotten: number;
  /** The errors that were thrown. */
  failures: unknown[];
}

/**
 * Sweeps once. It never throws: failures are logged and counted, and the next
 * sweep starts again.
 *
 * @param table the waiting jobs as the call found them
 */
export async function sweep(
  host: SweepHost,
  settings: SweepConfiguration,
  table: readonly WaitingJob[],
): Promise<void> {
  const { configuration, aws, now, log } = host;
  const { environment, demand } = configuration;
  const { owner, repositories } = settings;
  const rules: JobRules = { ...demand, environment, owner, repositories };
  const outcome: SweepOutcome = { found: 0, forgotten: 0, failures: [] };
  const reported: JobReport[] = [];
  const decide = () => decideSweep({ reported, table, now: now() }, rules);

  await attempt(outcome, log, () => look(host, settings, reported, () => decide().ask));
  await attempt(outcome, log, () => write(decide()));
  for (const failure of outcome.failures) log(`The sweep is incomplete: ${traceOf(failure)}`);
  log(
    embeddedMetrics({
      environment,
      now: now(),
      counts: {
        [sweepMetrics.found]: outcome.found,
        [sweepMetrics.forgotten]: outcome.forgotten,
        [sweepMetrics.failed]: outcome.failures.length > 0 ? 1 : 0,
      },
    }),
  );

  /** Writes one after the other: there are usually few, and the next sweep finds again what is not written. */
  async function write(plan: SweepPlan): Promise<void> {
    const known = new Set(table.map(({ id }) => id));
    for (const job of plan.write.slice(0, limits.writes)) {
      if ((await writeJobState(demand.table, job, now(), aws)) === "behind") continue;
      if (job.state === "queued") outcome.found += 1;
      if (job.state === "completed" && known.has(job.id)) outcome.forgotten += 1;
      log(
        `Job ${job.id} of ${job.repository} is ${job.state}: no webhook delivery has said so, the sweep found it.`,
      );
    }
    for (const id of plan.seen.slice(0, limits.writes)) await writeJobSeen(demand.table, id, now(), aws);
    if (plan.write.length > limits.writes)
      throw new LimitReached(`it has written its limit of ${limits.writes} jobs`);
  }
}

/**
 * Adds to `reported` what GitHub answers, until a limit is reached: first the
 * lists, then the single jobs of `toAsk`, queued ones before others.
 */
async function look(
  { aws, send, kept, now, elapsed, sleep }: SweepHost,
  settings: SweepConfiguration,
  reported: JobReport[],
  toAsk: () => readonly WaitingJob[],
): Promise<void> {
  const turn = Math.floor(now() / (turnMinutes * 60_000));
  const key = await readAppKey(settings.keyParameter, aws);
  const ask = createAsk({ apiUrl: settings.apiUrl, send, elapsed, limits });
  const asInstallation = askAsInstallation({ settings, key, kept, ask, now, elapsed, sleep });
  let unfinished: Error | undefined;
  try {
    const listing = listJobs(settings, { turn, now: now(), leave: limits.leave }, asInstallation);
    for await (const job of listing) reported.push(job);
  } catch (error) {
    if (!(error instanceof LimitReached || isNotFound(error))) throw error;
    unfinished = error; // The remaining requests are for the single jobs below.
  }
  const jobs = inTurn(toAsk(), turn);
  const byUrgency = [
    ...jobs.filter(({ state }) => state === "queued"),
    ...jobs.filter(({ state }) => state !== "queued"),
  ];
  for (const job of byUrgency) {
    const report = await askForJob(job, now(), asInstallation);
    if (report) reported.push(report);
  }
  if (unfinished) throw unfinished;
}

/** Reaching a limit is not a failure: a later sweep begins with other repositories and jobs. */
async function attempt(
  { failures }: SweepOutcome,
  log: (line: string) => void,
  doing: () => Promise<void>,
): Promise<void> {
  try {
    await doing();
  } catch (error) {
    if (error instanceof LimitReached) log(`The sweep leaves some jobs to later sweeps: ${error.message}.`);
    else failures.push(error);
  }
}
