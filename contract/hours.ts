import type { Power } from "./parameters.ts";

/** Working hours as the configuration has them: on at each `wake`, off at each `sleep`, by a zone's clocks. */
export interface WorkingHours {
  /** Days and a time, for example `Mon-Fri 07:30`. Not on holidays. */
  wake: string;
  /** As `wake`. On holidays as well. */
  sleep: string;
  /** IANA name, for example `Europe/Berlin`. */
  zone: string;
  /** Dates, for example `2026-12-25`. */
  holidays: readonly string[];
}

/** Days of the week, 0 for Sunday as `Date` counts them, and minutes since midnight. */
export interface DaysAndTime {
  days: readonly number[];
  minutes: number;
}

/** What working hours say at a moment. Moments are milliseconds since the epoch. */
export interface HoursPower {
  power: Power;
  /** Since when. */
  since: number;
  /** When it changes next; undefined: not within the days that are looked at. */
  until: number | undefined;
}

const dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const dayMs = 24 * 60 * 60_000;

/** A week, and one day for what a zone's clocks may be off from the date in UTC. */
const daysLookedAt = 8;

/** `Mon-Fri 07:30`, `Sat,Sun 10:00`, `Fri-Mon 22:00`, `daily 07:00`; undefined where it is none of the kind. */
export function parseDaysAndTime(text: string): DaysAndTime | undefined {
  const match = /^(\S+) (\d{1,2}):(\d{2})$/.exec(text);
  if (!match) return undefined;
  const [hours, minutes] = [Number(match[2]), Number(match[3])];
  const days = parseDays(match[1]!.toLowerCase());
  if (!days || hours > 23 || minutes > 59) return undefined;
  return { days, minutes: hours * 60 + minutes };
}

function parseDays(text: string): number[] | undefined {
  if (text === "daily") return [0, 1, 2, 3, 4, 5, 6];
  const days = new Set<number>();
  for (const part of text.split(",")) {
    const [first, last = first, more] = part.split("-").map((name) => dayNames.indexOf(name));
    if (first === undefined || first < 0 || last! < 0 || more !== undefined) return undefined;
    for (let day = first; ; day = (day + 1) % 7) {
      days.add(day);
      if (day === last) break;
    }
  }
  return [...days].sort();
}

/**
 * Whether it is within working hours. Where clocks are put forward over a time,
 * it comes as much later; where they are put back, the first of the two counts.
 *
 * @param hours of valid form: the configuration has been checked
 */
export function hoursAt(hours: WorkingHours, now: number): HoursPower {
  const edges = edgesAround(hours, now);
  let [power, since, until]: [Power, number, number | undefined] = ["off", -Infinity, undefined];
  for (const edge of edges) {
    if (edge.power === power && since > -Infinity) continue;
    if (edge.at > now) {
      until ??= edge.at;
      break;
    }
    [power, since] = [edge.power, edge.at];
  }
  return { power, since, until };
}

/** Hours of an ordinary week, without holidays and change of clocks, in which power is on. */
export function hoursPerWeek(hours: Pick<WorkingHours, "wake" | "sleep">): number {
  const always = { ...hours, zone: "UTC", holidays: [] };
  const end = 7 * dayMs; // The first week of the epoch is as good as any.
  let on = 0;
  for (let now = 0; now < end;) {
    const { power, until = end } = hoursAt(always, now);
    const next = Math.min(until, end);
    if (power === "on") on += next - now;
    now = next;
  }
  return on / (60 * 60_000);
}

function edgesAround({ wake, sleep, zone, holidays }: WorkingHours, now: number) {
  const edges: { power: Power; at: number }[] = [];
  for (let offset = -daysLookedAt; offset <= daysLookedAt; offset++) {
    const date = new Date(now + offset * dayMs);
    const day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate());
    const isHoliday = holidays.includes(new Date(day).toISOString().slice(0, 10));
    for (const [power, text] of [
      ["on", wake],
      ["off", sleep],
    ] as const) {
      const line = parseDaysAndTime(text);
      if (!line?.days.includes(new Date(day).getUTCDay()) || (power === "on" && isHoliday)) continue;
      edges.push({ power, at: momentOf(day + line.minutes * 60_000, zone) });
    }
  }
  return edges.sort((one, other) => one.at - other.at);
}

/** @param wall what the zone's clocks show, as if it were UTC */
function momentOf(wall: number, zone: string): number {
  const [before, after] = [offsetAt(wall - dayMs, zone), offsetAt(wall + dayMs, zone)];
  // With the offset from before a change: of two moments the first, and of none as much later.
  const early = wall - before;
  return offsetAt(early, zone) === before
    ? early
    : offsetAt(wall - after, zone) === after
      ? wall - after
      : early;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Milliseconds by which the zone's clocks are ahead of UTC. */
function offsetAt(moment: number, zone: string): number {
  let format = formats.get(zone);
  if (!format) {
    const fields = {
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
    } as const;
    format = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", ...fields });
    formats.set(zone, format);
  }
  const parts = Object.fromEntries(
    format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]),
  );
  const wall = Date.UTC(parts.year!, parts.month! - 1, parts.day, parts.hour, parts.minute);
  return wall - Math.floor(moment / 60_000) * 60_000;
}
