import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";

/** The outputs of a runner's process: its diagnostic log, its terminal, its performance counters. */
export interface Diagnostics {
  /** A line of the diagnostic log. */
  trace(source: string, message: string, level?: "INFO" | "ERR "): void;
  /** A line on the terminal; the log has it too. */
  line(text: string): void;
  /** A line on standard error; the log has it too. */
  fail(text: string): void;
  success(text: string): void;
  section(text: string): void;
  /** A line that another process has printed. */
  mirror(line: string): void;
  /** A line of `<kind>.perf`, which is written at once and is the earliest sign of what happens. */
  perf(counter: string): void;
  /**
   * Whether its output could not be written, for example because the disk is
   * full. In that case the real listener does not notice that its worker has
   * ended.
   */
  isOutputLost(): boolean;
}

export interface DiagnosticsOptions {
  /** The runner's folder; its log is in `_diag` there. */
  root: string;
  kind: "Runner" | "Worker";
  /** Only `RUNNER_PERFLOG` and `ACTIONS_RUNNER_PRINT_LOG_TO_STDOUT` are read. */
  environment: Readonly<Record<string, string | undefined>>;
}

/** A time as the runner prints it, for example `2026-01-31 09:30:00Z`. */
export function stamp(now: Date): string {
  return now
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, "Z");
}

export function createDiagnostics({ root, kind, environment }: DiagnosticsOptions): Diagnostics {
  const folder = join(root, "_diag");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${kind}_${stamp(new Date()).replace(/[-:Z]/g, "").replace(" ", "-")}-utc.log`);
  const mirror = /^(1|true)$/i.test(environment.ACTIONS_RUNNER_PRINT_LOG_TO_STDOUT ?? "");
  const perfFolder = environment.RUNNER_PERFLOG;
  if (perfFolder !== undefined) mkdirSync(perfFolder, { recursive: true });
  let outputLost = false;
  const noteLoss = () => {
    outputLost = true;
  };
  process.stdout.on("error", noteLoss);
  const out = (text: string) => {
    try {
      process.stdout.write(`${text}\n`);
    } catch {
      noteLoss(); // A file is written synchronously, and Node throws the error.
    }
  };
  /** A worker dies when it cannot write its log (actions/runner#1807); a listener continues. */
  const append = (text: string) => {
    try {
      appendFileSync(file, text);
    } catch (error) {
      if (kind === "Worker") throw error;
    }
  };

  const trace: Diagnostics["trace"] = (source, message, level = "INFO") => {
    const header = `${stamp(new Date())} ${level} ${source}] `;
    append(`[${header}${message}\n`);
    if (!mirror) return;
    for (const line of message.split("\n")) out(`[${kind.toUpperCase()} ${header}${line}`);
  };
  return {
    trace,
    line(text) {
      trace("Terminal", `WRITE LINE: ${text}`);
      out(text);
    },
    fail(text) {
      trace("Terminal", `WRITE ERROR: ${text}`, "ERR ");
      process.stderr.write(`${text}\n`);
    },
    success: (text) => {
      out(`√ ${text}`);
    },
    section: (text) => {
      out(`\n# ${text}\n`);
    },
    perf(counter) {
      if (perfFolder === undefined) return;
      const line = `${counter.replaceAll(":", "_")}:${new Date().toISOString()}\n`;
      appendFileSync(join(perfFolder, `${kind}.perf`), line);
    },
    mirror: out,
    isOutputLost: () => outputLost,
  };
}
