import type { Issue } from "./issues.ts";
import type { Configuration } from "./schema.ts";

/**
 * What is valid and probably not meant: `pulumi up` says it and goes on. Each
 * message is a sentence without its subject, as those of the rules are.
 */
export function warningsOf(configuration: Configuration): Issue[] {
  return sleepsForEver(configuration);
}

/** An idle timeout puts machines to sleep, and something else must be there that starts them again. */
function sleepsForEver({ fleets, wakeOnDemand }: Configuration): Issue[] {
  if (wakeOnDemand.enabled) return [];
  return Object.entries(fleets).flatMap(([name, { runners, autoShutdown }]) => {
    const { idleMinutes, minimumAwake, hours } = autoShutdown;
    if (idleMinutes === undefined || hours || minimumAwake >= runners) return [];
    const which =
      minimumAwake === 0 ? "its machines" : `${runners - minimumAwake} of its ${runners} machines`;
    const message =
      `puts ${which} to sleep after ${idleMinutes} minutes without a job, and nothing starts them again for one: ` +
      "wakeOnDemand is off, and there are no hours" +
      (minimumAwake === 0 ? " and no minimumAwake" : "") +
      ". Turn wakeOnDemand on, set hours, raise minimumAwake, or remove idleMinutes. `longhaul wake` starts them by hand.";
    return [{ path: ["fleets", name, "autoShutdown", "idleMinutes"], message }];
  });
}
