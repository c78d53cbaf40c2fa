import { isGone } from "../../contract/instance-state.ts";
import { explained } from "../../contract/failure.ts";
import type { Instances } from "../clients/instances.ts";

/**
 * Releases a machine's locks and terminates it, whatever it runs. If EC2 does not
 * terminate it, the locks are restored.
 *
 * @throws ServiceError with EC2's answer; Failure if the locks could not be restored either
 */
export async function forceEnd(
  instances: Pick<Instances, "find" | "setLocks" | "terminate">,
  instanceId: string,
): Promise<void> {
  try {
    await instances.setLocks(instanceId, false);
    await instances.terminate(instanceId);
  } catch (error) {
    if (await isEnding()) return; // The call has succeeded, and only its answer was lost.
    await restoreLocks(error);
    throw error;
  }

  async function isEnding(): Promise<boolean> {
    try {
      return isGone((await instances.find(instanceId))?.state);
    } catch {
      return false; // Unknown: the locks are tried, and the first error is the one to report.
    }
  }

  async function restoreLocks(reason: unknown): Promise<void> {
    try {
      await instances.setLocks(instanceId, true);
    } catch (error) {
      const { message } = explained(
        error,
        (why) =>
          `And the locks of ${instanceId} could not be restored: ${why} ` +
          "Run it again, or set its stop and termination protection by hand.",
      );
      throw explained(reason, (why) => `${why} ${message}`);
    }
  }
}
