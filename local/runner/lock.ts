import { setTimeout as delay } from "node:timers/promises";
import { Failure, traceOf } from "../../contract/failure.ts";
import type { Diagnostics } from "./diagnostics.ts";
import { bodyOf } from "./exchange.ts";
import type { AcquiredJob, Call } from "./exchange.ts";

/** Seconds between two renewals if the job does not say, as on GitHub. */
const renewSeconds = 60;
/** Seconds past the end of a lock during which the renewal is still retried. */
const graceSeconds = 300;

/** A job's lock at GitHub, kept until it is released or lost. */
export interface JobLock {
  /** Resolves after the first renewal; true means that the job is ours. */
  first: Promise<boolean>;
  /** Resolves when the lock is lost or the job was cancelled at GitHub; never after a release. */
  lost: Promise<void>;
  release(): void;
}

export function keepLock(job: AcquiredJob, call: Call, diagnostics: Diagnostics): JobLock {
  const released = new AbortController();
  const trace = (message: string) => {
    diagnostics.trace("JobDispatcher", message);
  };
  let toldFirst: (ours: boolean) => void;
  const first = new Promise<boolean>((resolve) => (toldFirst = resolve));

  const renew = async (): Promise<void> => {
    let validUntil = performance.now() + graceSeconds * 1000;
    while (!released.signal.aborted) {
      let pause = (job.renewEverySeconds ?? renewSeconds) * 1000;
      try {
        const { status, body } = await call("POST", `/jobs/${job.requestId}/renew`, {
          read: bodyOf<{ lockedUntil: string }>({ lockedUntil: "text" }),
          signal: released.signal,
        });
        if (status === 404 || status === 409) {
          trace(`Job ${job.jobGuid} is no longer valid, stop renew job request.`);
          return;
        }
        if (status !== 200 || !body) throw new Failure(`status ${status}`);
        trace(`Successfully renew job ${job.jobGuid}, job is valid till ${body.lockedUntil}`);
        // GitHub's locks last ten minutes, counted here by a monotonic clock.
        validUntil = performance.now() + 600_000 + graceSeconds * 1000;
        toldFirst(true);
      } catch (error) {
        trace(`Catch exception during renew runner job ${job.jobGuid}. ${traceOf(error)}`);
        if (performance.now() > validUntil) return;
        pause = Math.min(pause, 5000);
      }
      await delay(pause, undefined, { signal: released.signal }).catch(() => undefined); // After a release the loop ends.
    }
  };
  const lost = renew().then(() => {
    toldFirst(false);
    return released.signal.aborted ? new Promise<void>(() => undefined) : undefined;
  });
  return {
    first,
    lost,
    release: () => {
      released.abort();
    },
  };
}
