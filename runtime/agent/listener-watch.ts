import { Failure } from "../../contract/failure.ts";
import { unlessAbsent } from "./absent.ts";
import type { Clock } from "./clock.ts";
import type { Ledger } from "./ledger.ts";
import { signalListener, startListener } from "./listener.ts";
import type { ListenerEyesHost, ListenerView } from "./listener-eyes.ts";
import { lookAtListener, openEyes } from "./listener-eyes.ts";
import { afterRegistration, afterStart } from "./listener-memory.ts";
import { afterEndingJob } from "./seen-worker.ts";

export interface ListenerWatch {
  /**
   * Reads what is new, and hands over jobs that have ended.
   *
   * @param closely whether to look for evidence of a job on its way. If a job has arrived and has not begun, it looks anyway.
   */
  look(closely: boolean): ListenerView;
  start(): void;
  /** Stops all its threads. That takes a moment: the next look shows whether they have. */
  freeze(): void;
  thaw(): void;
  /** Ends it at once, and waits until it has. @throws when it does not end */
  end(): Promise<void>;
  /**
   * Tells the worker of the last look to end its job (SIGTERM), or kills it (SIGKILL). A worker that has taken its place
   * since then is left alone.
   */
  endJob(signal: "SIGTERM" | "SIGKILL"): void;
  /** The runner was registered again: what the last exit asked for no longer holds. */
  forgetExit(): void;
}

export interface ListenerWatchHost extends ListenerEyesHost {
  clock: Clock;
}

/** Milliseconds between two looks at a listener that has been ended, and how many looks. */
const endLookMs = 50;
const maxEndLooks = 100;

/** Follows the listener: first one that an earlier agent has left running, if there is one. */
export function watchListener(host: ListenerWatchHost, onEnded: Ledger["add"]): ListenerWatch {
  const { processes, clock } = host;
  const eyes = openEyes(host, onEnded);
  const signal = (name: "SIGSTOP" | "SIGCONT" | "SIGKILL") => {
    if (eyes.current) signalListener(eyes.current, name);
  };

  return {
    look: (closely) => lookAtListener(eyes, closely),
    start() {
      eyes.jobs.begin();
      eyes.memory = afterStart(eyes.memory, clock.monotonic());
      eyes.current = startListener(host);
    },
    freeze() {
      signal("SIGSTOP");
    },
    thaw() {
      signal("SIGCONT");
    },
    async end() {
      signal("SIGKILL");
      for (let looks = 0; lookAtListener(eyes, false).listener; looks++) {
        if (looks === maxEndLooks) throw new Failure("The listener has not ended after SIGKILL.");
        await clock.sleep(endLookMs);
      }
    },
    /*
     * This cannot hit another job. A worker's process is made for one job and ends with it, so the process id and start
     * that the decision was based on stand for that job alone. The next job has another process. The listener gets no
     * signal, because it may be taking the next job at this moment: a SIGINT would cancel whatever it holds by then, and
     * strand a job that is being acquired. Between the two lines below, the kernel does not give the id to another
     * process, because it goes through all other ids first.
     */
    endJob(name) {
      const { worker } = eyes;
      if (!worker || !processes.isRunning(worker.mark)) return;
      unlessAbsent(() => process.kill(worker.mark.pid, name));
      eyes.worker = afterEndingJob(worker, clock.monotonic());
      eyes.jobs.giveCause("overdue");
    },
    forgetExit() {
      eyes.memory = afterRegistration(eyes.memory);
    },
  };
}
