import { Failure } from "../../contract/failure.ts";

/** The parts of a service unit that this project's units use. */
export interface Unit {
  name: string;
  after: string[];
  before: string[];
  requires: string[];
  wants: string[];
  /** False: the unit does not wait for `sysinit.target`. All other units do. */
  defaultDependencies: boolean;
  type: "oneshot" | "simple";
  remainAfterExit: boolean;
  /** Program and arguments, quotes resolved, variables not yet expanded. */
  command: string[];
  /** The command that stops it, before the remaining processes get a signal. */
  stopCommand: string[];
  /** Time limit for its stop, in milliseconds. */
  stopMs: number;
  /** `NAME=value`. */
  environment: string[];
  /** Paths; a leading `-` marks a file that may be absent. */
  environmentFiles: string[];
  workingDirectory?: string;
  restart: "no" | "on-failure" | "always";
  /** In milliseconds; systemd's default is 100. */
  restartMs: number;
  /**
   * The number of starts (`burst`) that are allowed within an interval
   * (milliseconds; 0: no limit). systemd's default: five in ten seconds.
   */
  startLimit: { intervalMs: number; burst: number };
  /** A change of the target does not stop it. */
  ignoreOnIsolate: boolean;
  /** `process`: only the main process gets the signal; the processes that it started stay alive. */
  killMode: "control-group" | "process";
  /** Whether output goes to the console too. */
  console: boolean;
  wantedBy: string[];
}

/**
 * Reads a unit file.
 *
 * @throws on an unknown key: the local cloud must not ignore what systemd would
 * obey
 */
export function parseUnit(name: string, text: string): Unit {
  const values = new Map<string, string[]>();
  for (const line of text
    .replaceAll("\\\n", " ")
    .split("\n")
    .map((raw) => raw.trim())) {
    if (line === "" || /^[#;[]/.test(line)) continue;
    const equals = line.indexOf("=");
    const key = line.slice(0, equals).trim();
    if (equals < 0 || !knownKeys.has(key)) {
      throw new Failure(
        `${name}: the local cloud's systemd does not know "${line}". Add it to local/machines/units.ts.`,
      );
    }
    values.set(key, [...(values.get(key) ?? []), line.slice(equals + 1).trim()]);
  }
  const last = (key: string) => values.get(key)?.at(-1);
  const words = (key: string) => (values.get(key) ?? []).flatMap(splitWords);
  const workingDirectory = last("WorkingDirectory");
  return {
    name,
    after: words("After"),
    before: words("Before"),
    requires: words("Requires"),
    wants: words("Wants"),
    defaultDependencies: isYes(last("DefaultDependencies") ?? "yes"),
    type: last("Type") === "oneshot" ? "oneshot" : "simple",
    remainAfterExit: isYes(last("RemainAfterExit")),
    ignoreOnIsolate: isYes(last("IgnoreOnIsolate")),
    command: splitWords(last("ExecStart") ?? ""),
    stopCommand: splitWords(last("ExecStop") ?? ""),
    stopMs: parseSpan(last("TimeoutStopSec") ?? defaultStopLimit),
    environment: words("Environment"),
    environmentFiles: values.get("EnvironmentFile") ?? [],
    ...(workingDirectory === undefined ? {} : { workingDirectory }),
    restart: (last("Restart") ?? "no") as Unit["restart"],
    restartMs: parseSpan(last("RestartSec") ?? "100ms"),
    startLimit: {
      intervalMs: parseSpan(last("StartLimitIntervalSec") ?? "10s"),
      burst: Number(last("StartLimitBurst") ?? 5),
    },
    killMode: last("KillMode") === "process" ? "process" : "control-group",
    console: (last("StandardOutput") ?? "journal").includes("console"),
    wantedBy: words("WantedBy"),
  };
}

function isYes(value: string | undefined): boolean {
  return /^(yes|true|1|on)$/.test(value ?? "no");
}

/** systemd gives a unit 90 s; that is too long to wait here for a unit that hangs. */
const defaultStopLimit = "5s";

const knownKeys = new Set(
  (
    "Description Documentation DefaultDependencies After Before Requires Wants IgnoreOnIsolate Type RemainAfterExit ExecStart ExecStop Environment EnvironmentFile " +
    "WorkingDirectory Restart RestartSec KillMode TimeoutStopSec StartLimitIntervalSec StartLimitBurst " +
    "StandardOutput StandardError WantedBy " +
    // Limits that a stand-in does not need.
    "TimeoutStartSec OOMScoreAdjust OOMPolicy " +
    "LimitNOFILE TasksMax SendSIGKILL SyslogIdentifier"
  ).split(" "),
);

/** Splits text into words as systemd does: at blanks outside quotes, with quotes of both kinds removed. */
export function splitWords(text: string): string[] {
  const words = text.match(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/g) ?? [];
  return words.map((word) =>
    word.replace(
      /"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/g,
      (_, double?: string, single?: string, escaped?: string) =>
        double === undefined ? (single ?? escaped ?? "") : double.replace(/\\(.)/g, "$1"),
    ),
  );
}

/** Expands `${NAME}` and `$NAME` in a command's words; `$$` is a dollar. */
export function expandVariables(word: string, environment: Readonly<Record<string, string>>): string {
  return word.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced?: string, bare?: string) =>
    whole === "$$" ? "$" : (environment[braced ?? bare!] ?? ""),
  );
}

/** Reads the lines of an EnvironmentFile. */
export function parseEnvironmentFile(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^[#;]/.test(line))
    .map((line) => {
      const equals = line.indexOf("=");
      return `${line.slice(0, equals)}=${splitWords(line.slice(equals + 1)).join(" ")}`;
    });
}

/** A time span such as `5`, `100ms`, `2min`, in milliseconds; a bare number is seconds. */
function parseSpan(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|sec|min|h)?$/.exec(text);
  if (!match) throw new Failure(`The local cloud's systemd does not know the time span "${text}".`);
  const units: Record<string, number> = { ms: 1, s: 1000, sec: 1000, min: 60_000, h: 3_600_000 };
  return Number(match[1]) * units[match[2] ?? "s"]!;
}
