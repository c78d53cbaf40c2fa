import type { AgentPace } from "../../local/cloud.ts";
import type { WireTimes } from "../../local/github/index.ts";

/** The agents of a soak look ten times a second, so that it takes seconds and not minutes until they leave. */
export const agentPace: AgentPace = { pollSeconds: 0.1, quietSeconds: 1, spreadSeconds: 0, staySeconds: 1 };

/**
 * GitHub's own times (local/github/options.ts), thirty times shorter: a job
 * that a frozen or ended listener does not take is queued again after two
 * seconds instead of sixty, and the order of all limits stays what it is. Only
 * a session that was left lingers for five seconds instead of eight: that is
 * about how long a machine needs to go down and to come back, so some of the
 * returning ones meet their old session and some do not.
 */
export const wireTimes: Partial<WireTimes> = {
  pollSeconds: 50 / 30,
  requeueSeconds: 2,
  maxMisses: 3,
  lockSeconds: 20,
  renewEverySeconds: 2,
  sessionLingerSeconds: 5,
  offlineAfterSeconds: 3,
  cancelGraceSeconds: 10,
};

/** When, after a wish, a listener that has been quiet is frozen; milliseconds. The agent reads and looks at any moment of its pace. */
export const leavingMs = {
  from: agentPace.quietSeconds * 1000 - 50,
  to: (agentPace.quietSeconds + 3 * agentPace.pollSeconds) * 1000 + 100,
};
