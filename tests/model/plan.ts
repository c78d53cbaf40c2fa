import type { LimitsSetting } from "../../contract/parameters.ts";
import { randomFrom } from "./random.ts";
import type { Random } from "./random.ts";

/**
 * Something that happens to the environment from outside. Machines are given by
 * a number, taken modulo how many there are.
 */
export type Happening = { at: number } & (
  | { what: "job"; ms: number; only?: number }
  | { what: "power"; power: "on" | "off"; by: "stack" | "working-hours" | "budget" }
  | { what: "override"; runner?: number; power?: "on" | "off"; forMs?: number }
  /**
   * `pulumi up` that replaces a machine. If it fails, the old one stays in
   * service and both stay candidates.
   */
  | { what: "rotate"; machine: number; fails: boolean }
  | { what: "drop" | "name"; machine: number }
  | { what: "empty-lists" | "mend-lists" | "close" | "reopen" | "settle" }
  | { what: "damage"; parameter: "candidates" | "roster" | "power" | "override"; forMs: number }
  | {
      what:
        | "unregister"
        | "reboot"
        | "listener-dies"
        | "listener-hangs"
        | "agent-dies"
        | "start-by-hand"
        | "update";
      machine: number;
    }
  | { what: "clock"; machine: number; byMs: number }
  | { what: "disk-full"; machine: number; forMs: number }
  | { what: "aws-out" | "end-refused"; forMs: number }
);

/** All that a seed decides before time begins. Durations in milliseconds. */
export interface Plan {
  seed: number;
  machines: number;
  happenings: readonly Happening[];
  /**
   * Nothing happens from outside after this: what was broken is repaired, and the
   * environment must come to rest.
   */
  calmAt: number;
  /** The idle timeout until then, and how long a job may run. */
  limits: LimitsSetting;
  /** The desired state from then on. */
  last: { power: "on" | "off"; closing: boolean };
  github: {
    /** How long GitHub continues to offer jobs to a listener that has lost its connection. */
    onlineMs: number;
    /** How long the session of such a listener blocks the next one. */
    lingerMs: number;
    /** The delay of the busy flag. */
    flagMs: number;
    /** How likely it is that the server closes the connection after a poll. */
    churn: number;
    /** How likely it is that the answer to an acquisition is lost. */
    answerLost: number;
  };
  /** How likely it is that a job is queued at the worst moment, when a machine is about to leave. */
  temptation: number;
  /** How likely it is that an agent dies in the middle of an act. */
  nervous: number;
  /** How likely it is that a job keeps the listener from writing its performance log as long as it runs. */
  mutes: number;
  /** How likely it is that a boot fails, or is so slow that its timer runs out as its agent starts. */
  bootFails: number;
  /** How long `shutdown` waits for delay locks before it ends anything. */
  delayLockMs: number;
  /**
   * Makes every look, including those that would see what the last one saw. This
   * is slow, and has the same result.
   */
  everyLook: boolean;
  /** Milliseconds from the log to the sockets in a look. */
  lookMs: number;
  /** How likely it is that an action is late, on a machine under load. */
  load: number;
}

const second = 1000;
const minute = 60 * second;

export function planOf(seed: number): Plan {
  const random = randomFrom(seed);
  const calmAt = random.between(8 * minute, 50 * minute);
  const happenings = Array.from({ length: 2 + random.below(9) }, () => happening(random, calmAt));
  for (let jobs = random.below(5); jobs > 0; jobs--) happenings.push(job(random, random.between(0, calmAt)));
  happenings.sort((one, other) => one.at - other.at);
  const plan: Plan = {
    seed,
    machines: 1 + random.below(3),
    happenings,
    calmAt,
    limits: {
      ...(random.chance(0.15) && { idleMinutes: random.between(1, 15) }),
      minimumAwake: random.below(2),
    },
    last: { power: random.chance(0.5) ? "on" : "off", closing: random.chance(0.15) },
    github: {
      onlineMs: random.chance(0.5) ? random.between(0, 2 * second) : random.between(0, minute),
      lingerMs: random.chance(0.3) ? 0 : random.between(0, 4 * minute),
      flagMs: random.chance(0.5) ? 0 : random.between(0, minute),
      churn: random.pick([0, 0, 0.1, 1]),
      answerLost: random.chance(0.1) ? 0.1 : 0,
    },
    everyLook: false,
    temptation: random.pick([0, 0.5, 1]),
    nervous: random.chance(0.2) ? 0.3 : 0,
    mutes: random.chance(0.1) ? 0.5 : 0,
    bootFails: random.chance(0.1) ? 0.4 : 0,
    delayLockMs: random.pick([0, 5 * second, 30 * second]),
    lookMs: random.delay(0.3, 8, 20, 200),
    load: random.pick([0.01, 0.05, 0.3]),
  };
  const limited = random.chance(0.3) ? { ...plan, limits: { ...plan.limits, ...jobLimit(random) } } : plan;
  return random.chance(0.1)
    ? { ...limited, happenings: [...happenings, unregister(random, calmAt)] }
    : limited;
}

