import { formatMoment } from "../../contract/moment.ts";
import { alignColumns } from "../terminal/columns.ts";
import { printable } from "../../contract/printable.ts";
import { styleText } from "node:util";
import type { Condition } from "../../observe/condition.ts";
import type { EnvironmentStatus, RunnerStatus } from "../../observe/environment-status.ts";
import { formatAge } from "../times/age.ts";

type Style = Parameters<typeof styleText>[0];

const columns = ["runner", "machine", "state", "since", "desired", "version", "gen", "image", ""];
const stateColumn = columns.indexOf("state");

/** Green: as it should be. Yellow: changing. Red: needs attention. */
const styles: Record<Condition, Style> = {
  idle: "green",
  busy: "cyan",
  online: "green",
  asleep: "dim",
  booting: "yellow",
  starting: "yellow",
  leaving: "yellow",
  unproven: "yellow",
  waiting: "yellow",
  "on-no-list": "magenta",
  "needs-token": "red",
  "boot-failed": "red",
  failed: "red",
  silent: "red",
  missing: "red",
  gone: "red",
};

/** An environment's status for people: one line for each machine, in aligned columns, and the notes. */
export function statusTable(status: EnvironmentStatus, colours: boolean): string {
  const now = Date.parse(status.at);
  const styled = (style: Style, text: string) =>
    colours ? styleText(style, text, { validateStream: false }) : text;
  const { runners } = status;
  if (runners.length === 0) return [`${status.environment} has no runners.`, ...status.notes].join("\n");
  const head = columns.map((title) => title.toUpperCase());
  const [title = "", ...lines] = alignColumns([head, ...runners.map((runner) => cellsOf(runner, now))], {
    paint: (cell, column, row) =>
      row > 0 && column === stateColumn ? styled(styles[runners[row - 1]!.state], cell) : cell,
  });
  return [styled("bold", title), ...lines, ...status.notes].join("\n");
}

function cellsOf(status: RunnerStatus, now: number): string[] {
  const ago = (time: string | null) => (time === null ? "-" : formatAge(now - Date.parse(time)));
  return [
    status.runner || "-",
    status.instanceId ?? "-",
    status.state.replaceAll("-", " "),
    ago(status.since),
    desiredOf(status),
    status.version ?? "-",
    status.generation === null ? "-" : String(status.generation),
    ago(status.imageCreatedAt),
    [status.job, status.detail].filter((part) => part !== null).join(" "),
  ].map(printable);
}

/** For example `off until 2026-03-01 18:00 UTC (ada: maintenance)`; a machine on no list has `leave` in front. */
function desiredOf({ desired, listing }: RunnerStatus): string {
  if (!desired) return "-";
  const until = desired.until === null ? "" : ` until ${formatMoment(desired.until)}`;
  const why = [desired.by, desired.reason].filter((part) => part !== "").join(": ");
  return `${listing === "none" ? "leave, " : ""}${desired.power}${until} (${why})`;
}
