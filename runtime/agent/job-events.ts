import type { JobEndCause } from "../../contract/ledger.ts";

/** The meaning of a line of the listener's output or of its performance log. Jobs are named by GitHub's id. */
export type JobEvent =
  | { kind: "session-created" }
  | { kind: "version"; version: string }
  /** A job's message has arrived: the earliest sign of a job, which does not yet say which one. */
  | { kind: "received"; at: string }
  /** The message did not become a job: it was skipped, or the job was not acquired. */
  | { kind: "not-acquired" }
  /** The runner has the job, which waits for the end of the one before. */
  | { kind: "acquired"; id: string; at: string }
  | { kind: "running"; id: string; at: string }
  /** The process that works on it. */
  | { kind: "worker"; id: string; pid: number | undefined }
  /** The job is about to end, for this reason. */
  | { kind: "ending"; id: string; cause: JobEndCause }
  | { kind: "ended"; id: string; result: string; at: string }
  /** The listener is free again: a job that never had a worker has ended, whether or not that was logged. */
  | { kind: "free"; at: string }
  | { kind: "poll-error" }
  /** The last error of a poll was a session that had ended, which the listener has replaced. */
  | { kind: "session-replaced" }
  /** GitHub has refused a poll, usually because of the runner's version: the listener then ends, unless it tries again. */
  | { kind: "poll-refused" }
  | { kind: "poll-retried" }
  | { kind: "registration-gone" };

/*
 * Only the listener's own trace counts, which it mirrors to its output as
 * `[RUNNER <time> <level> <source>] <text>` (actions/runner 2.336). It is read
 * there and not in the folder `_diag`, because that folder belongs to the
 * runner's user: a job can fill it, and write to it.
 *
 * Others write to the same output. The worker's trace begins with `[WORKER`, but
 * .NET's ReadLine mirrors it, for which a lone carriage return ends a line: the
 * rest, such as the name of a process, becomes a line of its own. And the
 * terminal prints the names of jobs with any line ends in them. So a job begins
 * and ends only by the dispatcher's lines, which hold the job's id and nothing
 * that a user wrote. A user who chooses a name cannot know the id that the job
 * will have.
 */
const trace = /^\[RUNNER (\S{10}) (\S{8}Z) \w+ +(\w+)\] (.*)$/s;

const guid = "([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})";
const line = (text: string) => new RegExp(`^${text}`, "s");

interface Context {
  id: string;
  /** The rest of the line, without the id. */
  rest: string | undefined;
  at: string;
  /** The last process that the listener has started. */
  child: number | undefined;
}

/** The dispatcher's lines, and their meaning. */
const dispatched: readonly [RegExp, (context: Context) => JobEvent | undefined][] = [
  [
    line(`Job request \\S+ for plan \\S+ job ${guid} received\\.$`),
    ({ id, at }) => ({ kind: "acquired", id, at }),
  ],
  [line(`Start renew job request \\S+ for job ${guid}\\.$`), ({ id, at }) => ({ kind: "running", id, at })],
  [
    line(`Send job request message to worker for job ${guid}\\.$`),
    ({ id, child }) => ({ kind: "worker", id, pid: child }),
  ],
  [
    line(`finish job request for job ${guid} with result: (\\w+)$`),
    ({ id, rest, at }) => ({ kind: "ended", id, result: rest!, at }),
  ],
  [
    line(`Unable to renew job request for job ${guid} for the first time`),
    ({ id, at }) => ({ kind: "ended", id, result: "Abandoned", at }),
  ],
  [
    line(`Job cancellation request ${guid} received`),
    ({ id }) => ({ kind: "ending", id, cause: "cancelled" }),
  ],
  [
    line(`We are not yet checking the state of jobrequest ${guid} status`),
    ({ id }) => ({ kind: "ending", id, cause: "second-job" }),
  ],
  [
    line(`Ensure WorkerDispatcher for job ${guid} run to finish`),
    ({ id }) => ({ kind: "ending", id, cause: "listener-ended" }),
  ],
  [
    line(`Worker finished for job ${guid}\\. Code: (\\d+)$`),
    ({ id, rest }) => (isResult(Number(rest)) ? undefined : { kind: "ending", id, cause: "worker-ended" }),
  ],
];

