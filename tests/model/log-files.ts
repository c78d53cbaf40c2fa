import { stuckAfterMs } from "../../runtime/agent/decide.ts";
import type { JobEvent } from "../../runtime/agent/job-events.ts";
import { wakeAgent } from "./agent.ts";
import { disturb } from "./breaches.ts";
import type { Job } from "./github.ts";
import type { Listener } from "./listener.ts";
import type { Machine, World } from "./world.ts";

/** A piece of the listener's output: bytes, and what its last line tells the agent, if anything. */
export interface LogEntry {
  bytes: number;
  event: JobEvent | undefined;
}

const at = "2026-05-01T10:00:00.000Z";

/** What the listener can report. The times in it decide nothing. */
export const events = {
  session: { kind: "session-created" },
  received: { kind: "received", at },
  notAcquired: { kind: "not-acquired" },
  acquired: (job) => ({ kind: "acquired", id: job.name, at }),
  running: (job) => ({ kind: "running", id: job.name, at }),
  ended: (job) => ({ kind: "ended", id: job.name, result: "Succeeded", at }),
  online: { kind: "free", at },
  registrationGone: { kind: "registration-gone" },
} satisfies Record<string, JobEvent | ((job: Job) => JobEvent)>;

/** Writes a line to `Runner.perf`. If that fails, the listener only traces the failure, and continues. */
export function mark(world: World, { machine }: Listener, event: JobEvent): void {
  if (world.time.now < machine.perfLostUntil) {
    disturb(world, machine, stuckAfterMs);
    return;
  }
  machine.perf.push(event);
  noteSign(world, machine);
  wakeAgent(world, machine);
}

/**
 * Writes a line to the listener's output, after some that mean nothing. An
 * earlier listener's output goes to an earlier file.
 */
export function say(world: World, { machine, log }: Listener, event: JobEvent, bytes = 500): void {
  if (world.time.now < machine.diskFullUntil) {
    swallow(world, machine);
    return;
  }
  log.push({ bytes, event });
  noteSign(world, machine);
  wakeAgent(world, machine);
}

/**
 * If the end of an earlier job was not reported, each later sign of work delays
 * the moment when that is noticed.
 */
function noteSign(world: World, machine: Machine): void {
  disturb(world, machine, machine.untold ? stuckAfterMs : 0);
}

/** An agent that does not learn of the end of a job waits until GitHub has given it up. */
function swallow(world: World, machine: Machine): void {
  machine.untold = true;
  disturb(world, machine, stuckAfterMs);
}
