import { BadUsage } from "../exit-codes.ts";
import type { RotateFlags } from "./rotate-flags.ts";
import { checkSelection } from "./choose-runners.ts";
import type { RotationSelection } from "./choose-runners.ts";
import { isSameRotation } from "./journal.ts";
import type { Journal } from "./journal.ts";
import { describeUnfinished } from "./tell-rotation.ts";

/** The request of a command line. */
export type RotationRequest =
  { kind: "rotate"; selection: RotationSelection; atOnce: number } | { kind: "resume" } | { kind: "abandon" };

/** @throws BadUsage if it asks for nothing, or for several things */
export function parseRequest({
  fleet,
  runner,
  all,
  olderThan,
  atOnce,
  resume,
  abandon,
}: RotateFlags): RotationRequest {
  const selection: RotationSelection = {
    ...(fleet !== undefined && { fleet }),
    ...(runner && { runners: runner }),
    ...(all && { all }),
    ...(olderThan !== undefined && { olderThan }),
  };
  if (!resume && !abandon) {
    checkSelection(selection);
    return { kind: "rotate", selection, atOnce };
  }
  if ((resume && abandon) || Object.keys(selection).length > 0) {
    throw new BadUsage("--resume and --abandon stand alone: the rotation's journal names the runners.");
  }
  return { kind: resume ? "resume" : "abandon" };
}

/** The rotation to work on. */
export type RotationChoice =
  | { kind: "new" }
  | { kind: "go-on"; journal: Journal }
  /** --resume was given, and the last rotation is finished. */
  | { kind: "nothing-left"; why: string };

/**
 * Chooses between a new rotation and the unfinished one. There is one at a time:
 * the same command again continues it.
 *
 * @param last the environment's last rotation
 * @throws BadUsage if another rotation is unfinished, or if there is none to resume or abandon
 */
export function chooseRotation(
  asked: RotationRequest,
  last: Journal | undefined,
  environment: string,
): RotationChoice {
  const unfinished = last && !last.ended ? last : undefined;
  if (asked.kind === "rotate") {
    if (!unfinished) return { kind: "new" };
    if (isSameRotation(unfinished, asked)) return { kind: "go-on", journal: unfinished };
    throw new BadUsage(
      `Another rotation is unfinished: ${describeUnfinished(unfinished)}. ` +
        `Go on with it (longhaul rotate --stack ${environment} --resume), or give it up (--abandon), before you begin another.`,
    );
  }
  if (unfinished) return { kind: "go-on", journal: unfinished };
  if (last?.ended && asked.kind === "resume") {
    return {
      kind: "nothing-left",
      why: `The last rotation of ${environment} was ${last.ended.how} at ${last.ended.at}: there is nothing to go on with.`,
    };
  }
  throw new BadUsage(`No rotation of ${environment} is unfinished.`);
}
