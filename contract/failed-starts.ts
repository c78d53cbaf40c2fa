import { withFullStop } from "./full-stop.ts";

/**
 * Starts that fail after EC2 has accepted them. `StartInstances` answers 200, the machine goes from `pending` back to
 * `stopped`, and its state reason says why: no capacity, no permission to use the key of its disk, an internal error
 * of AWS. The controller counts consecutive failures in a tag of the machine, and backs off longer each time.
 */

/** Why a machine is in its state, as EC2 has it. */
export interface StateReason {
  /** For example `Client.InternalError`. */
  code: string;
  /** EC2's words, which begin with the code. */
  message: string;
}

/**
 * State reasons of machines that ran until something shut them down. Any other reason of a stopped machine counts as a
 * failed start, also one that AWS has not documented yet: such a machine is only started less often.
 *
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html
 */
const shutdowns: ReadonlySet<string> = new Set([
  "Client.InstanceInitiatedShutdown",
  "Client.InstanceTerminated",
  "Client.UserInitiatedHibernate",
  "Client.UserInitiatedShutdown",
  "Server.ScheduledStop",
  "Server.SpotInstanceShutdown",
  "Server.SpotInstanceTermination",
]);

/**
 * True if a machine is stopped because its last start failed, so it has not run since. EC2 gives the same reasons for a
 * running machine that is lost to a failure of AWS (read, not tried).
 *
 * @param state EC2's word, for example `stopped`
 */
export function isFailedStart(state: string, { code }: Pick<StateReason, "code">): boolean {
  return state !== "pending" && state !== "running" && code !== "" && !shutdowns.has(code);
}

/** Consecutive failed starts of one machine. */
export interface FailedStarts {
  count: number;
  /** When the last of them was asked for. Milliseconds since the epoch. */
  lastAt: number;
}

/** A start that EC2 accepted and did not carry out. */
export interface FailedStart extends FailedStarts {
  /** EC2's words, which begin with the code of the reason. */
  why: string;
}

/**
 * The failed start that left a machine stopped; undefined if there is none.
 *
 * @param state EC2's word, for example `stopped`
 * @param tag the value of the tag {@link tags.failedStarts}
 * @param launchedAt milliseconds since the epoch
 */
export function failedStartOf(
  state: string,
  reason: StateReason,
  tag: string | undefined,
  launchedAt: number,
): FailedStart | undefined {
  if (!isFailedStart(state, reason)) return undefined;
  return { why: reason.message, ...parseFailedStarts(tag, launchedAt) };
}

/** The failed start as one sentence for people. */
export function failedStartSentence({ why, count }: FailedStart): string {
  const often = count === 1 ? "" : `, ${count} times in a row`;
  return `EC2 agreed to start it and did not${often}: ${withFullStop(why)}`;
}

/** The value of the tag {@link tags.failedStarts}: `3 2026-11-26T12:00:00.000Z`. */
export function formatFailedStarts({ count, lastAt }: FailedStarts): string {
  return `${count} ${new Date(lastAt).toISOString()}`;
}

/**
 * The failed starts of a machine, if its last start has failed. A missing or damaged tag counts as this one failure.
 *
 * @param launchedAt the time of its last start, from any cause; milliseconds since the epoch
 */
export function parseFailedStarts(tag: string | undefined, launchedAt: number): FailedStarts {
  const [, count = "1", moment = ""] = /^(\d{1,9}) (\S+)$/.exec(tag ?? "") ?? [];
  const rememberedAt = Date.parse(moment);
  return Number.isNaN(rememberedAt)
    ? { count: 1, lastAt: launchedAt }
    : { count: Number(count), lastAt: Math.max(launchedAt, rememberedAt) };
}

const firstWaitMs = 60_000;
const longestWaitMs = 60 * 60_000;

/** When a machine with failed starts is started again: a minute after the first failure, doubling up to an hour. */
export function nextStartAt({ count, lastAt }: FailedStarts): number {
  return lastAt + Math.min(longestWaitMs, firstWaitMs * 2 ** (count - 1));
}
