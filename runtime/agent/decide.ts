import { Fault } from "../../contract/failure.ts";
import { idleTimeoutWords, powerOffWords } from "../../contract/last-words.ts";
import type { MachineState } from "../../contract/tags.ts";
import { isListed } from "./fleet-memory.ts";
import { hungSentence, isHung } from "./hung-listener.ts";
import type { RunnerObservation } from "./runner-observation.ts";
import { actOnOverdue, overdueDetail } from "./job-limit.ts";

/** What to do now, and what to report. */
export interface Decision {
  action: Action;
  state: MachineState;
  /** One sentence for people; empty if the state says enough. */
  detail: string;
}

export type Action =
  | "stay"
  | "cancel-boot-timer"
  | "start-listener"
  /** Stop all its threads, then look again at once. */
  | "freeze"
  /** Thaw it. */
  | "thaw"
  /** End it at once: it is frozen and holds nothing but, perhaps, a job that GitHub has given up. */
  | "end-listener"
  /**
   * Tell the observed worker to end its job: SIGTERM. The running step is ended, the others are skipped, and the runner
   * reports to GitHub that the job failed because of a shutdown; the listener goes on with the next job.
   */
  | "end-job"
  /** Kill the observed worker, which has not ended although it was told to: the listener fails its job at GitHub. */
  | "kill-job"
  /** Read the token in the machine's parameter, if there is one, and register again. */
  | "register"
  /** Power off; disk and registration stay. */
  | "sleep"
  /** Power off for good. */
  | "retire";

/** Milliseconds without a sign of activity after which GitHub has given up the job's lock (it lasts ten minutes). */
export const stuckAfterMs = 11 * 60_000;

/** Milliseconds after which an update script that still runs has failed. */
export const updateLimitMs = 5 * 60_000;

/**
 * Milliseconds that a machine stays for a job that was on its way to it when its
 * listener ended. GitHub may keep the old session for four minutes, and assigns
 * the job again within three minutes after that.
 */
export const returnMs = 7 * 60_000;

/**
 * The one place that decides what happens to a machine. The invariant: nothing
 * here ends a machine or a listener between a job's message and its end, except
 * a listener whose job GitHub has given up. A job itself is ended only if its
 * fleet's limit is enforced and the job is overdue.
 *
 * A machine leaves in steps, and each is decided on what is observed at that
 * moment. So an agent that dies in between continues where it was: quiet →
 * freeze the listener → look again, thaw if anything is unclear → end it while
 * it is frozen → look again → power off.
 *
 * @throws if a number is NaN, which is neither before nor after any moment
 */
export function decide(seen: RunnerObservation): Decision {
  refuseNaN(seen);
  const { now, listener, exit } = seen;
  const leave = wantsToLeave(seen);
  if (listener?.frozen) return decideFrozen(seen, leave);
  if (seen.bootTimer === "armed" && (isListed(seen.listing) || listener)) {
    return { action: "cancel-boot-timer", state: seen.job ? "busy" : "starting", detail: "" };
  }
  if (seen.job || seen.worker) return decideWithJob(seen, leave);
  if (seen.updating && now - (exit?.at ?? now) < updateLimitMs) {
    return stay("starting", "The runner updates itself.");
  }
  if (leave && !isAwaited(seen)) {
    if (!listener) return { action: leave.by, state: "leaving", detail: leave.lastWords };
    const because =
      now - seen.lastActivityAt < seen.quietMs
        ? "it has not been quiet for long enough"
        : seen.pendingJobEvidence;
    if (because === undefined) return { action: "freeze", state: "leaving", detail: leave.why };
    return stay(listener.listening ? "idle" : "starting", `${leave.why} Stays: ${because}.`);
  }
  if (!listener) return decideWithoutListener(seen);
  if (isHung(seen) && seen.pendingJobEvidence === undefined) return { action: "freeze", ...hung };
  if (seen.refusals > 0) return stay("failed", `${refusedSentence} The listener is being tried again.`);
  return stay(listener.listening ? "idle" : "starting");
}

/** A frozen listener is ended or thawed at the next look, within a second: GitHub must not notice the freeze. */
function decideFrozen(seen: RunnerObservation, leave: Leave | undefined): Decision {
  const { job, worker } = seen;
  const because = worker || (job && !isStuck(seen)) ? "a job has arrived" : pendingJob(seen);
  if (because === undefined && job) return { action: "end-listener", ...stuck };
  if (because === undefined && leave) return { action: "end-listener", state: "leaving", detail: leave.why };
  if (because === undefined && isHung(seen)) return { action: "end-listener", ...hung };
  const detail = leave ? `${leave.why} Stays: ${because!}.` : "Does not leave.";
  return { action: "thaw", state: job || worker ? "busy" : "idle", detail };
}

