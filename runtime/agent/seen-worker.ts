import type { ProcessMark } from "./processes.ts";

/** The last observed worker: each job has one of its own. Moments are milliseconds of the monotonic clock. */
export interface SeenWorker {
  mark: ProcessMark;
  /** When it began, and so its job; undefined: not known. */
  startedAt: number | undefined;
  /** When it was told to end its job; undefined: it was not, or another agent told it. */
  toldToEndAt: number | undefined;
}

/**
 * A look at the processes.
 *
 * @param mark of the worker that runs; undefined: none does, or it has ended and waits for its parent
 * @param startedAt when such a process began; asked once for each
 */
export function afterWorkerLook(
  before: SeenWorker | undefined,
  mark: ProcessMark | undefined,
  startedAt: (mark: ProcessMark) => number | undefined,
): SeenWorker | undefined {
  if (!mark) return undefined;
  if (before?.mark.pid === mark.pid && before.mark.start === mark.start) return before;
  return { mark, startedAt: startedAt(mark), toldToEndAt: undefined };
}

/** It is asked to end its job, perhaps once more. */
export function afterEndingJob(worker: SeenWorker, now: number): SeenWorker {
  return { ...worker, toldToEndAt: worker.toldToEndAt ?? now };
}
