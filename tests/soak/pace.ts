import { defaults } from "../../config/defaults.ts";
import type { AgentPace } from "../../local/cloud.ts";
import type { SystemdTimes } from "../../local/machines/index.ts";
import type { WireTimes } from "../../local/github/index.ts";
import { defaultWireTimes } from "../../local/github/options.ts";

/** All of GitHub's times, and the quiet that an agent waits for, are so many times shorter than in the world. */
const shorter = 60;

const { pollSeconds, requeueSeconds, lockSeconds, renewEverySeconds, ...wire } = defaultWireTimes;
const { sessionLingerSeconds, offlineAfterSeconds, cancelGraceSeconds } = wire;

/**
 * GitHub's own times, shortened alike, so that their order stays what it is: a
 * job that a frozen or ended listener does not take is queued again after one
 * second instead of sixty.
 */
export const wireTimes: Partial<WireTimes> = {
  pollSeconds: pollSeconds / shorter,
  requeueSeconds: requeueSeconds / shorter,
  lockSeconds: lockSeconds / shorter,
  renewEverySeconds: renewEverySeconds / shorter,
  sessionLingerSeconds: sessionLingerSeconds / shorter,
  offlineAfterSeconds: offlineAfterSeconds / shorter,
  cancelGraceSeconds: cancelGraceSeconds / shorter,
};

/**
 * The agents of a soak. Their quiet must stay longer than the time after which
 * GitHub queues a job again: a message can get lost on its way when the listener
 * begins its poll anew, and a machine that leaves before it comes again adds to
 * the misses for which GitHub cancels a job. Looks are more frequent than in the
 * world, so that a wish is acted on within a time that jobs can be aimed at.
 */
export const agentPace: AgentPace = {
  pollSeconds: 0.1,
  quietSeconds: defaults.quietSeconds / shorter,
  spreadSeconds: 0,
  staySeconds: 1,
};

/**
 * `shutdown` on a machine with unattended-upgrades, and systemd's wait before it starts an agent again, shortened alike.
 * A process does not start faster, though: the delay is longer than its sixtieth.
 */
export const systemdTimes: Partial<SystemdTimes> = { delayLockSeconds: 2, restartFactor: 1 / shorter };

/** When, after a wish, a listener that has been quiet is frozen; milliseconds. The agent reads and looks at any moment of its pace. */
export const leavingMs = {
  from: agentPace.quietSeconds * 1000 - 50,
  to: (agentPace.quietSeconds + 3 * agentPace.pollSeconds) * 1000 + 100,
};
