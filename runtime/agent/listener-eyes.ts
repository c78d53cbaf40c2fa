import type { ConnectionWatch } from "./connection-watch.ts";
import { watchConnection } from "./connection-watch.ts";
import type { RunnerJobFacts } from "./job-facts.ts";
import type { JobWatch, News } from "./job-watch.ts";
import { watchJobs } from "./job-watch.ts";
import type { Ledger } from "./ledger.ts";
import type { ListenerHost, ListenerProcess } from "./listener.ts";
import { adoptListener } from "./listener.ts";
import type { ListenerMemory } from "./listener-memory.ts";
import { afterReading, afterSighting, newMemory } from "./listener-memory.ts";
import type { ListenerSighting } from "./look.ts";
import { sightingOf } from "./look.ts";
import type { JobWatchHost } from "./job-watch.ts";
import type { RunnerProcesses } from "./processes.ts";
import { isRegistered } from "./registration-files.ts";
import { traceSeen, watchForPendingJobs } from "./pending-job-evidence.ts";
import type { SeenWorker } from "./seen-worker.ts";
import { afterWorkerLook } from "./seen-worker.ts";

/** What is seen of the listener, its worker and its job. */
export type ListenerView = ListenerSighting & {
  /** What the start hook saw of the present job. */
  facts: RunnerJobFacts;
  /** Version of the runner software, as the listener has logged it; empty before. */
  version: string;
  /** Failed polls: those that are new, and the runner's own count since its last message. */
  pollErrors: { fresh: number; sinceMessage: number };
};

export interface ListenerEyesHost extends ListenerHost, JobWatchHost {
  /** How long the listener must have been quiet before it may be ended. */
  quietMs: number;
  /** Whether the listener's server answers this machine; never rejects. */
  reachGithub: () => Promise<boolean>;
}

/** What an agent looks at its listener with, and what it knows of it since the last look. */
export interface ListenerEyes {
  readonly host: ListenerEyesHost;
  readonly jobs: JobWatch;
  readonly connection: ConnectionWatch;
  readonly traceOf: ReturnType<typeof watchForPendingJobs>;
  /** The listener that runs, as of the last look. */
  current: ListenerProcess | undefined;
  memory: ListenerMemory;
  worker: SeenWorker | undefined;
}

export function openEyes(host: ListenerEyesHost, onEnded: Ledger["add"]): ListenerEyes {
  return {
    host,
    jobs: watchJobs(host, onEnded),
    connection: watchConnection(host.reachGithub),
    traceOf: watchForPendingJobs(host.quietMs),
    current: undefined,
    memory: newMemory(host.clock.monotonic()),
    worker: undefined,
  };
}

/** As {@link "./listener-watch".ListenerWatch.look}. */
export function lookAtListener(eyes: ListenerEyes, closely: boolean): ListenerView {
  const { host, jobs } = eyes;
  const { processes } = host;
  eyes.current ??= adoptListener(host);
  const ended = eyes.current?.ended(); // Before the news, which then includes its last lines.
  const pid = eyes.current?.mark.pid ?? 0;
  // This too comes before the news: by then the log has everything that the listener had read when its threads stopped.
  const stopped = eyes.current ? processes.stopped(pid) : "none";
  const news = readNews(eyes, ended);
  const runs = eyes.current !== undefined;
  const children = runs ? processes.children(pid) : [];
  const { worker, updating } = seeWorker(eyes, children);
  const job = jobs.state().open.length > 0;
  const sockets = () => processes.sockets(pid);
  const now = host.clock.monotonic();
  const connection = eyes.connection.look(now, runs && !job && !worker ? sockets : undefined);
  const pendingJobEvidence = traceSeen(
    { runs, stopped, closely, job, worker, reachableAt: connection.reachableAt },
    () => eyes.traceOf(host.clock.monotonic(), children.length, sockets()),
  );
  const { version, pollErrors, listening } = jobs.state();
  return {
    ...sightingOf(eyes.memory, {
      listener: runs ? { listening, frozen: stopped !== "none" } : undefined,
      worker,
      seenWorker: eyes.worker,
      updating,
      job,
      pendingJobEvidence,
      connection,
      registered: isRegistered(host.paths),
    }),
    facts: jobs.facts(),
    version,
    pollErrors: { fresh: news.pollErrors, sinceMessage: pollErrors },
  };
}

/**
 * What is new in the listener's files.
 *
 * @param ended how the listener ended, where it has
 */
function readNews(eyes: ListenerEyes, ended: { code: number | undefined } | undefined): News {
  const { host, jobs } = eyes;
  const before = jobs.state();
  const news = jobs.readNews(!eyes.current || ended !== undefined);
  eyes.memory = afterReading(eyes.memory, {
    now: host.clock.monotonic(),
    before,
    after: jobs.state(),
    ended: ended && { ...ended, registered: isRegistered(host.paths), clockAt: host.clock.now() },
  });
  if (ended) {
    eyes.current = undefined;
    jobs.sessionEnded();
  }
  return news;
}

/** Whether a worker or the update script runs, and what that means for the job. */
function seeWorker(eyes: ListenerEyes, children: readonly string[]) {
  const { host, jobs } = eyes;
  const { processes, clock } = host;
  const runs = eyes.current !== undefined;
  const found: RunnerProcesses = runs
    ? { worker: workerAmong(children, processes), updating: false }
    : processes.scan();
  const worker = found.worker !== undefined;
  const mark = found.worker === undefined ? undefined : processes.mark(found.worker);
  eyes.worker = afterWorkerLook(eyes.worker, mark, (one) => {
    const ageMs = processes.ageMs(one);
    return ageMs === undefined ? undefined : clock.monotonic() - ageMs;
  });
  eyes.memory = afterSighting(eyes.memory, { now: clock.monotonic(), runs, worker });
  if (runs || worker) jobs.seenAlive();
  else jobs.settleLost();
  jobs.keep();
  return { worker, updating: found.updating };
}

function workerAmong(
  children: readonly string[],
  { isWorker }: ListenerEyesHost["processes"],
): number | undefined {
  const pid = children.find(isWorker);
  return pid === undefined ? undefined : Number(pid);
}
