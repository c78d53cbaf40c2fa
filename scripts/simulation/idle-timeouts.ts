import { architectureOf } from "../../config/derive.ts";
import { machinePrice, prices } from "../../config/prices.ts";
import { hoursPerMonth } from "../../contract/prices.ts";
import { defaults } from "../../config/defaults.ts";
import { exampleConfiguration, exampleHours, exampleRegion } from "../cost-example/example-configuration.ts";
import {
  billedMinutes,
  hostedLimitMinutes,
  hostedMinutePrice,
  hostedPricesSince,
} from "../../cli/cost/hosted.ts";
import { markdownTable } from "../generated-section.ts";
import { patterns } from "./arrivals.ts";
import type { Arrival, Pattern } from "./arrivals.ts";
import { modelSeconds, simulateFleet } from "./fleet.ts";
import type { FleetFigures } from "./fleet.ts";
import { seededRandom } from "./random.ts";

/** Settings by which a fleet may go to sleep. */
interface Choice {
  words: string;
  autoShutdown: { idleMinutes?: number; minimumAwake?: number; workingHours?: typeof exampleHours };
  /** True if the table has a row for this pattern. */
  appliesTo: (pattern: Pattern) => boolean;
}

const runners = 10;
const seed = 5;

/** Four whole weeks from a Monday on, which are also a whole month. */
const span = { from: Date.parse("2027-02-01T00:00:00Z"), to: Date.parse("2027-03-01T00:00:00Z") };
const days = (span.to - span.from) / (24 * 3_600_000);

/** The factor by which an average month is longer than that. */
const averageMonth = (hoursPerMonth * 3_600_000) / (span.to - span.from);

const always = () => true;
const workingDays = ({ name }: Pattern) => name === "working days";

const choices: readonly Choice[] = [
  ...[5, 10, 15, 30, 60, 120].map((idleMinutes): Choice => {
    return { words: `${idleMinutes} min`, autoShutdown: { idleMinutes }, appliesTo: always };
  }),
  {
    words: "hours, 30 min",
    autoShutdown: { idleMinutes: 30, workingHours: exampleHours },
    appliesTo: workingDays,
  },
  {
    words: "hours, 30 min, 2 awake",
    autoShutdown: { idleMinutes: 30, minimumAwake: 2, workingHours: exampleHours },
    appliesTo: workingDays,
  },
  { words: "hours, none", autoShutdown: { workingHours: exampleHours }, appliesTo: workingDays },
  { words: "none: always awake", autoShutdown: {}, appliesTo: always },
];

/**
 * What idle timeouts cost, and how long jobs wait, by simulation. It makes one table
 * in Markdown and a list of its assumptions, and the same text each time.
 */
export function idleTimeouts(): string {
  const rows = patterns.flatMap((pattern) => {
    const arrivals = arrivalsOf(pattern);
    return choices
      .filter(({ appliesTo }) => appliesTo(pattern))
      .map(({ words, autoShutdown }) => {
        const configuration = exampleConfiguration(runners, autoShutdown);
        const figures = simulateFleet({ configuration, arrivals, span, random: seededRandom(seed) });
        return [pattern.name, words, ...cells(figures)];
      });
  });
  return [
    markdownTable(
      [
        "jobs",
        "idle timeout",
        "USD a month",
        "idle",
        "at once",
        "waiting, median",
        "waiting, 95 %",
        "wakes a day",
      ],
      rows,
      2,
    ),
    "",
    ...notes(),
    hostedNote(),
  ].join("\n");
}

function arrivalsOf(pattern: Pattern): Arrival[] {
  return pattern.arrivals(span, seededRandom(seed + patterns.indexOf(pattern)));
}

/** What the same jobs cost on GitHub's runners. */
function hostedNote(): string {
  const { cloud } = exampleConfiguration(1).fleets;
  const perMinute = hostedMinutePrice(cloud!.instanceType, architectureOf(cloud!))!;
  const jobs = patterns.map((pattern) => arrivalsOf(pattern));
  const usd = jobs.map((arrivals) => {
    const minutes = arrivals.reduce((sum, { runsMs }) => sum + billedMinutes(runsMs), 0);
    return (minutes * perMinute * averageMonth).toFixed(0);
  });
  const tooLong = jobs.map((arrivals) => {
    const count = arrivals.filter(({ runsMs }) => runsMs > hostedLimitMinutes * 60_000).length;
    return `${((100 * count) / arrivals.length).toFixed(0)} %`;
  });
  return (
    `- **The same jobs on GitHub's runners** of as many cores, at ${perMinute} USD a minute (since ${hostedPricesSince}): ` +
    `${patterns.map(({ name }, index) => `${name} ${usd[index]!} USD`).join(", ")}. ` +
    `Of the jobs, ${tooLong.join(", ")} are longer than the ${hostedLimitMinutes / 60} hours that one may take there.`
  );
}

function cells({ usd, waits, awakeHours, busyHours, wakes }: FleetFigures): string[] {
  const sorted = [...waits].sort((one, other) => one - other);
  return [
    (usd * averageMonth).toFixed(0),
    `${(100 * (1 - busyHours / awakeHours)).toFixed(0)} %`,
    `${((100 * sorted.filter((waited) => waited === 0).length) / sorted.length).toFixed(0)} %`,
    wait(percentile(sorted, 50)),
    wait(percentile(sorted, 95)),
    (wakes / days).toFixed(1),
  ];
}

/** The smallest value that the given percentage of all values does not exceed. */
function percentile(sorted: readonly number[], percent: number): number {
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;
}

function wait(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  return seconds < 120 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(0)} min`;
}

function notes(): string[] {
  const { boot, lingeringSession } = modelSeconds;
  const type = defaults.instanceType;
  return [
    "- **Jobs**",
    ...patterns.map(({ name, words }) => `  - ${name}: ${words}.`),
    "- **Idle** is the part of the time awake without a job, boots included. **At once** are the jobs that found a machine that listened; the others were **waiting** until one was awake, or had ended its job.",
    `- **Fleet**: ${runners} × ${type} in ${exampleRegion} at ${machinePrice(type, exampleRegion)!} USD an hour (table of ${prices.regions[exampleRegion]!.date}), disks of ${defaults.diskGb} GB and public addresses in it; the agent's settings are the defaults. "Hours" are ${exampleHours.wake} to ${exampleHours.sleep} in UTC.`,
    `- **Model**: ${boot} seconds from a start until the machine takes a job (an assumption, not measured on AWS), ${lingeringSession / 60} minutes where it had left just before and its session lingers at GitHub. GitHub hands a job to any machine that listens. Four weeks, seed ${seed}, brought to an average month.`,
  ];
}
