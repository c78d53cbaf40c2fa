import type { Power } from "../../contract/parameters.ts";
import type { MachineState } from "../../contract/tags.ts";
import type { Listing } from "../../contract/wishes.ts";
import type { AfterExit } from "./exit-codes.ts";

/** All that a decision rests on. Durations and moments are milliseconds of the monotonic clock. */
export interface Observation {
  now: number;
  /** Undefined: no listener runs. */
  listener: { listening: boolean } | undefined;
  /** A worker process runs, even one whose listener has died. */
  worker: boolean;
  /** The runner's own update script runs. */
  updating: boolean;
  /** A job's message has been received and its end has not been told. */
  job: boolean;
  /** When the job last gave a sign of itself: its message, its beginning, a worker. */
  jobSignAt: number;
  /** What the last exit of the listener asks for, and when it was. */
  exit: { at: number; after: AfterExit } | undefined;
  /** The runner's registration is on the disk. */
  registered: boolean;
  /** The machine's place on its fleet's lists, from the last time they could be read. */
  listing: Listing;
  /** It has been on a list at some time, or the whole fleet closes. */
  mayRetire: boolean;
  /** Not before this does it leave: something had arrived when its listener was ended, which must run again. */
  mayLeaveAt: number;
  /** Undefined: never read since the agent started. */
  power: { power: Power; by: string; reason: string } | undefined;
  /** The timer that powers off a machine whose agent does not come up. */
  bootTimer: "armed" | "cancelled";
}

/** What to do now, and what to say of the machine. */
export interface Decision {
  action: Action;
  state: MachineState;
  /** One sentence for people; empty where the state says it all. */
  detail: string;
}

export type Action =
  | "stay"
  | "cancel-boot-timer"
  | "start-listener"
  /** It holds a job's message that has come to nothing: end it and start anew. */
  | "restart-listener"
  /** Take the token in the machine's parameter, if there is one, and register again. */
  | "register"
  /** End the listener, power off for good. */
  | "retire";

/** After this long without a sign, GitHub has given the job's lock up (it lasts ten minutes). */
export const stuckAfterMs = 11 * 60_000;

/** An update script that runs longer than this has failed. */
export const updateLimitMs = 5 * 60_000;

/**
 * The one place where it is decided what happens to a machine. The invariant:
 * nothing here ends a machine or a listener while a job has been received and
 * has not ended, except a listener whose job GitHub has given up.
 */
export function decide(seen: Observation): Decision {
  const { now, listener, exit } = seen;
  if (seen.bootTimer === "armed" && (isListed(seen.listing) || listener)) {
    return { action: "cancel-boot-timer", state: seen.job ? "busy" : "starting", detail: "" };
  }
  if (seen.job || seen.worker) return decideWithJob(seen);
  if (seen.updating && now - (exit?.at ?? now) < updateLimitMs) {
    return stay("starting", "The runner updates itself.");
  }
  if (seen.listing === "none" && seen.mayRetire && now >= seen.mayLeaveAt) {
    return { action: "retire", state: "leaving", detail: "On neither list of its fleet any more." };
  }
  if (listener) return stay(listener.listening ? "idle" : "starting");
  return decideWithoutListener(seen);
}

function decideWithJob({ now, listener, worker, jobSignAt }: Observation): Decision {
  if (!listener) return stay("busy", "The listener has died; its worker still runs.");
  if (worker || now - jobSignAt < stuckAfterMs) return stay("busy");
  const detail = "Received a job that neither began nor ended: the listener is started anew.";
  return { action: "restart-listener", state: "starting", detail };
}

function decideWithoutListener(seen: Observation): Decision {
  const { now, listing, registered, exit } = seen;
  const needsToken = !registered || exit?.after.then === "needs-token";
  // Whatever lists and power say: the job that had arrived waits at GitHub for this very runner.
  if (now >= seen.mayLeaveAt || needsToken) {
    if (listing === "unknown") return stay("waiting", "The lists of its fleet cannot be read.");
    if (listing === "none") return stay("waiting", "On neither list of its fleet.");
    if (needsToken) {
      return { action: "register", state: "needs-token", detail: "Waits for a registration token." };
    }
    const off = whyOff(seen);
    if (off !== undefined) return stay("waiting", off);
  }
  if (exit?.after.then === "version-refused") {
    return stay("failed", "GitHub refuses this version of the runner: raise runner.version, run pulumi up.");
  }
  if (exit?.after.then === "restart" && now - exit.at < exit.after.afterMs) {
    return stay("starting", `The listener starts again soon: ${exit.after.reason}.`);
  }
  return { action: "start-listener", state: "starting", detail: "" };
}

/** Why the fleet's power setting keeps the listener off; undefined: it does not. */
function whyOff({ power }: Observation): string | undefined {
  if (!power) return "The power setting of its fleet cannot be read.";
  return power.power === "off" && power.by === "budget"
    ? `Power is off by the budget: ${power.reason}.`
    : undefined;
}

function stay(state: MachineState, detail = ""): Decision {
  return { action: "stay", state, detail };
}

function isListed(listing: Listing): boolean {
  return listing === "service" || listing === "candidate";
}
