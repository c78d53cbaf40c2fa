import { formatDaysAndTime, parseDaysAndTime } from "../../contract/working-hours.ts";
import type { DaysAndTime, WorkingHours } from "../../contract/working-hours.ts";

type Line = "wake" | "sleep";

/** Both lines, as they are read. */
type Week = Readonly<Record<Line, DaysAndTime>>;

/** A moment of the week. */
interface Edge {
  line: Line;
  day: number;
  minutes: number;
}

const minutesOfWeek = 7 * 24 * 60;

/** Minutes of a week. Less sleep than this is probably a typing error. */
const leastSleep = 60;

/**
 * What is wrong with a fleet's working hours, as the rest of a sentence about
 * `sleep`; undefined if nothing is. Throughout the week and across its end, wakes
 * and sleeps must alternate, with some sleep between them.
 */
export function workingHoursFault(hours: Pick<WorkingHours, Line>): string | undefined {
  const [wake, sleep] = [parseDaysAndTime(hours.wake), parseDaysAndTime(hours.sleep)];
  if (!wake || !sleep) return undefined; // Each line has been checked by itself.
  const week = { wake, sleep };
  if (meet(week)) {
    return `is ${hours.sleep}, the moment of wake (${hours.wake}) on at least one day; name another time`;
  }
  const both = `is ${hours.sleep} and wake is ${hours.wake}`;
  const repeated = findRepeated(week);
  if (repeated)
    return `${both}: ${describeRepeated(repeated)}; name a sleep after each wake, before the next one`;
  const asleep = minutesAsleep(week);
  if (asleep >= leastSleep) return undefined;
  return (
    `${both}: machines would sleep for ${asleep === 1 ? "a minute" : `${asleep} minutes`} of a week and be on for ` +
    `${Math.floor((minutesOfWeek - asleep) / 6) / 10} of its ${minutesOfWeek / 60} hours; ` +
    `name times with an hour of sleep at least, or leave workingHours out where machines are to be on all the time`
  );
}

/** Whether a wake and a sleep are at the same moment. */
function meet({ wake, sleep }: Week): boolean {
  return wake.minutes === sleep.minutes && wake.days.some((day) => sleep.days.includes(day));
}

function edgesOf(week: Week): Edge[] {
  const edges = (["wake", "sleep"] as const).flatMap((line) =>
    week[line].days.map((day) => ({ line, day, minutes: week[line].minutes })),
  );
  return edges.sort((one, other) => minuteOf(one) - minuteOf(other));
}

/** The edge before each edge of a week; the first of them follows the last. */
function withBefore(edges: readonly Edge[]): { edge: Edge; before: Edge }[] {
  return edges.map((edge, index) => ({ edge, before: edges.at(index - 1)! }));
}

/**
 * Two consecutive edges of one line, and the next edge of the other line;
 * undefined if the lines alternate.
 */
function findRepeated(week: Week): [first: Edge, again: Edge, end: Edge] | undefined {
  const edges = edgesOf(week);
  const start = withBefore(edges).findIndex(
    ({ edge, before }, index) =>
      before.line !== edge.line && edges[(index + 1) % edges.length]!.line === edge.line,
  );
  if (start < 0) return undefined;
  const run = [...edges.slice(start), ...edges.slice(0, start)];
  return [run[0]!, run[1]!, run.find(({ line }) => line !== run[0]!.line)!];
}

function describeRepeated([first, again, end]: [Edge, Edge, Edge]): string {
  const [one, next, last] = [first, again, end].map(({ day, minutes }) =>
    formatDaysAndTime({ days: [day], minutes }),
  );
  return first.line === "wake"
    ? `the wake of ${one} is followed by the wake of ${next}, with no sleep between them, so machines would be on from ${one} to ${last}`
    : `the sleep of ${one} is followed by the sleep of ${next}, with no wake between them`;
}

/** Minutes of a week from each sleep to the next wake. @param week with alternating edges */
function minutesAsleep(week: Week): number {
  const spans = withBefore(edgesOf(week)).filter(({ edge }) => edge.line === "wake");
  return spans.reduce(
    (sum, { edge, before }) => sum + ((minuteOf(edge) - minuteOf(before) + minutesOfWeek) % minutesOfWeek),
    0,
  );
}

function minuteOf({ day, minutes }: Edge): number {
  return day * 24 * 60 + minutes;
}
