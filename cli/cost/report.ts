import { usd } from "../terminal/money.ts";
import { architectureOfInstanceType } from "../../config/instance-types.ts";
import { declaredRunners } from "../../config/declared-runners.ts";
import { hourlyPrices, priceList } from "../../config/prices.ts";
import type { Configuration } from "../../config/schema.ts";
import type { LedgerLine, LedgerRecord } from "../../contract/ledger.ts";
import { totalOf } from "../../contract/meter.ts";
import type { MeterRecord } from "../../contract/meter.ts";
import { machineHourPrice } from "../../contract/prices.ts";
import { costBreakdown, isBeyondMeter, priced, recordedCosts } from "./breakdown.ts";
import type { CostBreakdown, PricedSegment, RecordedCosts } from "./breakdown.ts";
import { forecastOf } from "./forecast.ts";
import type { Forecast } from "./forecast.ts";
import type { Grouping } from "./grouping.ts";
import { hostedLimitMinutes, hostedMinutePrice } from "./hosted.ts";
import { meteredFleet, meteredSince } from "./metered.ts";
import type { MeteredCosts } from "./metered.ts";
import { rowsBy } from "./rows.ts";
import type { CostRow } from "./rows.ts";
import { beginningOf, dayOf, isJob, timelineOf, within } from "./timeline.ts";
import type { Span } from "../../contract/spans.ts";

/** The sources of a report. */
export interface CostSources {
  environment: string;
  configuration: Configuration;
  /** The lines of the requested fleets, in any order. */
  lines: readonly LedgerLine[];
  meter: MeterRecord | undefined;
  /** By runner: when its oldest machine was made, of those that EC2 still describes. */
  madeAt: ReadonlyMap<string, number>;
  /** By machine name: until when the machine was seen awake and without a job after its last line. */
  idleUntil: ReadonlyMap<string, number>;
  now: number;
}

export interface CostQuestion {
  since: number;
  by: Grouping;
  /** Undefined: all fleets. */
  fleet?: string;
  /** US dollars that GitHub charges for a minute of a job on a self-hosted runner. */
  platformCharge: number;
  /** Only for the whole environment, so not together with {@link fleet}. */
  forecast: boolean;
}

/** What an environment cost, and what for. US dollars without tax. */
export interface CostReport {
  environment: string;
  fleet: string | null;
  /** ISO 8601 in UTC. */
  from: string;
  to: string;
  by: Grouping;
  rows: CostRow[];
  jobs: number;
  jobMinutes: number;
  idleMinutes: number;
  bootMinutes: number;
  /** Idle time as a part of all recorded time, from 0 to 1; null if no time is recorded. */
  idleShare: number | null;
  recorded: RecordedCosts;
  /** Null if the meter has nothing about this time. */
  account: CostBreakdown | null;
  /** The meter's total by day; null if it has no days for this report. */
  meterByDay: Record<string, number> | null;
  /** What the same jobs would have cost on GitHub's runners; null if a price is not known. */
  hostedUsd: number | null;
  /** Jobs that GitHub's runners would have ended after six hours. */
  tooLongForHosted: number;
  platformUsd: number;
  /** What the machines would have cost if all runners had always been awake, without disks; null without a meter. */
  alwaysAwakeUsd: number | null;
  savedBySleepingUsd: number | null;
  forecast: Forecast | null;
  /** Sentences that a reader needs to understand the figures. */
  notes: string[];
}

const hourMs = 3_600_000;
const minuteMs = 60_000;

/**
 * @throws UnknownPriceError when the price of a fleet's instance type is not known
 */
