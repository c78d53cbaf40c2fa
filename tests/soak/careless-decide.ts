import * as protocol from "../../runtime/agent/decide.ts";
import type { Action, Decision } from "../../runtime/agent/decide.ts";
import type { RunnerObservation } from "../../runtime/agent/runner-observation.ts";

export * from "../../runtime/agent/decide.ts";

/*
 * `decide` of an agent that many people would write. It checks once whether the
 * listener is quiet, and then ends it. It neither freezes the listener and
 * looks again, nor looks back. A job that arrives between its look and its
 * action can be lost, however busy the computer is.
 */

/** Milliseconds from its look to its action, if no job comes. */
const carelessMs = 5000;

/** The actions that it takes after its one look. */
const leaving: readonly Action[] = ["end-listener", "sleep", "retire"];

let lookedAt: number | undefined;

export function decide(seen: RunnerObservation): Decision {
  const { listener, now } = seen;
  const believed: RunnerObservation = { ...seen, missedAt: undefined };
  if (lookedAt !== undefined) {
    const frozen = seen.worker || now - lookedAt >= carelessMs;
    const idle = { job: false, worker: false, pendingJobEvidence: undefined, lastActivityAt: -Infinity };
    Object.assign(believed, idle, { listener: listener && { ...listener, frozen } });
  }
  const decision = protocol.decide(believed);
  if (decision.action === "freeze") {
    lookedAt ??= now;
    return { ...decision, action: "stay" };
  }
  if (!leaving.includes(decision.action)) lookedAt = undefined;
  return decision;
}
