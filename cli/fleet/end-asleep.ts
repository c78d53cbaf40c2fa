import { isGone } from "../../contract/instance-state.ts";
import { desiredFor } from "../../contract/desired.ts";
import type { ObservedMachine } from "../../observe/machine.ts";
import type { Instances } from "../clients/instances.ts";
import type { Parameters } from "../clients/parameters.ts";
import { ServiceError } from "../clients/service-error.ts";
import type { Clock } from "../clock.ts";
import { readFleetSettings } from "./fleet-settings.ts";

export interface SleeperCollaborators {
  instances: Instances;
  parameters: Parameters;
  clock: Clock;
}

/**
 * Terminates a machine that is powered off and that no list names: started
 * again, it would run nothing. This is the only way in which anyone but a
 * machine itself ends it.
 *
 * @returns whether it has ended; otherwise it is as it was, locks included
 */
export async function endAsleep(
  { instances, parameters, clock }: SleeperCollaborators,
  environment: string,
  machine: ObservedMachine,
): Promise<boolean> {
  if (machine.instanceState !== "stopped" || machine.fleet === "") return false;
  const settings = await readFleetSettings(parameters, environment, machine.fleet);
  if (desiredFor(machine, settings, clock.now()).listing !== "none") return false;

  const { instanceId } = machine;
  try {
    await instances.setLocks(instanceId, false);
    // It may have been started since. A running machine is never terminated from here.
    if ((await instances.find(instanceId))?.state === "stopped") {
      await instances.terminate(instanceId);
      return true;
    }
  } catch (reason) {
    const ended = await lockUnlessEnded(instances, instanceId).catch((error: unknown) => {
      throw leftUnlocked(machine, reason, error);
    });
    if (!ended) throw reason;
    return true;
  }
  return lockUnlessEnded(instances, instanceId);
}

/** When two commands run at once, one of them finds that the other has terminated the machine. */
async function lockUnlessEnded(instances: Instances, instanceId: string): Promise<boolean> {
  if (isGone((await instances.find(instanceId))?.state)) return true;
  await instances.setLocks(instanceId, true);
  return false;
}

function leftUnlocked({ name }: ObservedMachine, reason: unknown, error: unknown): unknown {
  if (!(reason instanceof ServiceError && error instanceof ServiceError)) return error;
  return new ServiceError(
    `${reason.message} ${name} could not be locked again (stop and termination protection): ${error.message} Run the command again: it terminates the machine.`,
    { transient: error.transient, cause: reason },
  );
}
