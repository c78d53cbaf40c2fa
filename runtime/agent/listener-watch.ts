import { isDeepStrictEqual } from "node:util";
import { Failure } from "../../contract/failure.ts";
import { unlessAbsent } from "./absent.ts";
import type { Clock } from "./clock.ts";
import type { RunCommand } from "./command.ts";
import type { RunnerObservation } from "./runner-observation.ts";
import { watchConnection } from "./connection-watch.ts";
import { afterExit, versionRefusedCode } from "./exit-codes.ts";
import type { JobFacts } from "./job-facts.ts";
import { watchJobs } from "./job-watch.ts";
import { isRegistrationGone } from "./jobs.ts";
import type { Ledger } from "./ledger.ts";
import type { ListenerHost, ListenerProcess } from "./listener.ts";
import { adoptListener, signalListener, startListener } from "./listener.ts";
import type { ProcessMark, RunnerProcesses } from "./processes.ts";
import { isRegistered } from "./registration-files.ts";
import { traceWatch } from "./traces.ts";

/** What is seen of the listener, its worker and its job. */
export type ListenerView = Pick<
  RunnerObservation,
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
  /**
   * When the machine was last of use: a sign of a job, or the first start of a listener. A start after an exit is no such
   * thing: a listener that is refused, fails or hangs, time and again, must not keep its machine awake.
   */
  lastActivityAt: number;
  /** What the start hook saw of the present job. */
  facts: JobFacts;
  /** Version of the runner software, as the listener has told it; empty before. */
  version: string;
  /** Failed polls: those that are new, and the runner's own count since its last message. */
  pollErrors: { fresh: number; sinceMessage: number };
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
  /** The machine's name at GitHub. */
  machine: string;
  log: (line: string) => void;
  /** How long the listener must have been quiet before it may be ended. */
  quietMs: number;
  /** Whether the listener's server answers this machine; never rejects. */
  reachGithub: () => Promise<boolean>;
  run: RunCommand;
}

/** Milliseconds after which a listener that runs has had its version taken: GitHub refuses it with the first poll. */
const acceptedAfterMs = 2 * 60_000;
/** Milliseconds between two looks at a listener that has been ended, and how many looks. */
const endLookMs = 50;
const maxEndLooks = 100;

/** Follows the listener: first one that an earlier agent has left running, if there is one. */
export function watchListener(host: ListenerWatchHost, onEnded: Ledger["add"]): ListenerWatch {
  const { paths, processes, clock } = host;
  let current: ListenerProcess | undefined;
  const jobs = watchJobs(host, onEnded);
  let signAt = clock.monotonic();
  let lastActivityAt = signAt;
  let missedAt: number | undefined;
  let failures = 0;
  let refusals = 0;
  let startedAt = -Infinity;
  let exit: RunnerObservation["exit"];
  /** The worker that was seen last. */
  let worker:
    { mark: ProcessMark; startedAt: number | undefined; toldToEndAt: number | undefined } | undefined;
  const traceOf = traceWatch(host.quietMs);
  const connection = watchConnection(host.reachGithub);
  const noteExit = (code: number | undefined) => {
    const state = jobs.state();
    current = undefined;
    failures = state.listening ? 0 : failures + 1;
    refusals = code === versionRefusedCode ? refusals + 1 : 0;
    const registrationGone = isRegistrationGone(state, code, isRegistered(paths));
    const after = afterExit({ code, registrationGone, failures, refusals, clockAt: clock.now() });
    exit = { at: clock.monotonic(), after };
    // Look back: a message that it had taken and not made a job of comes again, perhaps to this runner.
    if (state.open.some(({ startedAt }) => startedAt === null)) missedAt = clock.monotonic();
    jobs.sessionEnded();
  };

  const workerAmong = (children: readonly string[]) => {
    const pid = children.find(processes.isWorker);
    return pid === undefined ? undefined : Number(pid);
  };

  const noteWorker = (pid: number | undefined) => {
    const mark = pid === undefined ? undefined : processes.mark(pid);
    if (isDeepStrictEqual(worker?.mark, mark)) return;
    const ageMs = mark && processes.ageMs(mark);
    const startedAt = ageMs === undefined ? undefined : clock.monotonic() - ageMs;
    worker = mark && { mark, startedAt, toldToEndAt: undefined };
  };

  const look = (closely: boolean): ListenerView => {
    current ??= adoptListener(host);
    const ended = current?.ended(); // Before the news, so that its last words are among them.
    const pid = current?.mark.pid ?? 0;
    // Before the news too: what it had read when its threads stopped has been told by then.
    const stopped = current ? processes.stopped(pid) : "none";
    const news = jobs.readNews(!current || ended !== undefined);
    if (news.work) signAt = clock.monotonic();
    if (news.job) lastActivityAt = clock.monotonic();
    if (ended) noteExit(ended.code);
    const children = current ? processes.children(pid) : [];
    const others: RunnerProcesses = current
      ? { worker: workerAmong(children), updating: false }
      : processes.scan();
    const works = others.worker !== undefined;
    noteWorker(others.worker);
    if (works) lastActivityAt = signAt = clock.monotonic();
    if (current || works) jobs.seenAlive();
    else jobs.settleLost();
    jobs.keep();
    const state = jobs.state();
    const job = state.open.length > 0;
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
      registered: isRegistered(paths),
      lastActivityAt,
      facts: jobs.facts(),
      version: state.version,
      pollErrors: { fresh: news.pollErrors, sinceMessage: state.pollErrors },
    };
  };

  return {
    look,
    start() {
      jobs.begin();
      startedAt = signAt = clock.monotonic();
      if (!exit) lastActivityAt = startedAt;
      exit = undefined;
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
        if (looks === maxEndLooks) throw new Failure("The listener has not ended after SIGKILL.");
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
      jobs.giveCause("overdue");
    },
    forgetExit() {
      exit = undefined;
      failures = 0;
    },
  };
}
