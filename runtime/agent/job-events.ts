/** What a line of the listener's output or of its performance log tells. */
export type JobEvent =
  | { kind: "session-created" }
  | { kind: "version"; version: string }
  | { kind: "received"; at: string }
  /** The message was not turned into a job: skipped, or not acquired. */
  | { kind: "not-acquired" }
  | { kind: "running"; at: string }
  /** A job has ended; without a result where the listener only says that it is free again. */
  | { kind: "ended"; result?: string; at: string }
  | { kind: "registration-gone" };

/*
 * A job can print whatever it likes, and the worker's trace is mirrored into
 * this output with `[WORKER` in front. So only the listener's own forms count:
 * its trace (`[RUNNER <time> <level> <source>] …`) and console lines that
 * begin with a time. Texts as in actions/runner 2.336.
 */
const trace = /^\[(?:RUNNER )?(\S{10}) (\S{8}Z) \w+ +(\w+)\] (.*)$/;
const consoleLine = /^(\S{10}) (\S{8}Z): (.*)$/;

const notAcquired = [
  "Skipping message Job.",
  "Caught exception from acquiring job message",
  "Skip message deletion for job request message", // While it updates itself.
];
const registrationGone = [
  "The runner registration has been deleted from the server",
  "The runner no longer exists on the server",
];

/** The event in one line of the listener's output; undefined: none. */
export function parseListenerLine(line: string): JobEvent | undefined {
  const [, traceDate, traceTime, source, traced] = trace.exec(line) ?? [];
  if (traced !== undefined) return parseTrace(source!, traced, isoTime(traceDate!, traceTime!));
  const [, date, time, said] = consoleLine.exec(line) ?? [];
  if (said !== undefined) return parseConsole(said, isoTime(date!, time!));
  return line.startsWith("[") ? undefined : parseMessage(line);
}

/** The event in one line of `Runner.perf`, `<counter>:<time>`; undefined: none. */
export function parsePerfLine(line: string): JobEvent | undefined {
  const [, counter, at] = /^([^:]+):(.+)$/.exec(line) ?? [];
  if (counter === "SessionCreated") return { kind: "session-created" };
  if (!/^MessageReceived_(RunnerJobRequest|PipelineAgentJobRequest)$/.test(counter ?? "")) return undefined;
  const time = new Date(at!);
  // A damaged time must not hide the job.
  return {
    kind: "received",
    at: Number.isNaN(time.getTime()) ? new Date(0).toISOString() : time.toISOString(),
  };
}

function parseTrace(source: string, text: string, at: string): JobEvent | undefined {
  if (notAcquired.some((start) => text.startsWith(start))) return { kind: "not-acquired" };
  if (text.endsWith("JobState: Online")) return { kind: "ended", at };
  return source === "Terminal" ? undefined : parseMessage(text);
}

function parseConsole(text: string, at: string): JobEvent | undefined {
  if (text.startsWith("Running job: ")) return { kind: "running", at };
  const result = /^Job .* completed with result: (\w+)$/.exec(text)?.[1];
  return result === undefined ? undefined : { kind: "ended", result, at };
}

function parseMessage(text: string): JobEvent | undefined {
  const version = /^Current runner version: '([\d.]+)'$/.exec(text)?.[1];
  if (version !== undefined) return { kind: "version", version };
  return registrationGone.some((part) => text.includes(part)) ? { kind: "registration-gone" } : undefined;
}

function isoTime(date: string, time: string): string {
  return `${date}T${time}`;
}
