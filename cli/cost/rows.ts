import type { JobEndCause, LedgerRecord } from "../../contract/ledger.ts";
import type { PricedSegment } from "./breakdown.ts";
import type { Grouping } from "./grouping.ts";
import { billedMinutes } from "./hosted.ts";
import { byDays, dayOf, isJob } from "./timeline.ts";
import type { JobSegment } from "./timeline.ts";

/** One line of the report. */
export interface CostRow {
  key: string;
  /** Number of jobs. In a report by day, a job counts for the day of its arrival. */
  jobs: number;
  /** Machine minutes of jobs. */
  minutes: number;
  /** Mean seconds between a job's arrival at its machine and its start; null if no job has started. */
  pickupSeconds: number | null;
  jobsUsd: number;
  /** Idle and boot time belong to runners and days, not to jobs. */
  idleUsd: number;
  bootUsd: number;
  usd: number;
  /** What the same jobs would have cost on GitHub's runners; null unless that is known for all of them. */
  hostedUsd: number | null;
  /** GitHub's charge for jobs on self-hosted runners. */
  platformUsd: number;
  /** The job itself, in a report by job. */
  job: JobCostFacts | null;
}

export type JobCostFacts = Pick<
  LedgerRecord,
  | "repository"
  | "workflow"
  | "job"
  | "runId"
  | "runAttempt"
  | "runner"
  | "receivedAt"
  | "startedAt"
  | "endedAt"
  | "result"
> & {
  /** Why the job did not end by itself; null: not known, or it did. */
  cause: JobEndCause | null;
};

export interface RowPrices {
  /** US dollars for a minute of a job on GitHub's runners; undefined: not known. */
  hostedMinute: (record: LedgerRecord) => number | undefined;
  /** US dollars for a minute of a job on self-hosted runners. */
  platformMinute: number;
}

/**
 * Groups segments into rows. The most expensive row comes first, but days are in
 * their order. Idle and boot time that belongs to no group is left out.
 */
export function rowsBy(by: Grouping, segments: readonly PricedSegment[], prices: RowPrices): CostRow[] {
  const pieces = by === "day" ? cutByDays(segments) : segments;
  const groups = new Map<string, PricedSegment[]>();
  for (const piece of pieces) {
    const key = keyOf(by, piece);
    if (key === undefined) continue;
    const group = groups.get(key);
    if (group) group.push(piece);
    else groups.set(key, [piece]);
  }
  const billed = billedShares(segments);
  const rows = [...groups].map(([key, group]) => rowOf(by, key, group, billed, prices));
  return by === "day"
    ? rows.sort((one, other) => (one.key < other.key ? -1 : 1))
    : rows.sort((one, other) => other.usd - one.usd || (one.key < other.key ? -1 : 1));
}

/** Costs are proportional to time, so each part of a segment gets its share of the segment's. */
function cutByDays(segments: readonly PricedSegment[]): PricedSegment[] {
  return segments.flatMap((segment) =>
    byDays([segment]).map((piece) => ({
      ...piece,
      usd: (segment.usd * (piece.to - piece.from)) / (segment.to - segment.from),
    })),
  );
}

function keyOf(by: Grouping, segment: PricedSegment): string | undefined {
  if (by === "day") return dayOf(segment.from);
  if (by === "runner") return segment.line.runner;
  return isJob(segment) ? jobKey(by, segment.line) : undefined;
}

function jobKey(by: "job" | "workflow" | "repository", record: LedgerRecord): string {
  const { repository, workflow, job, runId, runAttempt, machine, receivedAt } = record;
  const place = repository ?? unknown;
  if (by === "repository") return place;
  const name = `${place} ${workflow ?? unknown}`;
  if (by === "workflow") return name;
  const run = runId === null ? "" : `, run ${runId}${runAttempt === "1" ? "" : `/${runAttempt ?? "?"}`}`;
  return `${name} / ${job ?? unknown}${run}, ${machine} ${receivedAt.slice(0, 16)}`;
}

/** Shown in place of a name that is not known, because the start hook did not run. */
const unknown = "(unknown)";

/** Billed minutes for each millisecond of a job. Whole jobs are rounded up, and a job may be cut into pieces. */
function billedShares(segments: readonly PricedSegment[]): ReadonlyMap<LedgerRecord, number> {
  const times = new Map<LedgerRecord, number>();
  for (const segment of segments.filter((each) => isJob(each))) {
    times.set(segment.line, (times.get(segment.line) ?? 0) + segment.to - segment.from);
  }
  return new Map([...times].map(([record, time]) => [record, billedMinutes(time) / time]));
}

function rowOf(
  by: Grouping,
  key: string,
  group: readonly PricedSegment[],
  billed: ReadonlyMap<LedgerRecord, number>,
  prices: RowPrices,
): CostRow {
  const jobs = group.filter((segment) => isJob(segment));
  const time = (segment: PricedSegment) => segment.to - segment.from;
  const usdOf = (kind: PricedSegment["kind"]) =>
    sum(group.map((segment) => (segment.kind === kind ? segment.usd : 0)));
  const minutesOf = (segment: PricedSegment & JobSegment) => time(segment) * (billed.get(segment.line) ?? 0);
  const hosted = jobs.map((segment) => {
    // A job that never started occupies a machine here, but would have cost nothing at GitHub.
    const price = segment.line.startedAt === null ? 0 : prices.hostedMinute(segment.line);
    return price === undefined ? undefined : price * minutesOf(segment);
  });
  const records = new Set(
    // A job that runs over midnight is counted once.
    jobs.map(({ line }) => line).filter((line) => by !== "day" || dayOf(Date.parse(line.receivedAt)) === key),
  );
  const parts = { jobsUsd: usdOf("job"), idleUsd: usdOf("idle"), bootUsd: usdOf("boot") };
  const [first] = records;
  return {
    key,
    jobs: records.size,
    minutes: sum(jobs.map(time)) / 60_000,
    pickupSeconds: meanPickup(records),
    ...parts,
    usd: parts.jobsUsd + parts.idleUsd + parts.bootUsd,
    hostedUsd: hosted.some((usd) => usd === undefined) ? null : sum(hosted as number[]),
    platformUsd: sum(jobs.map(minutesOf)) * prices.platformMinute,
    job: by === "job" && first ? factsOf(first) : null,
  };
}

function meanPickup(records: ReadonlySet<LedgerRecord>): number | null {
  const waits = [...records].flatMap(({ receivedAt, startedAt }) =>
    startedAt === null ? [] : [Math.max(0, Date.parse(startedAt) - Date.parse(receivedAt)) / 1000],
  );
  return waits.length === 0 ? null : sum(waits) / waits.length;
}

function factsOf(record: LedgerRecord): JobCostFacts {
  const { repository, workflow, job, runId, runAttempt, runner, cause = null } = record;
  const { receivedAt, startedAt, endedAt, result } = record;
  return {
    repository,
    workflow,
    job,
    runId,
    runAttempt,
    runner,
    receivedAt,
    startedAt,
    endedAt,
    result,
    cause,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
