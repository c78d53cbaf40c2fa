import type { CostReport } from "./report.ts";
import type { CostRow, JobCostFacts } from "./rows.ts";

const factColumns: readonly (keyof JobCostFacts)[] = [
  "repository",
  "workflow",
  "job",
  "runId",
  "runAttempt",
  "runner",
  "receivedAt",
  "startedAt",
  "endedAt",
  "result",
  "cause",
];

/** The columns, by their names in the file. */
const columns: readonly (readonly [string, (row: CostRow) => string | number | null])[] = [
  ["jobs", ({ jobs }) => jobs],
  ["minutes", ({ minutes }) => round(minutes)],
  ["pickup_seconds", ({ pickupSeconds }) => pickupSeconds && round(pickupSeconds)],
  ["jobs_usd", ({ jobsUsd }) => round(jobsUsd)],
  ["idle_usd", ({ idleUsd }) => round(idleUsd)],
  ["boot_usd", ({ bootUsd }) => round(bootUsd)],
  ["usd", ({ usd }) => round(usd)],
  ["hosted_usd", ({ hostedUsd }) => hostedUsd && round(hostedUsd)],
  ["platform_usd", ({ platformUsd }) => round(platformUsd)],
];

/**
 * A report's rows as CSV (RFC 4180). Costs that belong to no row get rows of their
 * own, so that the column `usd` adds up to the meter, unless the records explain
 * more than the meter has seen.
 */
export function costCsv(report: CostReport): string {
  const facts = report.by === "job" ? factColumns : [];
  const header = [report.by, ...facts.map(String), ...columns.map(([name]) => name)];
  const rows = report.rows.map((row) => [
    row.key,
    ...facts.map((fact) => row.job?.[fact] ?? null),
    ...columns.map(([, value]) => value(row)),
  ]);
  const rest = restRows(report).map(([key, usd]) => [
    key,
    ...facts.map(() => null),
    ...columns.map(([name]) => (name === "usd" ? round(usd) : null)),
  ]);
  return [header, ...rows, ...rest].map((row) => row.map(csvCell).join(",")).join("\n");
}

/** The costs that belong to no row, with their names. */
export function restRows({ by, recorded, account }: CostReport): [key: string, usd: number][] {
  const rest: [string, number][] = [];
  if (by !== "runner" && by !== "day") rest.push(["(idle)", recorded.idleUsd], ["(boot)", recorded.bootUsd]);
  if (account) rest.push(["(unattributed)", account.unattributedUsd]);
  return rest;
}

/**
 * One cell. Everyone who may push can choose the names of workflows and branches.
 * A text that a spreadsheet would take for a formula gets an apostrophe in front,
 * which the spreadsheet does not show
 * (https://owasp.org/www-community/attacks/CSV_Injection).
 */
export function csvCell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const harmless = /^\s*[=+\-@]|^[\t\r\n]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

function round(value: number): number {
  return Number(value.toFixed(6));
}
