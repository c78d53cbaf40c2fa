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
     * No other job can be hit. A worker's process is made for one job and ends with it, so its id and start, on which the
     * decision was made, stand for that job alone: the next one has another process. The listener, which may be taking
     * the next job in this very moment, is told nothing: a SIGINT would cancel whatever it holds by then, and strand a
     * job whose acquisition is on its way. And between the two lines below, the kernel gives the id to nobody else: it
     * counts through all the others first.
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
