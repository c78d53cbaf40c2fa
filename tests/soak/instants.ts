import { EventEmitter, once } from "node:events";
import { readFileSync } from "node:fs";
import { machineName } from "../../contract/names.ts";
import type { Instance } from "../../local/aws/state.ts";
import { eventually } from "../environment.ts";
import type { TestEnvironment } from "../environment.ts";
import { instanceOf } from "../journey/one-runner.ts";
import type { Instant } from "./plan.ts";

/** The instants of one machine in one round. */
export interface Instants {
  /** Resolves when the instant occurs. Call this before it can occur. */
  at(instant: Instant): Promise<void>;
  /** Reports an instant that only the round knows. */
  tell(instant: "change" | "started"): void;
  /** Watches the machine's leaving from now on. Resolves when the machine is off. */
  watchLeaving(): Promise<void>;
  /** Stops watching. Instants that have not occurred count as over, so that nothing waits for them. */
  close(): void;
}

/** Prefix of each line of the agent's journal on the machine's console. */
export const agentPrefix = "longhaul-agent.service: ";

/** In the order in which they occur. */
const leavingInstants: readonly Instant[] = ["leaving", "ended", "off"];

/** A freeze lasts 20 ms. */
const watchEveryMs = 1;

export interface WatchedMachine {
  runner: string;
  instanceId: string;
  /** Process id of its listener. */
  listener: number;
}

/**
 * Watches a machine from outside, as no part of the product can: its listener
 * through the kernel, its sessions and jobs at the emulated GitHub. Without a
 * machine, all instants of its leaving are over at once.
 *
 * @param leaveLimitMs how long the machine may take from the beginning of the
 * watch until it is off
 */
export function watchInstants(
  environment: TestEnvironment,
  machine: WatchedMachine | undefined,
  leaveLimitMs: number,
): Instants {
  const seen = new EventEmitter();
  const { faults } = environment.cloud.github;
  const moments = (["session-created", "completed"] as const).map((at) =>
    machine === undefined
      ? () => undefined
      : faults.add({
          kind: "moment",
          times: 1,
          at,
          runner: machineName(machine.runner, machine.instanceId),
          action: () => seen.emit(at === "completed" ? "completed" : "session"),
        }),
  );
  const isOff = () =>
    machine === undefined ||
    ["stopped", "terminated"].includes(instanceOf(environment, machine.instanceId).state);
  const saysLeaving = () =>
    machine !== undefined && lastWordOf(instanceOf(environment, machine.instanceId)).startsWith("leaving");
  let closed = false;
  let ahead: readonly Instant[] = leavingInstants;
  /** A look can come too late for the first of two instants. */
  const pass = (instant: Instant) => {
    const passed = ahead.slice(0, ahead.indexOf(instant) + 1);
    ahead = ahead.slice(passed.length);
    for (const each of passed) seen.emit(each);
  };

  return {
    at: async (instant) => {
      await once(seen, instant);
    },
    tell: (instant) => {
      seen.emit(instant);
    },
    watchLeaving: async () => {
      const what = `${machine?.runner ?? "a machine"} (${machine?.instanceId ?? "gone"}) has left`;
      await eventually(
        what,
        () => {
          const state = machine && listenerState(machine.listener);
          if (state === "frozen" || saysLeaving()) pass("leaving");
          if (state === undefined) pass("ended");
          return closed || isOff();
        },
        leaveLimitMs,
        watchEveryMs,
      );
      pass("off");
    },
    close: () => {
      closed = true;
      for (const disarm of moments) disarm();
      for (const instant of [...ahead, "session", "completed"]) seen.emit(instant);
      ahead = [];
    },
  };
}

/** The agent's last message: its journal goes to the console as well. */
function lastWordOf({ console }: Pick<Instance, "console">): string {
  return console.slice(console.lastIndexOf(agentPrefix) + agentPrefix.length);
}

/** The listener's state in the kernel; undefined: it has ended. */
export function listenerState(pid: number): "frozen" | "runs" | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const state = stat.charAt(stat.lastIndexOf(")") + 2);
    if (state === "Z") return undefined;
    return state === "T" ? "frozen" : "runs";
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
