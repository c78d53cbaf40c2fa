import * as protocol from "../../runtime/agent/decide.ts";
import type { Decision, Observation } from "../../runtime/agent/decide.ts";

export * from "../../runtime/agent/decide.ts";

/*
 * `decide` of an agent that many people would write: it looks once whether the
 * listener is quiet, and then ends it. It neither freezes nor looks again, nor
 * does it look back.
 */

let hasLooked = false;

export function decide(seen: Observation): Decision {
  const { listener } = seen;
  const believed: Observation = { ...seen, missedAt: undefined };
  if (hasLooked && listener) {
    const idle = { listener: { ...listener, frozen: true }, job: false, worker: false, trace: undefined };
    Object.assign(believed, idle);
  }
  const decision = protocol.decide(believed);
  hasLooked = decision.action === "freeze";
  return hasLooked ? { ...decision, action: "stay" } : decision;
}
