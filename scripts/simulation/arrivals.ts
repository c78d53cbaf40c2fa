import type { Span } from "../../contract/spans.ts";
import { between, untilNext } from "./random.ts";
import type { Random } from "./random.ts";

/** A job's arrival: when it is queued, in milliseconds since the epoch, and how many milliseconds it runs. */
export interface Arrival {
  queuedAt: number;
  runsMs: number;
}

/** How the jobs of a team arrive. */
export interface Pattern {
  name: string;
  /** When which jobs arrive, in words for the reader of the table. */
  words: string;
  /** All jobs of a span, in the order in which they are queued. */
  arrivals: (span: Span, random: Random) => Arrival[];
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Most jobs of an integration suite are short, some long, and few take half a day. */
function anyLength(random: Random): number {
  const kind = random();
  if (kind < 0.7) return between(10 * minuteMs, 40 * minuteMs, random);
  return kind < 0.95
    ? between(40 * minuteMs, 150 * minuteMs, random)
    : between(4 * hourMs, 10 * hourMs, random);
}

/** The beginnings of a span's days, midnight in UTC. */
function daysIn({ from, to }: Span): number[] {
  const days = [];
  for (let day = from; day < to; day += dayMs) days.push(day);
  return days;
}

function isWorkingDay(day: number): boolean {
  return ![0, 6].includes(new Date(day).getUTCDay());
}

/** Pushes come independently of one another. Each brings several jobs at once. */
function pushes(span: Span, meanMs: number, most: number, random: Random, runs: (random: Random) => number) {
  const jobs: Arrival[] = [];
  for (let at = span.from + untilNext(meanMs, random); at < span.to; at += untilNext(meanMs, random)) {
    const count = 1 + Math.floor(random() * most);
    for (let index = 0; index < count; index += 1)
      jobs.push({ queuedAt: Math.floor(at), runsMs: Math.round(runs(random)) });
  }
  return jobs;
}

export const patterns: readonly Pattern[] = [
  {
    name: "working days",
    words:
      "Monday to Friday from 08:00 to 18:00 about every hour a push with one to four jobs: 70 % of 10 to 40 minutes, 25 % of up to 2.5 hours, 5 % of 4 to 10 hours",
    arrivals: (span, random) =>
      daysIn(span)
        .filter(isWorkingDay)
        .flatMap((day) =>
          pushes({ from: day + 8 * hourMs, to: day + 18 * hourMs }, hourMs, 4, random, anyLength),
        ),
  },
  {
    name: "nightly",
    words: "every night at 02:00 eight jobs at once, each of one to four hours",
    arrivals: (span, random) =>
      daysIn(span).flatMap((day) =>
        Array.from({ length: 8 }, () => ({
          queuedAt: day + 2 * hourMs + 5000, // GitHub's schedules are never exact to the second.
          runsMs: Math.round(between(hourMs, 4 * hourMs, random)),
        })),
      ),
  },
  {
    name: "sparse",
    words: "at any time, about every twelve hours, one job of one to eight hours",
    arrivals: (span, random) =>
      pushes(span, 12 * hourMs, 1, random, () => between(hourMs, 8 * hourMs, random)),
  },
];
