/**
 * The meter's record: what the environment has cost since the month began. Only
 * the controller writes it, each minute, from prices and from what EC2
 * describes; `longhaul cost` reads it. Machines' reports about themselves have
 * no part in it.
 */

import { parameterLength } from "./aws-limits.ts";
import { Failure } from "./failure.ts";
import { isObject, parseObject } from "./json.ts";

/** US dollars for machines that run, for disks, and for public addresses. */
export type Costs = readonly [machines: number, disks: number, addresses: number];

/** Costs by day of the month, `"01"` to `"31"`, in UTC. */
export type CostsByDay = Readonly<Record<string, Costs>>;

export interface MeterRecord {
  /** Version of this shape. */
  v: 1;
  /** The month that is metered, in UTC: `2026-11`. */
  month: string;
  /** ISO 8601 in UTC: when this record was begun, because there was no earlier one to continue. */
  begun: string;
  /** ISO 8601 in UTC: the record holds the costs until this moment. */
  at: string;
  /** Days on which nothing existed may be missing. */
  days: CostsByDay;
  /** This month's costs by fleet. Their sum equals that of the days, except for what {@link formatMeter} left out. */
  fleets: Readonly<Record<string, Costs>>;
  /** The month before, once it has ended. */
  previous?: { month: string; days: CostsByDay };
}

/** The SSM parameter with the environment's meter. No fleet's name begins with an underscore. */
export function meterParameter(environment: string): string {
  return `/longhaul/${environment}/_meter`;
}

/** The value that the stack writes: no record yet. */
export const emptyMeter = "{}";

/** Zero costs, the start of every sum. */
export const noCosts: Costs = [0, 0, 0];

export function addCosts(one: Costs, other: Costs): Costs {
  return [one[0] + other[0], one[1] + other[1], one[2] + other[2]];
}

/** US dollars altogether. */
export function totalOf([machines, disks, addresses]: Costs): number {
  return machines + disks + addresses;
}

/** US dollars that the month has cost until {@link MeterRecord.at}. */
export function spentInMonth({ days }: Pick<MeterRecord, "days">): number {
  return Object.values(days).reduce((sum, costs) => sum + totalOf(costs), 0);
}

/**
 * Decimal places of a dollar. A minute of one small disk costs some hundred
 * millionths, and is added forty thousand times a month.
 */
const places = 6;

/** Decimal places of the month before, to which nothing is added any more. */
const placesOfPrevious = [4, 2];

/**
 * The parameter's value, which always fits. If it would not, the month before
 * first loses decimal places and is then left out, and the costs by fleet after
 * it. The days of this month are always kept.
 *
 * @throws if an amount is not a finite number: JSON cannot hold it, and readers would take the whole record for damaged
 */
export function formatMeter(record: MeterRecord): string {
  const { v, month, begun, at, days, fleets, previous } = record;
  const base = { v, month, begun, at, days: rounded(days, places) };
  const all = { ...base, fleets: rounded(fleets, places) };
  const shorterAndShorter = [
    ...(previous
      ? placesOfPrevious.map((kept) => ({
          ...all,
          previous: { month: previous.month, days: rounded(previous.days, kept) },
        }))
      : []),
    all,
  ].map((value) => JSON.stringify(value));
  return (
    shorterAndShorter.find((text) => text.length <= parameterLength) ??
    JSON.stringify({ ...base, fleets: {} })
  );
}

function rounded(costs: Readonly<Record<string, Costs>>, kept: number): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(costs).map(([key, amounts]) => {
      if (!amounts.every(Number.isFinite)) {
        throw new Failure(
          `The meter's record is not written: the costs of ${key} are ${amounts.join(", ")} USD, and the last record stays.`,
        );
      }
      return [key, amounts.map((usd) => Number(usd.toFixed(kept)))];
    }),
  );
}

/** @returns undefined for a text of another form or version */
export function parseMeter(text: string | undefined): MeterRecord | undefined {
  const value = parseObject(text);
  if (value?.v !== 1) return undefined;
  const { month, begun, at, previous } = value;
  const days = parseCosts(value.days, dayPattern);
  const fleets = parseCosts(value.fleets, /./);
  if (!isMonth(month) || !isMoment(begun) || !isMoment(at) || !days || !fleets) return undefined;
  const record = { v: 1, month, begun, at, days, fleets } as const;
  if (previous === undefined) return record;
  if (!isObject(previous) || !isMonth(previous.month)) return undefined;
  const daysBefore = parseCosts(previous.days, dayPattern);
  return daysBefore && { ...record, previous: { month: previous.month, days: daysBefore } };
}

const dayPattern = /^(0[1-9]|[12]\d|3[01])$/;

function parseCosts(value: unknown, key: RegExp): Record<string, Costs> | undefined {
  if (!isObject(value)) return undefined;
  const entries = Object.entries(value);
  return entries.every((entry): entry is [string, [number, number, number]] => {
    return key.test(entry[0]) && isCosts(entry[1]);
  })
    ? Object.fromEntries(entries)
    : undefined;
}

function isCosts(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length === 3 &&
    value.every((usd) => typeof usd === "number" && Number.isFinite(usd) && usd >= 0)
  );
}

function isMonth(value: unknown): value is string {
  return typeof value === "string" && /^\d{4}-(0[1-9]|1[0-2])$/.test(value);
}

function isMoment(value: unknown): value is string {
  return (
    typeof value === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) && !Number.isNaN(Date.parse(value))
  );
}