const stuck = {
  state: "starting",
  detail: "Received a job that neither began nor ended: the listener is restarted.",
} as const;

const hung = { state: "starting", detail: hungSentence } as const;

/** This holds until a listener runs again. */
export const refusedSentence =
  "GitHub refuses this version of the runner: raise runner.version, run pulumi up.";

function decideWithJob(seen: RunnerObservation, leave: Leave | undefined): Decision {
  if (seen.worker) return decideWithWorker(seen, leave);
  if (!seen.listener || !isStuck(seen)) return stay("busy", afterItsJob(leave));
  const because = pendingJob(seen);
  if (because !== undefined) return stay("busy", `Its job neither began nor ended. Stays: ${because}.`);
  // GitHub may be assigning it another job at this very moment.
  return { action: "freeze", ...stuck };
}

function decideWithWorker(seen: RunnerObservation, leave: Leave | undefined): Decision {
  const orphaned = seen.listener ? "" : "The listener has died; its worker still runs.";
  const detail = [overdueDetail(seen), orphaned || afterItsJob(leave)].filter(Boolean).join(" ");
  return { action: actOnOverdue(seen), state: "busy", detail };
}

function afterItsJob(leave: Leave | undefined): string {
  return leave ? `Leaves when its job has ended. ${leave.why}` : "";
}

/** GitHub has given up its job, or the end of the job was not logged: a full disk, a log that was cut. */
function isStuck({ now, job, worker, lastActivityAt }: RunnerObservation): boolean {
  return job && !worker && now - lastActivityAt >= stuckAfterMs;
}

/** The reason not to end the listener, if any. After 2 × `stuckAfterMs`, unread bytes no longer count as one. */
function pendingJob({ now, job, lastActivityAt, pendingJobEvidence }: RunnerObservation): string | undefined {
  return job && now - lastActivityAt >= 2 * stuckAfterMs ? undefined : pendingJobEvidence;
}

export interface Leave {
  by: "sleep" | "retire";
  /** One sentence, reported while it leaves. */
  why: string;
  /** Its last report: it cannot be corrected while the machine is off. */
  lastWords: string;
}

const onNoList = "On neither list of its fleet any more.";

/** Whether lists and power want the machine to sleep or to retire; undefined: it stays. */
export function wantsToLeave({
  now,
  listing,
  mayRetire,
  power,
  sleepAt,
}: Pick<RunnerObservation, "now" | "listing" | "mayRetire" | "power" | "sleepAt">): Leave | undefined {
  if (listing === "none") {
    return mayRetire ? { by: "retire", why: onNoList, lastWords: onNoList } : undefined;
  }
  if (!power || (now < sleepAt && (power.power === "on" || power.by !== "budget"))) return undefined;
  if (power.power === "on") {
    const why = "It has had no job for as long as its fleet allows.";
    return { by: "sleep", why, lastWords: idleTimeoutWords };
  }
  const why = `Power is off by ${power.by}: ${power.reason}.`;
  return { by: "sleep", why, lastWords: powerOffWords(power) };
}

/** True if GitHub may be about to assign to this machine again a job that its listener could not take. */
function isAwaited({ now, missedAt }: RunnerObservation): boolean {
  return missedAt !== undefined && now - missedAt < returnMs;
}

function decideWithoutListener(seen: RunnerObservation): Decision {
  const { now, listing, registered, exit } = seen;
  const needsToken = !registered || exit?.after.then === "needs-token";
  // Lists and power do not matter while a job is awaited: GitHub holds the job for this very runner.
  if (!isAwaited(seen) || needsToken) {
    if (listing === "unknown") return stay("waiting", "The lists of its fleet cannot be read.");
    if (listing === "none") return stay("waiting", "On neither list of its fleet.");
    if (needsToken) {
      return { action: "register", state: "needs-token", detail: "Waits for a registration token." };
    }
    if (!seen.power) return stay("waiting", "The power setting of its fleet cannot be read.");
  }
  if (exit?.after.then === "version-refused" && now - exit.at < exit.after.afterMs) {
    return stay("failed", `${refusedSentence} The listener is tried again at ${exit.after.again}.`);
  }
  if (exit?.after.then === "restart" && now - exit.at < exit.after.afterMs) {
    return stay("starting", `The listener starts again soon: ${exit.after.reason}.`);
  }
  return { action: "start-listener", state: "starting", detail: "" };
}

function stay(state: MachineState, detail = ""): Decision {
  return { action: "stay", state, detail };
}

function refuseNaN(seen: RunnerObservation): void {
  const names = Object.entries(seen).flatMap(([name, value]) => (Number.isNaN(value) ? [name] : []));
  if (names.length > 0)
    throw new Fault(`Nothing can be decided, because these values are not numbers: ${names.join(", ")}.`);
}
