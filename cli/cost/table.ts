import { formatMoment } from "../../contract/moment.ts";
import { alignColumns } from "../terminal/columns.ts";
import { usd } from "../terminal/money.ts";
import { printable } from "../../contract/printable.ts";
import type { Estimate } from "./estimate.ts";
import type { CostReport } from "./report.ts";
import type { CostRow } from "./rows.ts";

/** Most rows in a table. CSV and JSON have all of them. */
const maxRows = 50;

/** A report for people: its rows, where the money went, what the alternatives would have cost, and the notes. */
export function costTable(report: CostReport): string {
  const { environment, fleet, from, to, by } = report;
  const shown = by === "day" ? report.rows.slice(-maxRows) : report.rows.slice(0, maxRows);
  const left = report.rows.length - shown.length;
  return [
    `${environment}${fleet === null ? "" : `, fleet ${fleet}`}: ${formatMoment(from)} to ${formatMoment(to)}, US dollars without tax`,
    "",
    ...(report.rows.length === 0
      ? ["No machine has written anything into the ledger in this time."]
      : aligned(tableOf({ ...report, rows: shown }))),
    ...(left > 0 ? [`… and ${left} more: --format csv has all of them`] : []),
    "",
    ...aligned(accountLines(report)),
    "",
    ...comparisonLines(report),
    ...report.notes.map((note) => printable(note)),
  ].join("\n");
}

/** A table with text aligned to the left and figures to the right. */
interface Table {
  head?: string[];
  rows: string[][];
  /** Columns that hold text. */
  left: number[];
}

function tableOf(report: CostReport): Table {
  const { by, rows, meterByDay, platformUsd } = report;
  const withIdle = by === "runner" || by === "day";
  const columns: [string, (row: CostRow) => string][] = [
    [by, ({ key }) => printable(key)],
    ["jobs", ({ jobs }) => String(jobs)],
    ["minutes", ({ minutes }) => minutes.toFixed(0)],
    ["waiting", ({ pickupSeconds }) => (pickupSeconds === null ? "-" : `${pickupSeconds.toFixed(0)} s`)],
    ["jobs usd", ({ jobsUsd }) => usd(jobsUsd)],
    ...(withIdle
      ? ([
          ["idle usd", ({ idleUsd }) => usd(idleUsd)],
          ["boot usd", ({ bootUsd }) => usd(bootUsd)],
        ] satisfies [string, (row: CostRow) => string][])
      : []),
    ...(by === "day" && meterByDay
      ? [["meter usd", ({ key }) => usd(meterByDay[key] ?? 0)] satisfies [string, (row: CostRow) => string]]
      : []),
    ["hosted usd", ({ hostedUsd }) => (hostedUsd === null ? "-" : usd(hostedUsd))],
    ...(platformUsd > 0
      ? [["charge usd", (row) => usd(row.platformUsd)] satisfies [string, (row: CostRow) => string]]
      : []),
  ];
  return {
    head: columns.map(([title]) => title.toUpperCase()),
    rows: rows.map((row) => columns.map(([, cell]) => cell(row))),
    left: [0],
  };
}

function accountLines(report: CostReport): Table {
  const { recorded, account, jobMinutes, idleMinutes, bootMinutes, idleShare, jobs } = report;
  const share = idleShare === null ? "" : `, ${(idleShare * 100).toFixed(0)} % of the recorded time`;
  const lines = [
    ["jobs", usd(recorded.jobsUsd), `${jobs} jobs, ${hours(jobMinutes)}`],
    ["idle", usd(recorded.idleUsd), `${hours(idleMinutes)}${share}`],
    ["boot", usd(recorded.bootUsd), hours(bootMinutes)],
  ];
  if (account) {
    const { disksUsd, addressesUsd, machinesUsd } = account.unattributed;
    const parts = `disks ${usd(disksUsd)}, addresses ${usd(addressesUsd)}, machines without records ${usd(machinesUsd)}`;
    lines.push(["unattributed", usd(account.unattributedUsd), parts]);
    lines.push(["meter", usd(account.meterUsd), "the whole cost"]);
  }
  return { rows: lines, left: [0, 2] };
}

function comparisonLines(report: CostReport): string[] {
  const { hostedUsd, tooLongForHosted, platformUsd, alwaysAwakeUsd, savedBySleepingUsd, forecast } = report;
  const lines: string[] = [];
  if (hostedUsd !== null && report.jobs > 0) {
    const tooLong =
      tooLongForHosted === 0
        ? ""
        : `; ${tooLongForHosted} of them took longer than the six hours that GitHub allows there`;
    lines.push(
      `The same jobs on GitHub's runners with as many cores: ${usd(hostedUsd)} USD, without included minutes${tooLong}.`,
    );
  }
  if (platformUsd > 0)
    lines.push(`GitHub's charge for these minutes: ${usd(platformUsd)} USD, not in the meter.`);
  if (savedBySleepingUsd !== null) {
    lines.push(
      `Always awake, the machines would have cost ${usd(alwaysAwakeUsd!)} USD. Sleeping saved ${usd(savedBySleepingUsd)} USD.`,
    );
  }
  if (forecast) {
    const { month, spentUsd, perDayUsd, days, monthEndUsd } = forecast;
    const pace = days < 1 ? "today's" : `that of ${days.toFixed(0)} day(s)`;
    lines.push(
      `${month} has cost ${usd(spentUsd)} USD so far. At this pace (${pace}: ${usd(perDayUsd)} USD a day) the month ends at ${usd(monthEndUsd)} USD.`,
    );
  }
  return lines;
}

/** An estimate for people. */
export function estimateTable({ environment, region, fleets, total }: Estimate): string {
  const line = (name: string, costs: typeof total, what: string[]) => [
    name,
    ...what,
    usd(costs.asleepUsd),
    usd(costs.workingHoursUsd),
    usd(costs.alwaysAwakeUsd),
  ];
  const rows = fleets.map((fleet) =>
    line(fleet.fleet, fleet, [
      `${fleet.runners} × ${fleet.instanceType}`,
      String(fleet.machineUsdPerHour),
      fleet.awakeHours.toFixed(0),
    ]),
  );
  return [
    `${environment} in ${region}, an average month, US dollars without tax`,
    "",
    ...aligned({
      head: ["FLEET", "RUNNERS", "USD/H", "WORKING H", "ASLEEP", "WORKING HOURS", "ALWAYS AWAKE"],
      rows: [...rows, ...(rows.length > 1 ? [line("all", total, ["", "", ""])] : [])],
      left: [0, 1],
    }),
    "",
    ...estimateNotes,
  ].join("\n");
}

/** What an estimate leaves out. */
export const estimateNotes = [
  "The estimate covers machines, disks and public addresses. It does not cover data that leaves AWS, logs, metrics and functions: docs/cost.md has a worked example.",
  "Configured subnets are assumed to be private. In a public subnet, each address costs 0.005 USD more for each hour that its machine is awake.",
];

function aligned({ head, rows, left }: Table): string[] {
  return alignColumns(head ? [head, ...rows] : rows, { isText: (column) => left.includes(column) });
}

function hours(minutes: number): string {
  return minutes < 120 ? `${minutes.toFixed(0)} min` : `${(minutes / 60).toFixed(1)} h`;
}
