import { existsSync, rmSync, statSync, truncateSync } from "node:fs";
import type { Clock } from "./clock.ts";
import type { Observation } from "./decide.ts";
import { afterExit } from "./exit-codes.ts";
import { parseListenerLine, parsePerfLine } from "./job-events.ts";
import type { JobFacts } from "./job-facts.ts";
import { readJobFacts } from "./job-facts.ts";
import type { EndedJob, ListenerState } from "./jobs.ts";
import { advance, freshListener, lose } from "./jobs.ts";
import type { ListenerHost } from "./listener.ts";
import { adoptListener, killListener, startListener } from "./listener.ts";
import type { RunnerProcesses } from "./processes.ts";
import { tailFile } from "./tail.ts";

/** What is seen of the listener, its worker and its job. */
export type ListenerView = Pick<
  Observation,
  "listener" | "worker" | "updating" | "job" | "jobSignAt" | "exit" | "registered"
> & {
  /** What the start hook saw of the present job. */
  facts: JobFacts;
  /** Messages of jobs that have arrived in this run of the listener. */
  received: number;
};

export interface ListenerWatch {
  /** Reads what is new, and hands over jobs that have ended. */
  look(): ListenerView;
  start(): void;
  kill(): void;
  /** The runner was registered anew: what the last exit asked for no longer holds. */
  forgetExit(): void;
}

/** The listener's output is cut beyond this many bytes, between two jobs. */
const maxLogBytes = 8 << 20;

/**
 * Follows the listener: first one that an earlier agent has left running, if there is one.
 *
 * @param onEnded gives back whether the job is news
 */
export function watchListener(
  host: ListenerHost & { clock: Pick<Clock, "now" | "monotonic"> },
  onEnded: (job: EndedJob, facts: JobFacts) => boolean,
): ListenerWatch {
  const { paths, processes, clock } = host;
  let current = adoptListener(host);
  let state = freshListener;
  let tails = { log: tailFile(paths.listenerLog), perf: tailFile(paths.perfLog) };
  let jobSignAt = clock.monotonic();
  let failures = 0;
  let received = 0;
  let exit: Observation["exit"];

  const take = ({ state: next, ended }: { state: ListenerState; ended?: EndedJob }) => {
    if (next.open !== state.open) jobSignAt = clock.monotonic();
    state = next;
    if (ended) finish(ended);
  };

  const finish = (job: EndedJob) => {
    // Facts found while an old log is read again belong to a later job.
    if (onEnded(job, readJobFacts(paths.jobFacts))) rmSync(paths.jobFacts, { force: true });
  };

  /**
   * The log is read first and taken in last: a message is in the performance
   * log before anything about it is in the other.
   */
  const readNews = () => {
    const lines = tails.log();
    for (const event of tails.perf().map(parsePerfLine)) {
      if (event?.kind === "received") received++;
      if (event) take(advance(state, event));
    }
    for (const event of lines.map(parseListenerLine)) if (event) take(advance(state, event));
  };

  const noteExit = (code: number | undefined) => {
    current = undefined;
    failures = state.listening ? 0 : failures + 1;
    const registrationGone = state.registrationGone || !existsSync(paths.registration);
    exit = { at: clock.monotonic(), after: afterExit({ code, registrationGone, failures }) };
    state = { ...state, listening: false };
  };

  const cutLog = () => {
    const size = statSync(paths.listenerLog, { throwIfNoEntry: false })?.size ?? 0;
    if (state.open.length === 0 && size > maxLogBytes) {
      truncateSync(paths.listenerLog);
    }
  };

  return {
    look() {
      const ended = current?.ended(); // Before the news, so that its last words are among them.
      readNews();
      if (ended) noteExit(ended.code);
      const others: RunnerProcesses = current
        ? { worker: processes.hasWorker(current.mark.pid), updating: false }
        : processes.scan();
      if (others.worker) jobSignAt = clock.monotonic();
      if (current) cutLog();
      else if (!others.worker) {
        lose(state, new Date(clock.now()).toISOString()).forEach(finish);
        state = { ...state, open: [] };
      }
      return {
        ...others,
        listener: current && { listening: state.listening },
        job: state.open.length > 0,
        jobSignAt,
        exit,
        registered: existsSync(paths.registration),
        facts: readJobFacts(paths.jobFacts),
        received,
      };
    },
    start() {
      state = freshListener;
      tails = { log: tailFile(paths.listenerLog), perf: tailFile(paths.perfLog) };
      exit = undefined;
      current = startListener(host);
    },
    kill() {
      if (current) killListener(current);
    },
    forgetExit() {
      exit = undefined;
      failures = 0;
    },
  };
}
