import { allJobs, fullName, isOnline, sameName } from "./model.ts";
import type { Job, Message, Model, Repository, Run, RunnerEntry } from "./model.ts";
import { cloudLimits } from "./options.ts";
import { begin, conclude } from "./runs.ts";

/*
 * The assignment of jobs to runners, and the time limits of both.
 */

/**
 * Brings the model up to the present: does everything that GitHub does as time
 * passes. It is level-triggered: it may run at any moment and any number of
 * times.
 */
export function sweep(model: Model): void {
  const now = model.clock.now();
  const wireNow = model.wireNow();
  for (const job of allJobs(model)) {
    if (job.status === "queued") sweepQueued(model, job, now, wireNow);
    else if (job.status === "in_progress") sweepRunning(model, job, now, wireNow);
  }
  model.runners = model.runners.filter((runner) => {
    if (isOnline(model, runner)) runner.lastSeen = now;
    return now - runner.lastSeen < cloudLimits.offlineRunnerMs;
  });
  for (const job of allJobs(model)) {
    if (job.status === "queued" && !job.offer && !job.run.neverStarts) offer(model, job);
  }
}

/**
 * Puts a message where the runner's next poll finds it. Without a session the
 * message is lost, as on GitHub.
 */
export function send(model: Model, runner: RunnerEntry, message: Omit<Message, "messageId">): number {
  const messageId = model.nextId();
  runner.session?.messages.push({ ...message, messageId });
  runner.session?.wake();
  return messageId;
}

/** Deletes a registration. A job that the runner is running continues. */
export function removeRunner(model: Model, runner: RunnerEntry): void {
  model.runners = model.runners.filter((one) => one !== runner);
  runner.session?.wake();
  model.faults.reached("runner-removed", runner.name);
}

/**
 * Gives a runner the job that was offered to it.
 *
 * @returns false when the job is no longer available
 */
export function acquire(model: Model, job: Job, runner: RunnerEntry, messageId: number): boolean {
  if (job.status !== "queued" || job.offer?.runner !== runner || job.offer.messageId !== messageId)
    return false;
  job.offer = undefined;
  job.runner = runner;
  begin(model, job);
  renew(model, job);
  return true;
}

export function renew(model: Model, job: Job): void {
  job.lockedUntilWireMs = model.wireNow() + model.wire.lockSeconds * 1000;
}

/** Cancels a run. Queued jobs end at once; the runners of running jobs get a message. */
export function cancelRun(model: Model, run: Run): void {
  run.cancelled = true;
  for (const job of run.jobs) {
    if (job.status === "queued") conclude(model, job, "cancelled");
    else if (job.status === "in_progress") cancelJob(model, job);
  }
}

/** Ends a run without waiting for its runners, which lose their locks. */
export function forceCancelRun(model: Model, run: Run): void {
  run.cancelled = true;
  for (const job of run.jobs) if (job.status !== "completed") conclude(model, job, "cancelled");
}

/** Whether a repository's jobs may run on this runner. */
export function mayUse(model: Model, repository: Repository, runner: RunnerEntry): boolean {
  if (sameName(runner.scope, fullName(repository))) return true;
  if (!sameName(runner.scope, repository.owner)) return false;
  const group = model.groups.find(({ body }) => body.id === runner.groupId);
  // Every repository of the emulator is private.
  return group?.body.visibility !== "selected" || group.repositoryIds.includes(repository.id);
}

function cancelJob(model: Model, job: Job): void {
  if (job.cancelledWireMs !== undefined) return;
  job.cancelledWireMs = model.wireNow();
  if (job.runner) send(model, job.runner, { type: "JobCancellation", body: { requestId: job.requestId } });
}

function sweepQueued(model: Model, job: Job, now: number, wireNow: number): void {
  if (now - job.createdAt > cloudLimits.queuedJobMs) {
    conclude(model, job, "cancelled", "The job was not acquired by a runner within 24 hours.");
  } else if (job.offer && wireNow - job.offer.sinceWireMs > model.wire.requeueSeconds * 1000) {
    const { messageId } = job.offer;
    const { name, session } = job.offer.runner;
    if (session) session.messages = session.messages.filter((message) => message.messageId !== messageId);
    job.offer = undefined;
    job.misses += 1;
    if (job.misses >= model.wire.maxMisses)
      conclude(
        model,
        job,
        "cancelled",
        `The job was not acquired by runner ${name} even after multiple attempts.`,
      );
  }
}

function sweepRunning(model: Model, job: Job, now: number, wireNow: number): void {
  const runner = job.runner?.name ?? "unknown";
  if (wireNow > job.lockedUntilWireMs) {
    conclude(model, job, "failure", `The self-hosted runner: ${runner} lost communication with the server.`);
  } else if (
    job.cancelledWireMs !== undefined &&
    wireNow - job.cancelledWireMs > model.wire.cancelGraceSeconds * 1000
  ) {
    conclude(model, job, "cancelled", `Runner ${runner} did not end the cancelled job in time.`);
  } else if (now - job.startedAt! > job.timeoutMinutes * 60_000 && job.cancelledWireMs === undefined) {
    job.annotations.push(
      `The job running on runner ${runner} has exceeded the maximum execution time of ${job.timeoutMinutes} minutes.`,
    );
    cancelJob(model, job);
  }
}

function offer(model: Model, job: Job): void {
  const taken = allJobs(model).flatMap((other) => {
    const holder = other.status === "in_progress" ? other.runner : other.offer?.runner;
    return holder ? [holder] : [];
  });
  const free = model.runners.filter(
    (runner) =>
      isOnline(model, runner) &&
      !taken.includes(runner) &&
      mayUse(model, job.run.repository, runner) &&
      hasLabels(model, runner, job.labels),
  );
  // Prefer a runner that is polling at this moment to one that only counts as online.
  const runner = free.find(({ session }) => session!.openPolls > 0) ?? free[0];
  if (!runner) return;
  job.offer = { runner, messageId: 0, sinceWireMs: model.wireNow(), acknowledged: false };
  job.offer.messageId = send(model, runner, { type: "RunnerJobRequest", body: { requestId: job.requestId } });
}

function hasLabels(model: Model, runner: RunnerEntry, wanted: readonly string[]): boolean {
  const { systemLabels, customLabels, keptLabels } = runner;
  const isKept = keptLabels !== undefined && model.wireNow() < keptLabels.untilWireMs;
  const labels = [...systemLabels, ...customLabels, ...(isKept ? keptLabels.names : [])];
  return wanted.every((label) => labels.some((own) => sameName(own, label)));
}
