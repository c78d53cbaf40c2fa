import type { JobEvent } from "../../runtime/agent/job-events.ts";
import type { MachineTags } from "../../runtime/functions/controller/machine.ts";
import type { Agent } from "./agent.ts";
import type { Breach, Tally } from "./breaches.ts";
import type { Github } from "./github.ts";
import type { Listener } from "./listener.ts";
import type { LogEntry } from "./log-files.ts";
import type { FleetParameters } from "./parameters.ts";
import type { Plan } from "./plan.ts";
import type { Random } from "./random.ts";
import type { Timeline } from "./timeline.ts";
import type { Variant } from "./variants.ts";

/** Everything there is in one schedule. */
export interface World {
  plan: Plan;
  variant: Variant;
  random: Random;
  time: Timeline;
  github: Github;
  parameters: FleetParameters;
  machines: Machine[];
  /** Until when AWS answers no call, and until when EC2 refuses to change the shutdown behaviour. */
  awsOutUntil: number;
  endRefusedUntil: number;
  /** How many sockets there have been: the kernel numbers them. */
  sockets: number;
  /** Jobs that were queued at the worst moment. */
  tempted: number;
  tally: Tally;
  breaches: Breach[];
  /** What happened, for people; absent where nobody reads it. */
  trace: TraceLine[] | undefined;
}

export interface TraceLine {
  at: number;
  /** The machines and jobs that it is about. */
  of: readonly string[];
  text: string;
}

/** An EC2 instance with what is on its disk. */
export interface Machine {
  name: string;
  runner: string;
  instanceId: string;
  state: "pending" | "running" | "stopping" | "stopped" | "terminated";
  /** What EC2 does when the machine powers off. */
  shutdownBehavior: "stop" | "terminate";
  /** It may have told EC2 to terminate it when it powers off: a file on its disk. */
  ending: boolean;
  /** When it was last started. */
  launchedAt: number;
  /** Its tags: what it last said of itself, with a moment since the epoch. */
  report: MachineTags | undefined;
  /** At how many calls of the controller in a row it slept although nothing kept it asleep. */
  sleptWithoutReason: number;
  /** Counts boots, so that what was under way in an earlier one is over. */
  boot: number;
  /** When the timer of the boot script powers it off; Infinity: it was cancelled. */
  timerAt: number;
  /** Who has told its system to power off, which waits for delay locks; undefined: nobody. */
  goingDown: PowerOffCause | undefined;
  /** An agent has asked for that: a file that is lost with a reboot says so. */
  poweringOff: boolean;
  /** Its wall clock minus the true time. */
  clockOffMs: number;
  listed: boolean;
  registered: boolean;
  /** Its boot script has registered it, which it does but once. */
  wasRegistered: boolean;
  /** Its agent has said that it needs a registration token, and when it finds one; Infinity: nobody has written one. */
  needsToken: boolean;
  tokenAt: number;
  diskFullUntil: number;
  /** Until when a job keeps the performance log from being written. */
  perfLostUntil: number;
  /** A full disk has swallowed what the listener told since its start. */
  untold: boolean;
  /** The two files that the listener writes; each start begins new ones. */
  perf: JobEvent[];
  log: LogEntry[];
  /** What the file of the listener's process says. Its memory is lost with a reboot. */
  listenerMark: Listener | undefined;
  /** All listeners that run, the marked one and one that nobody has a mark of. */
  listeners: Listener[];
  /** Ends of self-updates that are under way. */
  updatingUntil: number;
  agent: Agent | undefined;
  /** When it last was on neither list, or its fleet was closing; Infinity while it is. */
  unlistedAt: number;
  /** How the parameters want it to leave, and since when; undefined: they do not. */
  wanted: { kind: WayToLeave; by: string | undefined; since: number } | undefined;
  /** The moment of leaving for which a job was last queued. */
  temptedAt: number;
  /** When what its last decision to leave rests on was read. */
  leftOnReadAt: number;
  /** When something last gave it a reason to wait. */
  disturbedAt: number;
}

/** The budget waits for no turn among those that share a desired. */
export type WayToLeave = "retire" | "budget" | "sleep";

/** The moment at which a schedule's time begins, in milliseconds since the epoch. */
export const epoch = Date.UTC(2026, 4, 1, 10);

/** Who or what ended a listener or a machine. Only `outside` is none of Longhaul's doing. */
export type Cause = PowerOffCause | "settle" | "outside";

/** What runs `shutdown`. */
export type PowerOffCause = "agent" | "boot timer";