export function costReport(sources: CostSources, question: CostQuestion): CostReport {
  const { environment, meter, lines, now } = sources;
  const { since, by, fleet, platformCharge } = question;
  const configuration = ofFleet(sources.configuration, fleet);
  const prices = pricesOf(configuration);
  const metered = meter && meteredFor(meter, since, fleet);
  const span = metered?.span ?? { from: since, to: now };
  const segments = priced(segmentsOf(lines, sources.idleUntil, span), ({ line }) => prices.machineHour(line));
  const rowPrices = { hostedMinute: prices.hostedMinute, platformMinute: platformCharge };
  const recorded = recordedCosts(segments);
  const account = metered ? costBreakdown(recorded, metered.costs) : null;
  const jobs = segments.filter((segment) => isJob(segment));
  const [all] = rowsBy("repository", oneGroup(jobs), rowPrices);
  const alwaysAwakeUsd = metered ? alwaysAwake(sources, configuration, metered.span) : null;
  const minutes = minutesByKind(segments);
  const recordedMinutes = minutes.job + minutes.idle + minutes.boot;
  return {
    environment,
    fleet: fleet ?? null,
    from: new Date(span.from).toISOString(),
    to: new Date(span.to).toISOString(),
    by,
    rows: rowsBy(by, segments, rowPrices),
    jobs: jobs.length,
    jobMinutes: minutes.job,
    idleMinutes: minutes.idle,
    bootMinutes: minutes.boot,
    idleShare: recordedMinutes === 0 ? null : minutes.idle / recordedMinutes,
    recorded,
    account,
    meterByDay: metered && metered.byDay.size > 0 ? dailyTotals(metered) : null,
    hostedUsd: all ? all.hostedUsd : 0,
    tooLongForHosted: jobs.filter(({ line }) => durationOf(line) > hostedLimitMinutes * minuteMs).length,
    platformUsd: all?.platformUsd ?? 0,
    alwaysAwakeUsd,
    savedBySleepingUsd:
      metered && alwaysAwakeUsd !== null
        ? Math.max(0, alwaysAwakeUsd - metered.costs[0] - metered.costs[2])
        : null,
    forecast:
      question.forecast && meter ? forecastOf(meter, Math.min(...beginnings(sources).values())) : null,
    notes: notesOf(sources, question, { metered, account, unpriced: prices.unpriced(lines), all }),
  };
}

function ofFleet(configuration: Configuration, fleet: string | undefined): Configuration {
  if (fleet === undefined) return configuration;
  return { ...configuration, fleets: { [fleet]: configuration.fleets[fleet]! } };
}

/** For a single fleet, the meter knows only the costs of the present month, from its beginning on. */
function meteredFor(meter: MeterRecord, since: number, fleet: string | undefined): MeteredCosts | undefined {
  if (fleet === undefined) return meteredSince(meter, since);
  const whole = meteredFleet(meter, fleet);
  return since <= whole.span.from && dayOf(since).startsWith(meter.month) ? whole : undefined;
}

function pricesOf(configuration: Configuration) {
  const { aws, fleets } = configuration;
  const hourly = hourlyPrices(configuration);
  const present = Object.fromEntries(
    Object.entries(fleets).map(([fleet, { instanceType }]) => [
      fleet,
      { instanceType, machine: hourly[fleet]!.machine },
    ]),
  );
  const list = priceList(aws.region);
  const machineHour = (line: LedgerLine) => machineHourPrice(line, present, list);
  return {
    machineHour,
    hostedMinute: ({ fleet, instanceType }: LedgerRecord) => {
      const known = Object.hasOwn(fleets, fleet) ? fleets[fleet]?.architecture : undefined;
      return hostedMinutePrice(instanceType, known ?? architectureOfInstanceType(instanceType) ?? "x64");
    },
    unpriced: (lines: readonly LedgerLine[]) => [
      ...new Set(lines.filter((line) => machineHour(line) === undefined).map((line) => line.instanceType)),
    ],
  };
}

function segmentsOf(lines: readonly LedgerLine[], idleUntil: ReadonlyMap<string, number>, span: Span) {
  const machines = new Map<string, LedgerLine[]>();
  for (const line of lines) {
    const own = machines.get(line.machine);
    if (own) own.push(line);
    else machines.set(line.machine, [line]);
  }
  return [...machines].flatMap(([machine, own]) => within(timelineOf(own, idleUntil.get(machine)), span));
}

/** All jobs as one group, so that their sums follow the same rules as the rows. */
function oneGroup<Piece extends PricedSegment & { line: LedgerRecord }>(jobs: readonly Piece[]): Piece[] {
  return jobs.map((job) => ({ ...job, line: { ...job.line, repository: null } }));
}

