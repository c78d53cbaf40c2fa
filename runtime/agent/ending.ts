import type { Clock } from "./clock.ts";
import type { ListenerWatch } from "./listener-watch.ts";

/** Milliseconds between two looks at a listener that has been ended, and how many looks. */
const lookMs = 50;
const maxLooks = 100;

/**
 * Ends the listener at once, and looks back. Not politely: that would cancel a
 * job that slips in now, while a message never taken goes to another runner.
 *
 * @returns whether a job has arrived after all: the listener must run again
 * @throws when the listener does not end
 */
export async function endListener(listener: ListenerWatch, clock: Clock): Promise<boolean> {
  const { received } = listener.look();
  listener.kill();
  let after = listener.look();
  for (let looks = 0; after.listener; looks++) {
    if (looks === maxLooks) throw new Error("The listener has not ended after SIGKILL.");
    await clock.sleep(lookMs);
    after = listener.look();
  }
  return after.received > received || after.worker;
}
