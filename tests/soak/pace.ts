import { defaults } from "../../config/defaults.ts";
import type { AgentPace } from "../../local/cloud.ts";
import type { SystemdTimes } from "../../local/machines/index.ts";
import type { WireTimes } from "../../local/github/index.ts";
import { defaultWireTimes } from "../../local/github/options.ts";

/**
 * The factor by which GitHub's times, and the quiet that an agent waits for,
 * are shorter than in production.
 */
const shorter = 60;

const { pollSeconds, requeueSeconds, lockSeconds, renewEverySeconds, ...wire } = defaultWireTimes;
const { sessionLingerSeconds, offlineAfterSeconds, cancelGraceSeconds } = wire;

/**
 * GitHub's own times, shortened by the same factor, so that their order stays
 * the same: a job that a frozen or ended listener does not take is queued again
 * after one second instead of sixty.
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
 * The agents' pace in a soak. Their quiet must stay longer than the time after
 * which GitHub queues a job again. A message can be lost when the listener
 * begins a new poll, and a machine that leaves before the message comes again
 * adds to the misses for which GitHub cancels a job. Looks are more frequent
 * than in production, so that a change of the desired state is acted on within
 * a time at which jobs can be aimed.
 */
export const agentPace: AgentPace = {
  pollSeconds: 0.1,
  quietSeconds: defaults.quietSeconds / shorter,
  spreadSeconds: 0,
  staySeconds: 1,
};

/**
 * The delay of `shutdown` on a machine with unattended-upgrades, and systemd's
 * wait before it starts an agent again, shortened by the same factor. A process
 * does not start faster, though, so the delay is longer than its sixtieth.
 */
export const systemdTimes: Partial<SystemdTimes> = { delayLockSeconds: 2, restartFactor: 1 / shorter };

/**
 * When a quiet listener is frozen, in milliseconds after a change of the
 * desired state. The agent reads and looks at any moment of its pace.
 */
export const leavingMs = {
  from: agentPace.quietSeconds * 1000 - 50,
  to: (agentPace.quietSeconds + 3 * agentPace.pollSeconds) * 1000 + 100,
};
