import type { Clock } from "../../runtime/agent/clock.ts";
import { systemClock as computerClock } from "../../runtime/agent/clock.ts";

/**
 * Replaces runtime/agent/clock.ts: a machine's wall clock is the cloud's, which
 * is never set back. Looks keep their pace.
 */
export const systemClock: Clock = { ...computerClock, monotonic: computerClock.now };
