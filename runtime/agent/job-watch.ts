import { existsSync } from "node:fs";
import type { JobEndCause } from "../../contract/ledger.ts";
import type { Clock } from "./clock.ts";
import type { RunCommand } from "./command.ts";
import type { JobEvent, ListenerReader } from "./job-events.ts";
import { listenerReader, parsePerfLine } from "./job-events.ts";
import type { RunnerJobFacts } from "./job-facts.ts";
import { forgetJobFacts, isUnknown, readJobFacts, unknownFacts } from "./job-facts.ts";
import type { EndedJob, ListenerState, OpenJob } from "./jobs.ts";
import { advance, begunJobs, freshListener, giveCause } from "./jobs.ts";
import type { Ledger } from "./ledger.ts";
import type { MarkedJob, OpenJobs } from "./open-jobs.ts";
import { openJobs } from "./open-jobs.ts";
import type { MachinePaths } from "./paths.ts";
import type { ReadLog } from "./read-log.ts";
import { readLog } from "./read-log.ts";
import type { Tail } from "./tail.ts";
import { tailFile } from "./tail.ts";
import { readWorkerLog } from "./worker-log.ts";

/** Reads the listener's files for its jobs. */
export interface JobWatch {
  state(): ListenerState;
  /**
   * Reads what is new, and hands over jobs that have ended.
   *
   * @param toTheEnd reads everything, however much; otherwise as much as a look has time for
   */
  readNews(toTheEnd: boolean): News;
  /** Listener or worker were observed: their job lives. */
  seenAlive(): void;
  /** Neither is left: the jobs that they had begun are over, and their last log lines say how. */
  settleLost(): void;
  /** Records which jobs are running now. */
  keep(): void;
  /** The hook's facts about the present job. */
  facts(): RunnerJobFacts;
  giveCause(cause: JobEndCause): void;
  /** The listener has ended; a job that it had begun may still run. */
  sessionEnded(): void;
  /** Another listener starts. The output of the earlier one does not belong to it. */
  begin(): void;
}

export interface News {
  /** Failed polls, without those that an earlier agent may have counted. */
  pollErrors: number;
}

export interface JobWatchHost {
  paths: MachinePaths;
  /** The machine's name at GitHub. */
  machine: string;
  clock: Pick<Clock, "now" | "monotonic">;
  run: RunCommand;
  log: (line: string) => void;
}

export function watchJobs(host: JobWatchHost, onEnded: Ledger["add"]): JobWatch {
  const { paths, machine, clock, log } = host;
  const marks: OpenJobs = openJobs(paths.openJobs, machine, clock, log);
  /** An earlier agent of this boot has started a listener. */
  const startedBefore = existsSync(paths.listenerProcess);
  let files = openFiles(host);
  let state = freshListener;
  /** When listener or worker were last observed, in milliseconds since the epoch; 0: not by this agent. */
  let aliveAt = 0;
  let left = marks.left;
  /** True once the lines that are read are new: no earlier agent has read them. */
  let caughtUp = false;

  const finish = (job: EndedJob) => {
    const marked = left.jobs.find(({ id }) => id === job.id);
    left = { ...left, jobs: left.jobs.filter((other) => other !== marked) };
    const seen = readJobFacts(paths.jobFacts, job.worker);
    const facts = isUnknown(seen) ? (marked?.facts ?? unknownFacts) : seen;
    // An earlier agent may have ended it.
    const cause = marked?.cause ?? job.cause;
    // Only once it is recorded elsewhere: the next agent may have to read it again.
    onEnded({ ...job, ...(cause && { cause }) }, facts, () => {
      forgetJobFacts(paths.jobFacts, job.worker);
    });
  };

  const settle = (job: OpenJob & { id: string }, lastSeenAt: number, cause: JobEndCause) => {
    const word = job.worker === null ? undefined : readWorkerLog(paths.diagnostics, job.id);
    const withoutLog = job.worker !== null && cause === "listener-ended" ? "Unknown" : "Lost";
    const result = word ? (word.completed ? (word.result ?? "Unknown") : "Lost") : withoutLog;
    // A clock that was set must not end a job in the future, or before its beginning.
    const endedAt = Math.max(Math.min(clock.now(), lastSeenAt), Date.parse(job.startedAt!));
    finish({ ...job, endedAt: new Date(endedAt).toISOString(), result, cause: job.cause ?? cause });
  };

  const marked = (): MarkedJob[] =>
    begunJobs(state).map((job) => ({ ...job, facts: readJobFacts(paths.jobFacts, job.worker) }));

  return {
    state: () => state,
    /**
     * The log is read before the performance log, and its lines are used after
     * it: a message is in the performance log before anything about it is in the
     * log.
     */
    readNews(toTheEnd) {
      let pollErrors = 0;
      const take = (event: JobEvent | undefined) => {
        if (!event) return;
        const { state: next, ended } = advance(state, event);
        if (caughtUp) pollErrors += Math.max(0, next.pollErrors - state.pollErrors);
        state = next;
        if (ended) finish(ended);
      };
      for (let more = true; more;) {
        const lines = files.log();
        const events = lines.map(files.reader);
        files.perf().map(parsePerfLine).forEach(take);
        events.forEach(take);
        files.freed.passed(files.log.offset(), events.some(Boolean), state.open.length > 0);
        caughtUp ||= lines.length === 0;
        more = toTheEnd && lines.length > 0;
      }
      return { pollErrors };
    },
    seenAlive() {
      aliveAt = clock.now();
    },
    settleLost() {
      const cause = startedBefore || aliveAt > 0 ? "listener-ended" : "machine-ended";
      const loggedAt = Date.parse(files.reader.lastAt() ?? "") || 0;
      const lastSeenAt = Math.max(aliveAt, loggedAt, left.lastSeenAt);
      for (const job of begunJobs(state)) settle(job, lastSeenAt, cause);
      // After a reboot, the listener's output about these is gone.
      for (const job of left.jobs) settle(job, left.lastSeenAt, cause);
      if (state.open.length > 0) state = { ...state, open: [] };
    },
    keep() {
      marks.keep(marked());
    },
    facts() {
      const [job] = begunJobs(state);
      return readJobFacts(paths.jobFacts, job?.worker ?? null);
    },
    giveCause(cause) {
      state = giveCause(state, cause);
    },
    sessionEnded() {
      state = { ...state, listening: false };
    },
    begin() {
      caughtUp = true;
      state = { ...freshListener, version: state.version };
      files = openFiles(host);
    },
  };
}

/** The files of one run of the listener, from their beginning. */
function openFiles({ paths, run, log }: JobWatchHost): {
  log: Tail;
  perf: Tail;
  reader: ListenerReader;
  freed: ReadLog;
} {
  const freed = readLog(paths.listenerLog, run, (problem) => {
    log(`The space of the listener's log cannot be freed: ${problem}`);
  });
  return { log: tailFile(paths.listenerLog), perf: tailFile(paths.perfLog), reader: listenerReader(), freed };
}
