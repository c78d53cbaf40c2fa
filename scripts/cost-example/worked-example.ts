import { usd } from "../../cli/terminal/money.ts";
import { architectureOf } from "../../config/derive.ts";
import { hoursPerMonth } from "../../contract/prices.ts";
import { hourlyPrices, prices } from "../../config/prices.ts";
import { markdownTable } from "../generated-section.ts";
import { estimateOf } from "../../cli/cost/estimate.ts";
import { exampleConfiguration, exampleRegion } from "./example-configuration.ts";
import { hostedMinutePrice, hostedPricesSince } from "../../cli/cost/hosted.ts";
import { platformLines, platformUsd } from "../../cli/cost/platform.ts";
import { platformPrices } from "../../cli/cost/platform-prices.ts";
import type { PlatformUsage } from "../../cli/cost/platform.ts";

const sizes = [1, 10, 50];

/** Jobs of a runner in a month: about five on each working day. */
const jobsPerRunner = 100;

/** Number of alarms: BudgetAlarm makes three for the month's budget, one for the day's and one for a silent meter. Each function has one more. */
const alarms = 7;

/** Shares of the working hours in which jobs run, for the comparison with GitHub's runners. */
const busyShares = [0.25, 0.5, 1];

const states = ["asleep", "working hours", "always awake"] as const;
type State = (typeof states)[number];

/**
 * What environments of one, ten and fifty runners cost a month, which part of it
 * is not for machines, and what as many hosted runners would cost. In Markdown,
 * from the price tables in the repository.
 */
export function workedExample(): string {
  return [
    `**The month**, in US dollars without tax: ${instanceType()} in ${exampleRegion} at ${hour(1).machine} an hour, ${disk()}, a public address for each machine while it is awake; ${jobsPerRunner} jobs for each runner. EC2's prices are those of ${prices.regions[exampleRegion]!.date}, disks' of ${sourceOf("disks")}.`,
    "",
    monthTable(),
    "",
    "**What is around the machines**, for ten runners in working hours. Free tiers are not taken off.",
    "",
    platformTable(),
    "",
    `Prices: ${platformSources()}.`,
    "",
    `**Beside GitHub's runners** of as many cores, at ${minutePrice()} USD a minute (since ${hostedPricesSince}), without the minutes that a plan includes: what the same minutes cost there, if jobs run in so much of the working hours, and from which part on the machines above are the cheaper ones.`,
    "",
    hostedTable(),
  ].join("\n");
}

/** What an environment costs in each state, by part. */
export function monthlyCosts(
  runners: number,
): Record<State, { parts: [what: string, usd: number][]; usd: number }> {
  const { machine, disk: diskPrice, address } = hour(runners);
  const of = (state: State) => {
    const usage = usageOf(runners, state);
    const parts: [string, number][] = [
      ["machines", usage.awakeHours * machine],
      ["disks", runners * hoursPerMonth * diskPrice],
      ["addresses", usage.awakeHours * address],
      ["around them", platformUsd(usage)],
    ];
    return { parts, usd: parts.reduce((sum, [, usd]) => sum + usd, 0) };
  };
  return { asleep: of("asleep"), "working hours": of("working hours"), "always awake": of("always awake") };
}

function usageOf(runners: number, state: State): PlatformUsage {
  const hours = { asleep: 0, "working hours": workingHours(), "always awake": hoursPerMonth }[state];
  return {
    runners,
    awakeHours: runners * hours,
    jobs: state === "asleep" ? 0 : runners * jobsPerRunner,
    alarms,
  };
}

/** Hours that a machine is awake in a month of working hours, as in the estimate. */
function workingHours(): number {
  return estimateOf("example", exampleConfiguration(1)).fleets[0]!.awakeHours;
}

function hour(runners: number) {
  return hourlyPrices(exampleConfiguration(runners)).cloud!;
}

function fleet() {
  return exampleConfiguration(1).fleets.cloud!;
}

function instanceType(): string {
  return fleet().instanceType;
}

function disk(): string {
  return `a disk of ${fleet().disk.sizeGb} GB`;
}

/** The date in the text of a source: `AWS's page on EBS of 2021-07-14, as …`. */
function sourceOf(name: string): string {
  return /\d{4}-\d\d-\d\d/.exec(prices.sources[name]!)![0];
}

function monthTable(): string {
  const rows = sizes.flatMap((runners) => {
    const month = monthlyCosts(runners);
    const lines = month.asleep.parts.map(([what], index) => [
      what,
      ...states.map((state) => usd(month[state].parts[index]![1])),
    ]);
    return [...lines, ["**all**", ...states.map((state) => usd(month[state].usd))]].map((cells) => [
      String(runners),
      ...cells,
    ]);
  });
  return markdownTable(["runners", "what", ...states], rows, 2);
}

function platformTable(): string {
  const lines = platformLines(usageOf(10, "working hours"));
  const rows = lines.map(({ what, arithmetic, usd: dollars }) => [what, arithmetic, usd(dollars)]);
  const all = lines.reduce((sum, line) => sum + line.usd, 0);
  return markdownTable(["what", "how it comes about", "USD"], [...rows, ["**all**", "", usd(all)]], 2);
}

/** Each source, with the prices that come from it. */
function platformSources(): string {
  const bySource = new Map<string, string[]>();
  for (const [name, { date, source }] of Object.entries(platformPrices)) {
    const key = `${source} (${date})`;
    bySource.set(key, [...(bySource.get(key) ?? []), spoken(name)]);
  }
  return [...bySource].map(([source, names]) => `${names.join(", ")}: ${source}`).join("; ");
}

/** `tableReads` → `table reads` */
function spoken(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function minutePrice(): number {
  return hostedMinutePrice(instanceType(), architectureOf(fleet()))!;
}

function hostedTable(): string {
  const rows = sizes.map((runners) => {
    const minutes = runners * workingHours() * 60;
    const own = monthlyCosts(runners)["working hours"].usd;
    const full = minutes * minutePrice();
    return [
      String(runners),
      usd(own),
      ...busyShares.map((share) => usd(full * share)),
      `${((100 * own) / full).toFixed(0)} %`,
    ];
  });
  return markdownTable(
    ["runners", "working hours", ...busyShares.map((share) => `hosted, ${share * 100} %`), "cheaper from"],
    rows,
    1,
  );
}
