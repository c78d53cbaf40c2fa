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
 * Asks GitHub itself for jobs that wait, because its webhook tells once: of
 * those that nobody told of, and of those that are over and nobody said so.
 * What it finds gets into the table as a late delivery would, and the next call
 * decides by it.
 */

/**
 * What one sweep may take. An installation has at least 5,000 requests an hour;
 * a quarter of the requests is left for jobs that are asked for one by one.
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
  /** Milliseconds of a clock that nobody sets, for the time limit. */
  elapsed: () => number;
  log: (line: string) => void;
}

/** What came of a sweep. */
interface SweepOutcome {
  found: number;
  forgotten: number;
  /** What was thrown. */
  failures: unknown[];
}

/**
 * Sweeps once. It never throws: what fails is told in the log and counted, and
 * the next sweep begins anew.
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
  for (const failure of outcome.failures) log(`The sweep could not be made in full: ${traceOf(failure)}`);
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

  /** One after the other: there are few as a rule, and what is not written now is found again. */
  async function write(plan: SweepPlan): Promise<void> {
    const known = new Set(table.map(({ id }) => id));
    for (const job of plan.write.slice(0, limits.writes)) {
      if ((await writeJobState(demand.table, job, now(), aws)) === "behind") continue;
      if (job.state === "queued") outcome.found += 1;
      if (job.state === "completed" && known.has(job.id)) outcome.forgotten += 1;
      log(`Nobody had told that job ${job.id} of ${job.repository} is ${job.state}: the sweep found out.`);
    }
    for (const id of plan.seen.slice(0, limits.writes)) await writeJobSeen(demand.table, id, now(), aws);
    if (plan.write.length > limits.writes)
      throw new LimitReached(`${limits.writes} writes are enough for once`);
  }
}

/**
 * Puts what GitHub tells into `reported`, as far as it comes: lists first, then the
 * jobs that are to be asked for after them, those that wait before others.
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
    unfinished = error; // What is left of the requests is for what comes now.
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

/** That there is more to ask for than may be asked at once is no failure: the rest has its turn. */
async function attempt(
  { failures }: SweepOutcome,
  log: (line: string) => void,
  doing: () => Promise<void>,
): Promise<void> {
  try {
    await doing();
  } catch (error) {
    if (error instanceof LimitReached) log(`The sweep leaves some jobs to the next ones: ${error.message}.`);
    else failures.push(error);
  }
}
