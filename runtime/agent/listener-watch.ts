import { isDeepStrictEqual } from "node:util";
import { Failure } from "../../contract/failure.ts";
import { unlessAbsent } from "./absent.ts";
import type { Clock } from "./clock.ts";
import type { RunCommand } from "./command.ts";
import { watchConnection } from "./connection-watch.ts";
import type { RunnerJobFacts } from "./job-facts.ts";
import type { News } from "./job-watch.ts";
import { watchJobs } from "./job-watch.ts";
import type { Ledger } from "./ledger.ts";
import type { ListenerHost, ListenerProcess } from "./listener.ts";
import { adoptListener, signalListener, startListener } from "./listener.ts";
import { afterReading, afterRegistration, afterSighting, afterStart, newMemory } from "./listener-memory.ts";
import type { ListenerSighting } from "./look.ts";
import type { ProcessMark, RunnerProcesses } from "./processes.ts";
import { isRegistered } from "./registration-files.ts";
import { traceSeen, watchForPendingJobs } from "./pending-job-evidence.ts";

/** What is seen of the listener, its worker and its job. */
export type ListenerView = ListenerSighting & {
  /** What the start hook saw of the present job. */
  facts: RunnerJobFacts;
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

/** Milliseconds between two looks at a listener that has been ended, and how many looks. */
const endLookMs = 50;
const maxEndLooks = 100;

/** Follows the listener: first one that an earlier agent has left running, if there is one. */
export function watchListener(host: ListenerWatchHost, onEnded: Ledger["add"]): ListenerWatch {
  const { paths, processes, clock } = host;
  let current: ListenerProcess | undefined;
  const jobs = watchJobs(host, onEnded);
  let memory = newMemory(clock.monotonic());
  /** The worker that was seen last. */
  let worker:
    { mark: ProcessMark; startedAt: number | undefined; toldToEndAt: number | undefined } | undefined;
  const traceOf = watchForPendingJobs(host.quietMs);
  const connection = watchConnection(host.reachGithub);

  /** @param ended how the listener ended, where it has */
  const readNews = (ended: { code: number | undefined } | undefined): News => {
    const before = jobs.state();
    const news = jobs.readNews(!current || ended !== undefined);
    memory = afterReading(memory, {
      now: clock.monotonic(),
      before,
      after: jobs.state(),
      ended: ended && { ...ended, registered: isRegistered(paths), clockAt: clock.now() },
    });
    if (!ended) return news;
    current = undefined;
    jobs.sessionEnded();
    return news;
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
    const news = readNews(ended);
    const children = current ? processes.children(pid) : [];
    const others: RunnerProcesses = current
      ? { worker: workerAmong(children), updating: false }
      : processes.scan();
    const works = others.worker !== undefined;
    noteWorker(others.worker);
    memory = afterSighting(memory, { now: clock.monotonic(), runs: current !== undefined, worker: works });
    if (current || works) jobs.seenAlive();
    else jobs.settleLost();
    jobs.keep();
    const state = jobs.state();
    const job = state.open.length > 0;
    const sockets = () => processes.sockets(pid);
    const polls = current && !job && !works;
    const connected = connection.look(clock.monotonic(), polls ? sockets : undefined);
    const evidence = traceSeen(
      {
        runs: current !== undefined,
        stopped,
        closely,
        job,
        worker: works,
        reachableAt: connected.reachableAt,
      },
      () => traceOf(clock.monotonic(), children.length, sockets()),
    );
    return {
      worker: works,
      workerAt: worker?.startedAt,
      toldToEndAt: worker?.toldToEndAt,
      updating: others.updating,
      listener: current && { listening: state.listening, frozen: stopped !== "none" },
      job,
      lastActivityAt: memory.lastActivityAt,
      pendingJobEvidence: evidence,
      missedAt: memory.missedAt,
      exit: memory.exit,
      refusals: memory.refusals,
      ...connected,
      registered: isRegistered(paths),
      lastUsedAt: memory.lastUsedAt,
      facts: jobs.facts(),
      version: state.version,
      pollErrors: { fresh: news.pollErrors, sinceMessage: state.pollErrors },
    };
  };

  return {
    look,
    start() {
      jobs.begin();
      memory = afterStart(memory, clock.monotonic());
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
      memory = afterRegistration(memory);
    },
  };
}