/** Most jobs end within the limit, and many do not; most limits only warn. */
function jobLimit(random: Random): Pick<LimitsSetting, "maxJobHours" | "enforce"> {
  return { maxJobHours: random.between(minute, 30 * minute) / (60 * minute), enforce: random.chance(0.3) };
}

function job(random: Random, at: number): Happening {
  const ms = random.chance(0.8)
    ? random.between(5 * second, 10 * minute)
    : random.between(10 * minute, 180 * minute);
  return { at, what: "job", ms, ...(random.chance(0.1) && { only: random.below(8) }) };
}

/** A person removes a machine from GitHub's list of runners. */
function unregister(random: Random, calmAt: number): Happening {
  return { at: random.between(0, calmAt), what: "unregister", machine: random.below(8) };
}

/** Each kind with its weight. Changes of the desired state come first, because the protocol is about them. */
const kinds: [weight: number, make: (random: Random, at: number, machine: number) => Happening][] = [
  [8, (random, at) => ({ at, what: "power", power: random.pick(["on", "off", "off"]), by: "working-hours" })],
  [3, (random, at) => ({ at, what: "power", power: random.pick(["on", "off"]), by: "budget" })],
  [
    6,
    (random, at, machine) => ({
      at,
      what: "override",
      ...(random.chance(0.5) && { runner: machine }),
      ...(random.chance(0.7) && { power: random.pick(["on", "off", "off"]) }),
      ...(random.chance(0.4) && { forMs: random.between(minute, 30 * minute) }),
    }),
  ],
  [6, (random, at, machine) => ({ at, what: "rotate", machine, fails: random.chance(0.2) })],
  [4, (_, at, machine) => ({ at, what: "drop", machine })],
  [3, (_, at, machine) => ({ at, what: "name", machine })],
  [1, (_, at) => ({ at, what: "empty-lists" })],
  [1, (_, at) => ({ at, what: "mend-lists" })],
  [
    2,
    (random, at) => ({
      at,
      what: "damage",
      parameter: random.pick(["candidates", "roster", "power", "override"]),
      forMs: random.between(minute, 20 * minute),
    }),
  ],
  [1, (_, at) => ({ at, what: "close" })],
  [1, (_, at) => ({ at, what: "reopen" })],
  [1, (_, at, machine) => ({ at, what: "reboot", machine })],
  [2, (_, at, machine) => ({ at, what: "listener-dies", machine })],
  [2, (_, at, machine) => ({ at, what: "listener-hangs", machine })],
  [4, (_, at, machine) => ({ at, what: "agent-dies", machine })],
  [1, (_, at, machine) => ({ at, what: "start-by-hand", machine })],
  [1, (_, at, machine) => ({ at, what: "update", machine })],
  [
    1,
    (random, at, machine) => ({
      at,
      what: "clock",
      machine,
      byMs: random.between(-90 * minute, 90 * minute),
    }),
  ],
  [1, (random, at, machine) => ({ at, what: "disk-full", machine, forMs: random.between(0, 30 * minute) })],
  [2, (random, at) => ({ at, what: "aws-out", forMs: random.between(0, 60 * minute) })],
  [1, (random, at) => ({ at, what: "end-refused", forMs: random.between(0, 20 * minute) })],
  [3, (_, at) => ({ at, what: "settle" })],
];
const weights = kinds.flatMap(([weight, make]) => Array.from({ length: weight }, () => make));

function happening(random: Random, calmAt: number): Happening {
  return random.pick(weights)(random, random.between(0, calmAt), random.below(8));
}
