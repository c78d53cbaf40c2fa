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

/** All that a report is made of. */
export interface CostSources {
  environment: string;
  configuration: Configuration;
  /** Of the fleets that are asked for, in any order. */
  lines: readonly LedgerLine[];
  meter: MeterRecord | undefined;
  /** When the first machine of each runner was made, by the runner's name, as far as EC2 describes machines. */
  madeAt: ReadonlyMap<string, number>;
  /** Until when machines were seen awake and without a job after their last line, by the machine's name. */
  idleUntil: ReadonlyMap<string, number>;
  now: number;
}

export interface CostQuestion {
  since: number;
  by: Grouping;
  /** Undefined: all of them. */
  fleet?: string;
  /** US dollars that GitHub asks for a minute of a job on a runner of one's own. */
  platformCharge: number;
  /** Of the whole environment: not together with {@link fleet}. */
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
  /** The idle part of all time that is told of; null where nothing is. */
  idleShare: number | null;
  recorded: RecordedCosts;
  /** Null where there is no meter for this time. */
  account: CostBreakdown | null;
  /** By day, where the meter knows days. */
  meterByDay: Record<string, number> | null;
  /** The same jobs on GitHub's runners; null where a price is not known. */
  hostedUsd: number | null;
  /** Jobs that GitHub's runners would have ended after six hours. */
  tooLongForHosted: number;
  platformUsd: number;
  /** All runners awake for as long as there were any, without their disks; null without a meter. */
  alwaysAwakeUsd: number | null;
  savedBySleepingUsd: number | null;
  forecast: Forecast | null;
  /** What a reader has to know to take the figures rightly: one sentence each. */
  notes: string[];
}

const hourMs = 3_600_000;
const minuteMs = 60_000;

/**
 * @throws UnknownPriceError when the price of one of the fleets is not known
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
  const told = minutes.job + minutes.idle + minutes.boot;
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
    idleShare: told === 0 ? null : minutes.idle / told,
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

/** A fleet's costs are known for the present month alone, and only from its beginning. */
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

/** All jobs as one group, to have their sums by the same rules as those of the rows. */
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
 * The meter knows days, and a runner may have been made in the middle of one:
 * what it would have cost counts from when it is first heard of.
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

/** When each runner is first heard of, by EC2 or by a line of its own: its machine then may be gone. */
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
  /** Instance types of which no price is known. */
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
      "There is no meter: what disks, addresses and machines without records cost is not known. " +
        "The controller writes it each minute; `pulumi up` makes the controller.",
    );
  } else if (!metered && fleet !== undefined) {
    notes.push(
      `Of a single fleet the meter knows the present month alone: --since month (or ${meter.month}-01) gives its whole account.`,
    );
  } else if (!metered) {
    notes.push(`The meter knows nothing of this time: it was last written at ${meter.at}.`);
  } else if (dayOf(metered.span.from) > dayOf(since)) {
    notes.push(
      `The meter knows nothing before ${dayOf(metered.span.from)}: it keeps this month and the one before. What was earlier is left out.`,
    );
  }
  if (meter && now - Date.parse(meter.at) > staleMs) {
    notes.push(
      `The meter was last written at ${meter.at}: nothing after that is in the report. See whether the controller runs.`,
    );
  }
  if (account && isBeyondMeter(account)) {
    notes.push(
      `The machines' records explain ${usd(account.beyondMeterUsd)} USD more than the meter has seen of machines: a price has changed, the meter began later, or a machine's records are wrong. The meter is right.`,
    );
  }
  if (unpriced.length > 0) {
    notes.push(
      `The price of ${unpriced.join(", ")} is not known; the time of such machines is counted in minutes alone.`,
    );
  }
  if (all?.hostedUsd === null) {
    notes.push("GitHub has no runner with as many cores as some of the machines: there is no comparison.");
  }
  if (forecast && !meter) notes.push("Without a meter there is no forecast.");
  notes.push(
    "Waiting is from a job's arrival at its machine to its beginning. How long it was in GitHub's queue before is not in the ledger.",
  );
  return notes;
}
