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

/** The whole state of one schedule. */
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
  /** Number of sockets so far: the kernel numbers them. */
  sockets: number;
  /** Jobs that were queued at the worst moment. */
  tempted: number;
  tally: Tally;
  breaches: Breach[];
  /** What happened, for people; absent if it is not read. */
  trace: TraceLine[] | undefined;
}

export interface TraceLine {
  at: number;
  /** The machines and jobs that the line is about. */
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
  /** A file on its disk: the agent may have told EC2 to terminate the machine when it powers off. */
  ending: boolean;
  /** When it was last started. */
  launchedAt: number;
  /** Its tags: its last report, with a time since the epoch. */
  report: MachineTags | undefined;
  /** At how many calls of the controller in a row it slept without a reason. */
  sleptWithoutReason: number;
  /** Counts boots, so that actions of an earlier boot have no effect. */
  boot: number;
  /** When the timer of the boot script powers it off; Infinity: it was cancelled. */
  timerAt: number;
  /** What has told its system to power off, which waits for delay locks; undefined: nothing. */
  goingDown: PowerOffCause | undefined;
  /** Whether an agent has asked for that. A file says so, which a reboot removes. */
  poweringOff: boolean;
  /** Its wall clock minus the true time. */
  clockOffMs: number;
  listed: boolean;
  registered: boolean;
  /** Whether its boot script has registered it, which it does only once. */
  wasRegistered: boolean;
  /**
   * Whether its agent has asked for a registration token, and when it finds one;
   * Infinity: none was written.
   */
  needsToken: boolean;
  tokenAt: number;
  diskFullUntil: number;
  /** Until when a job keeps the performance log from being written. */
  perfLostUntil: number;
  /** Whether a full disk has swallowed the listener's output since its start. */
  untold: boolean;
  /** The two files that the listener writes; each start begins new ones. */
  perf: JobEvent[];
  log: LogEntry[];
  /** The content of the listener's process file, which is in memory and lost with a reboot. */
  listenerMark: Listener | undefined;
  /** All running listeners, including the marked one and one without a mark. */
  listeners: Listener[];
  /** Until when its self-updates are in progress. */
  updatingUntil: number;
  agent: Agent | undefined;
  /** When it last was on neither list, or its fleet was closing; Infinity while it is. */
  unlistedAt: number;
  /** How the parameters ask it to leave, and since when; undefined: they do not. */
  wanted: { kind: WayToLeave; by: string | undefined; since: number } | undefined;
  /** The moment of leaving for which a job was last queued. */
  temptedAt: number;
  /** When the settings were read on which its last decision to leave rests. */
  leftOnReadAt: number;
  /** When something last gave it a reason to wait. */
  disturbedAt: number;
}

/** The budget does not wait for a turn, unlike sleep for another reason. */
export type WayToLeave = "retire" | "budget" | "sleep";

/** The moment at which a schedule's time begins, in milliseconds since the epoch. */
export const epoch = Date.UTC(2026, 4, 1, 10);

/** What ended a listener or a machine. Only `outside` is not caused by Longhaul. */
export type Cause = PowerOffCause | "settle" | "outside";

/** What runs `shutdown`. */
export type PowerOffCause = "agent" | "boot timer";
