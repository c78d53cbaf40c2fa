import type { Power } from "./parameters.ts";

/** Configured working hours: power is on from each `wake` and off from each `sleep`, by the clocks of a zone. */
export interface WorkingHours {
  /** Days and a time, for example `Mon-Fri 07:30`. Does not apply on holidays. */
  wake: string;
  /** As `wake`. Applies on holidays as well. */
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

/** Whether power is on at a moment. Moments are milliseconds since the epoch. */
export interface WorkingHoursPower {
  power: Power;
  /** Since when this holds. */
  since: number;
  /** When it changes next; undefined: not within the days that are searched. */
  until: number | undefined;
}

const dayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const titles = dayNames.map((name) => `${name[0]!.toUpperCase()}${name.slice(1)}`);
const dayMs = 24 * 60 * 60_000;

const minuteMs = 60_000;

/** Days that are searched: a week, and one day for the zone's offset from UTC. */
const daysLookedAt = 8;

/** Parses `Mon-Fri 07:30`, `Sat,Sun 10:00`, `Fri-Mon 22:00`, `daily 07:00`; undefined for any other form. */
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

/** As {@link parseDaysAndTime} reads it, days that follow one another as a range. @param line with a day at least */
export function formatDaysAndTime({ days, minutes }: DaysAndTime): string {
  const time = [Math.floor(minutes / 60), minutes % 60]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
  return `${formatDays(days)} ${time}`;
}

function formatDays(days: readonly number[]): string {
  const has = (day: number) => days.includes(day % 7);
  if (days.length === 7) return "daily";
  // The working week begins on Monday, so that its range is not split by the end of the week.
  const mondayFirst = [1, 2, 3, 4, 5, 6, 0];
  const ranges = mondayFirst
    .filter((day) => has(day) && !has(day + 6))
    .map((first) => {
      let last = first;
      while (has(last + 1)) last += 1;
      return first === last ? titles[first]! : `${titles[first]!}-${titles[last % 7]!}`;
    });
  return ranges.join(",");
}

/**
 * Whether a moment is within working hours. A time that is skipped when clocks
 * go forward counts at the moment of the change; of a time that occurs twice
 * when they go back, the first counts. So edges never change their order. The
 * span between two edges gets shorter or longer on such a day, and may become
 * empty.
 *
 * @param hours of valid form: the configuration has been checked
 */
export function workingHoursAt(hours: WorkingHours, now: number): WorkingHoursPower {
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

/** Hours with power on in an ordinary week, without holidays and clock changes. */
export function workingHoursPerWeek(hours: Pick<WorkingHours, "wake" | "sleep">): number {
  const always = { ...hours, zone: "UTC", holidays: [] };
  const end = 7 * dayMs; // Any week without a clock change would do; this is the first of the epoch.
  let on = 0;
  for (let now = 0; now < end;) {
    const { power, until = end } = workingHoursAt(always, now);
    const next = Math.min(until, end);
    if (power === "on") on += next - now;
    now = next;
  }
  return on / (60 * 60_000);
}

function edgesAround({ wake, sleep, zone, holidays }: WorkingHours, now: number) {
  const edges: { power: Power; wall: number; at: number }[] = [];
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
      const wall = day + line.minutes * minuteMs;
      edges.push({ power, wall, at: momentOf(wall, zone) });
    }
  }
  // Sorted by the zone's clock: edges that a clock change brings to one moment keep their order, and the last one holds.
  return edges.sort((one, other) => one.wall - other.wall);
}

/**
 * The moment when a zone's clocks show a time: the first of two, and for a
 * skipped time the moment of the change. A later time never gives an earlier
 * moment.
 *
 * @param wall what the zone's clocks show, as if it were UTC
 */
function momentOf(wall: number, zone: string): number {
  const [before, after] = [offsetAt(wall - dayMs, zone), offsetAt(wall + dayMs, zone)];
  const [early, late] = [wall - before, wall - after];
  if (offsetAt(early, zone) === before) return early;
  if (offsetAt(late, zone) === after) return late;
  // The time is skipped: `late` lies before the change, and `early` after it.
  let [last, first] = [late, early];
  while (first - last > minuteMs) {
    const middle = last + Math.floor((first - last) / 2 / minuteMs) * minuteMs;
    if (offsetAt(middle, zone) === before) last = middle;
    else first = middle;
  }
  return first;
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
