import { existsSync, rmSync, statSync, truncateSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { unlessAbsent } from "./absent.ts";
import type { Clock } from "./clock.ts";
import type { Observation } from "./decide.ts";
import { watchConnection } from "./connection-watch.ts";
import { afterExit, versionRefusedCode } from "./exit-codes.ts";
import { parseListenerLine, parsePerfLine } from "./job-events.ts";
import type { JobFacts } from "./job-facts.ts";
import { readJobFacts } from "./job-facts.ts";
import type { EndedJob, ListenerState } from "./jobs.ts";
import { advance, freshListener, lose } from "./jobs.ts";
import type { ListenerHost, ListenerProcess } from "./listener.ts";
import { adoptListener, signalListener, startListener } from "./listener.ts";
import type { ProcessMark, RunnerProcesses } from "./processes.ts";
import { tailFile } from "./tail.ts";
import { traceWatch } from "./traces.ts";

/** What is seen of the listener, its worker and its job. */
export type ListenerView = Pick<
  Observation,
  | "listener"
  | "worker"
  | "workerAt"
  | "toldToEndAt"
  | "updating"
  | "job"
  | "signAt"
  | "trace"
  | "missedAt"
  | "exit"
  | "refusals"
  | "disconnectedAt"
  | "reachableAt"
  | "registered"
> & {
  /** What the start hook saw of the present job. */
  facts: JobFacts;
  /** Version of the runner software, as the listener has told it; empty before. */
  version: string;
};

export interface ListenerWatch {
  /**
   * Reads what is new, and hands over jobs that have ended.
   *
   * @param closely whether to look for traces of a job on its way; where one has come that does not begin, it does so anyway
   */
  look(closely: boolean): ListenerView;
  start(): void;
  /** Stops all its threads. They need a moment for it: the next look tells. */
  freeze(): void;
  thaw(): void;
  /** Ends it at once, and waits until it has. @throws when it does not end */
  end(): Promise<void>;
  /**
   * Tells the worker of the last look to end its job (SIGTERM), or ends it at once (SIGKILL). Whoever has taken its place
   * since then is left alone.
   */
  endJob(signal: "SIGTERM" | "SIGKILL"): void;
  /** The runner was registered anew: what the last exit asked for no longer holds. */
  forgetExit(): void;
}

export interface ListenerWatchHost extends ListenerHost {
  clock: Clock;
  /** How long the listener must have been quiet before it may be ended. */
  quietMs: number;
  /** Whether the listener's server answers this machine; never rejects. */
  reachGithub: () => Promise<boolean>;
}

/** The listener's output is cut beyond this many bytes, between two jobs. */
const maxLogBytes = 8 << 20;
/** Milliseconds after which a listener that runs has had its version taken: GitHub refuses it with the first poll. */
const acceptedAfterMs = 2 * 60_000;
/** Milliseconds between two looks at a listener that has been ended, and how many looks. */
const endLookMs = 50;
const maxEndLooks = 100;

/**
 * Follows the listener: first one that an earlier agent has left running, if there is one.
 *
 * @param onEnded gives back whether the job is news
 */
export function watchListener(
  host: ListenerWatchHost,
  onEnded: (job: EndedJob, facts: JobFacts) => boolean,
): ListenerWatch {
  const { paths, processes, clock } = host;
  let current: ListenerProcess | undefined;
  let state = freshListener;
  let tails = { log: tailFile(paths.listenerLog), perf: tailFile(paths.perfLog) };
  let signAt = clock.monotonic();
  let missedAt: number | undefined;
  let failures = 0;
  let refusals = 0;
  let startedAt = -Infinity;
  let exit: Observation["exit"];
  /** What the hook has told of the job that runs. The next job's hook may write over it before that one's end is seen. */
  let runningFacts: JobFacts | undefined;
  /** The worker that was seen last. */
  let worker: { mark: ProcessMark; startedAt: number; toldToEndAt: number | undefined } | undefined;
  /** The present job's worker was told to end it. */
  let overdue = false;
  const traceOf = traceWatch(host.quietMs);
  const connection = watchConnection(host.reachGithub);

  const take = ({ state: next, ended }: { state: ListenerState; ended?: EndedJob }) => {
    if (next.open !== state.open || next.listening !== state.listening) signAt = clock.monotonic();
    state = next;
    if (ended) finish(ended);
  };

  const finish = (job: EndedJob) => {
    const found = readJobFacts(paths.jobFacts);
    const own = runningFacts ?? found;
    runningFacts = undefined;
    const ended = { ...job, ...(overdue && { overdue }) };
    overdue = false;
    // Facts found while an old log is read again belong to a later job, and so do those that are not its own.
    if (onEnded(ended, own) && isDeepStrictEqual(found, own)) rmSync(paths.jobFacts, { force: true });
  };

  /**
   * The log is read first and taken in last: a message is in the performance
   * log before anything about it is in the other.
   */
  const readNews = () => {
    const lines = tails.log();
    for (const event of tails.perf().map(parsePerfLine)) if (event) take(advance(state, event));
    for (const event of lines.map(parseListenerLine)) if (event) take(advance(state, event));
  };

  const noteExit = (code: number | undefined) => {
    current = undefined;
    failures = state.listening ? 0 : failures + 1;
    refusals = code === versionRefusedCode ? refusals + 1 : 0;
    const registrationGone = state.registrationGone || !existsSync(paths.registration);
    const after = afterExit({ code, registrationGone, failures, refusals, clockAt: clock.now() });
    exit = { at: clock.monotonic(), after };
    // Look back: a message that it had taken and not made a job of comes again, perhaps to this runner.
    if (state.open.some(({ startedAt }) => startedAt === null)) missedAt = clock.monotonic();
    state = { ...state, listening: false };
  };

  const cutLog = () => {
    const size = statSync(paths.listenerLog, { throwIfNoEntry: false })?.size ?? 0;
    if (state.open.length === 0 && size > maxLogBytes) {
      truncateSync(paths.listenerLog);
    }
  };

  const workerAmong = (children: readonly string[]) => {
    const pid = children.find(processes.isWorker);
    return pid === undefined ? undefined : Number(pid);
  };

  const noteWorker = (pid: number | undefined) => {
    const mark = pid === undefined ? undefined : processes.mark(pid);
    if (isDeepStrictEqual(worker?.mark, mark)) return;
    worker = mark && { mark, startedAt: clock.monotonic() - processes.ageMs(mark), toldToEndAt: undefined };
  };

  const look = (closely: boolean): ListenerView => {
    current ??= adoptListener(host);
    const ended = current?.ended(); // Before the news, so that its last words are among them.
    const pid = current?.mark.pid ?? 0;
    // Before the news too: what it had read when its threads stopped has been told by then.
    const stopped = current ? processes.stopped(pid) : "none";
    readNews();
    if (ended) noteExit(ended.code);
    const children = current ? processes.children(pid) : [];
    const others: RunnerProcesses = current
      ? { worker: workerAmong(children), updating: false }
      : processes.scan();
    const works = others.worker !== undefined;
    noteWorker(others.worker);
    if (works) signAt = clock.monotonic();
    if (current) cutLog();
    else if (!works) {
      lose(state, new Date(clock.now()).toISOString()).forEach(finish);
      state = { ...state, open: [] };
    }
    const job = state.open.length > 0;
    const facts = readJobFacts(paths.jobFacts);
    if (facts.runId !== null && state.open.some(({ startedAt }) => startedAt !== null))
      runningFacts ??= facts;
    if (current && clock.monotonic() - startedAt >= acceptedAfterMs) refusals = 0;
    const sockets = () => processes.sockets(pid);
    const polls = current && !job && !works;
    const connected = connection.look(clock.monotonic(), polls ? sockets : undefined);
    const trace = () =>
      closely || (job && !works) || connected.reachableAt !== undefined
        ? traceOf(clock.monotonic(), children.length, sockets())
        : "it has not been looked at closely yet";
    return {
      worker: works,
      workerAt: worker?.startedAt,
      toldToEndAt: worker?.toldToEndAt,
      updating: others.updating,
      listener: current && { listening: state.listening, frozen: stopped !== "none" },
      job,
      signAt,
      trace: stopped === "some" ? "not all threads of the listener have stopped" : current && trace(),
      missedAt,
      exit,
      refusals,
      ...connected,
      registered: existsSync(paths.registration),
      facts: runningFacts ?? facts,
      version: state.version,
    };
  };

  return {
    look,
    start() {
      state = { ...freshListener, version: state.version };
      tails = { log: tailFile(paths.listenerLog), perf: tailFile(paths.perfLog) };
      exit = undefined;
      runningFacts = undefined;
      overdue = false;
      signAt = clock.monotonic();
      startedAt = clock.monotonic();
      current = startListener(host);
    },
    freeze() {
      if (current) signalListener(current, "SIGSTOP");
    },
    thaw() {
      if (current) signalListener(current, "SIGCONT");
    },
    async end() {
      if (current) signalListener(current, "SIGKILL");
      for (let looks = 0; look(false).listener; looks++) {
        if (looks === maxEndLooks) throw new Error("The listener has not ended after SIGKILL.");
        await clock.sleep(endLookMs);
      }
    },
    /*
     * No other job can be hit. A worker's process is made for one job and ends with it, so its id and start, on which the
     * decision was made, stand for that job alone: the next one has another process. The listener, which may be taking
     * the next job in this very moment, is told nothing: a SIGINT would cancel whatever it holds by then, and strand a
     * job whose acquisition is on its way. And between the two lines below, the kernel gives the id to nobody else: it
     * counts through all the others first.
     */
    endJob(signal) {
      if (!worker || !processes.isRunning(worker.mark)) return;
      const { pid } = worker.mark;
      unlessAbsent(() => process.kill(pid, signal));
      worker.toldToEndAt ??= clock.monotonic();
      overdue = true;
    },
    forgetExit() {
      exit = undefined;
      failures = 0;
    },
  };
}