function minutesByKind(segments: readonly PricedSegment[]) {
  const minutes = { job: 0, idle: 0, boot: 0 };
  for (const { kind, from, to } of segments) minutes[kind] += (to - from) / minuteMs;
  return minutes;
}

function durationOf({ startedAt, endedAt }: LedgerRecord): number {
  return startedAt === null ? 0 : Date.parse(endedAt) - Date.parse(startedAt);
}

/**
 * What the machines would have cost if all runners had always been awake. The span
 * begins with a whole day, but a runner may have been made later. It counts from
 * when it first appears.
 */
function alwaysAwake(sources: CostSources, configuration: Configuration, { from, to }: Span): number {
  const hourly = hourlyPrices(configuration);
  const began = beginnings(sources);
  return declaredRunners(sources.environment, configuration).reduce((sum, { fleet, runner }) => {
    const { machine, address } = hourly[fleet]!;
    const ms = Math.max(0, to - Math.max(began.get(runner) ?? to, from));
    return sum + (ms * (machine + address)) / hourMs;
  }, 0);
}

/** When each runner first appears: in EC2, or in a line of the ledger, because its first machine may be gone. */
function beginnings({ lines, madeAt }: CostSources): Map<string, number> {
  const first = new Map(madeAt);
  for (const line of lines) {
    first.set(line.runner, Math.min(first.get(line.runner) ?? Infinity, beginningOf(line)));
  }
  return first;
}

function dailyTotals({ byDay }: MeteredCosts): Record<string, number> {
  return Object.fromEntries([...byDay].map(([day, costs]) => [day, totalOf(costs)]));
}

interface Found {
  metered: MeteredCosts | undefined;
  account: CostBreakdown | null;
  /** Instance types without a known price. */
  unpriced: string[];
  /** The sums of all jobs. */
  all: CostRow | undefined;
}

/** The meter is written each minute. */
const staleMs = 15 * minuteMs;

function notesOf(
  { meter, now }: CostSources,
  { since, fleet, forecast }: CostQuestion,
  { metered, account, unpriced, all }: Found,
): string[] {
  const notes: string[] = [];
  if (!meter) {
    notes.push(
      "There is no meter, so the costs of disks, addresses and machines without records are not known. " +
        "The controller writes the meter each minute; `pulumi up` creates the controller.",
    );
  } else if (!metered && fleet !== undefined) {
    notes.push(
      `For a single fleet the meter has only the present month: use --since month (or ${meter.month}-01) to see all its costs.`,
    );
  } else if (!metered) {
    notes.push(`The meter has nothing about this time: it was last written at ${meter.at}.`);
  } else if (dayOf(metered.span.from) > dayOf(since)) {
    notes.push(
      `The meter has nothing before ${dayOf(metered.span.from)}, because it keeps this month and the one before. Earlier costs are left out.`,
    );
  }
  if (meter && now - Date.parse(meter.at) > staleMs) {
    notes.push(
      `The meter was last written at ${meter.at}, so later costs are not in the report. Check whether the controller runs. See docs/troubleshooting.md#meter-silent.`,
    );
  }
  if (account && isBeyondMeter(account)) {
    notes.push(
      `The machines' records account for ${usd(account.beyondMeterUsd)} USD more than the meter has counted for machines: a price has changed, the meter began later, or a machine's records are wrong. Trust the meter.`,
    );
  }
  if (unpriced.length > 0) {
    notes.push(
      `The price of ${unpriced.join(", ")} is not known, so the time of these machines counts in minutes but not in dollars.`,
    );
  }
  if (all?.hostedUsd === null) {
    notes.push("GitHub has no runner with as many cores as some of the machines, so there is no comparison.");
  }
  if (forecast && !meter) notes.push("Without a meter there is no forecast.");
  notes.push(
    "WAITING is the time from a job's arrival at its machine to its start. The ledger does not record how long the job was in GitHub's queue before.",
  );
  return notes;
}