/** The lines of other parts of the listener, by their source. */
const said: Readonly<Record<string, readonly [start: string, event: JobEvent][]>> = {
  BrokerMessageListener: [
    ["Catch exception during get next message.", { kind: "poll-error" }],
    ["TaskAgentSessionExpiredException received, recovered", { kind: "session-replaced" }],
  ],
  BrokerServer: [["Catch exception during request", { kind: "poll-retried" }]],
  Runner: [
    ["Skipping message Job.", { kind: "not-acquired" }],
    ["Caught exception from acquiring job message", { kind: "not-acquired" }],
    ["Skip message deletion for job request message", { kind: "not-acquired" }], // While it updates itself.
    ["Runner registration no longer exists", { kind: "registration-gone" }],
  ],
  Terminal: [
    [
      "WRITE ERROR: Failed to create a session. The runner registration has been deleted from the server",
      { kind: "registration-gone" },
    ],
  ],
};

/** The listener says why it ends only after the job that it has cancelled is over; this line comes earlier. */
const refusedPoll = /^GET request to \S+\/message\?\S+ failed\. HTTP Status: Forbidden$/;

/** Most lines of the terminal that are remembered. */
const maxEchoes = 10_000;

/** Reads the lines of one listener's output, in order. */
export interface ListenerReader {
  /** The event in a line; undefined: none. */
  (line: string): JobEvent | undefined;
  /** The time of the last line that had one, ISO 8601; undefined before. */
  lastAt(): string | undefined;
}

/**
 * A reader remembers three things between lines. First, what the terminal prints
 * is traced before, each line with a head of its own: the copy that follows is
 * skipped, so that no name of a job is read as the listener's line. Second, a
 * trace is written in two parts, and a console line can come between them: the
 * dispatcher's text then stands alone, and has the time of the line before.
 * Third, the process that was started last is the worker of the next job that is
 * sent.
 */
export function listenerReader(): ListenerReader {
  const echoes: string[] = [];
  let lastAt: string | undefined;
  let child: number | undefined;

  const readTrace = (source: string, text: string): JobEvent | undefined => {
    if (source === "Terminal") {
      echoes.push(text.replace(/^WRITE(?: LINE| ERROR)?: /, ""));
      if (echoes.length > maxEchoes) echoes.shift();
    }
    if (source === "ProcessInvokerWrapper") {
      const pid = /^Process started with process id (\d+),/.exec(text)?.[1];
      if (pid !== undefined) child = Number(pid);
    }
    if (source === "GitHubActionsService" && refusedPoll.test(text)) return { kind: "poll-refused" };
    if (source === "Listener") {
      const version = /^Version: ([\d.]+)$/.exec(text)?.[1];
      if (version !== undefined) return { kind: "version", version };
    }
    if (text.endsWith("JobState: Online") && source.endsWith("MessageListener")) {
      return { kind: "free", at: lastAt! };
    }
    return said[source]?.find(([start]) => text.startsWith(start))?.[1];
  };

  const readDispatch = (text: string): JobEvent | undefined => {
    for (const [form, event] of dispatched) {
      const [, id, rest] = form.exec(text) ?? [];
      if (id !== undefined) return event({ id, rest, at: lastAt ?? new Date(0).toISOString(), child });
    }
    return undefined;
  };

  const read = (text: string): JobEvent | undefined => {
    const echo = echoes.indexOf(text);
    if (echo >= 0) {
      echoes.splice(echo, 1);
      return undefined;
    }
    const [, date, time, source, traced] = trace.exec(text) ?? [];
    if (traced === undefined) return readDispatch(text);
    lastAt = `${date}T${time}`;
    return source === "JobDispatcher" ? readDispatch(traced) : readTrace(source!, traced);
  };
  return Object.assign(read, { lastAt: () => lastAt });
}

/** The event in one line of `Runner.perf`, `<counter>:<time>`; undefined: none. */
export function parsePerfLine(text: string): JobEvent | undefined {
  const [, counter, at] = /^([^:]+):(.+)$/.exec(text) ?? [];
  if (counter === "SessionCreated") return { kind: "session-created" };
  if (!/^MessageReceived_(RunnerJobRequest|PipelineAgentJobRequest)$/.test(counter ?? "")) return undefined;
  const time = new Date(at!);
  // A damaged time must not hide the job.
  return {
    kind: "received",
    at: Number.isNaN(time.getTime()) ? new Date(0).toISOString() : time.toISOString(),
  };
}

/** Exit codes of a worker that has reported how its job ended: 100 plus the number of the result (`TaskResultUtil`). */
function isResult(code: number): boolean {
  return [0, 2, 3, 4, 5].includes(code - 100);
}
