import { wishFor } from "../../contract/wishes.ts";
import type { ObservedMachine } from "../../observe/machine.ts";
import type { Instances } from "../clients/instances.ts";
import type { Parameters } from "../clients/parameters.ts";
import type { Clock } from "../clock.ts";
import { readFleetSettings } from "../fleet/fleet-settings.ts";

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
 * @returns whether it was terminated; otherwise it is as it was, locks included
 */
export async function endAsleep(
  { instances, parameters, clock }: SleeperCollaborators,
  environment: string,
  machine: ObservedMachine,
): Promise<boolean> {
  if (machine.instanceState !== "stopped" || machine.fleet === "") return false;
  const settings = await readFleetSettings(parameters, environment, machine.fleet);
  if (wishFor(machine, settings, clock.now()).listing !== "none") return false;

  const { instanceId } = machine;
  let terminated = false;
  try {
    await instances.setLocks(instanceId, false);
    // Somebody may have started it since: what runs is never ended from here.
    if ((await instances.find(instanceId))?.state === "stopped") {
      await instances.terminate(instanceId);
      terminated = true;
    }
  } finally {
    if (!terminated) await instances.setLocks(instanceId, true);
  }
  return terminated;
}
