import { Failure, isFault } from "../contract/failure.ts";

/** What `longhaul` exits with. */
export const exitCodes = {
  done: 0,
  failed: 1,
  /** The command line, the request or the credentials are not what the verb needs. */
  badUsage: 2,
  /** Nothing is wrong, but something is still going on: run it again later. */
  notFinished: 3,
  /** Longhaul itself has a fault. People are asked to report it. */
  fault: 4,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The command was called without what it needs. */
export class BadUsage extends Failure {}

/** What was asked for is not finished yet, and nothing has failed. */
export class NotFinished extends Failure {}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof BadUsage) return exitCodes.badUsage;
  if (isFault(error)) return exitCodes.fault;
  return error instanceof NotFinished ? exitCodes.notFinished : exitCodes.failed;
}
