import { projectTag, tags } from "../../contract/tags.ts";
import { joinMachines } from "../../observe/join-machines.ts";
import type { ObservedMachine } from "../../observe/machine.ts";
import type { Aws } from "../clients/aws.ts";
import { readFleetSettings } from "../fleet/fleet-settings.ts";
import type { ServingMachine } from "./choose-runners.ts";

/**
 * The machine in service of each runner that has one, by runner: the one on its
 * fleet's roster.
 *
 * @throws ServiceError if AWS does not answer
 */
export async function servingMachines(
  { instances, parameters }: Pick<Aws, "instances" | "parameters">,
  environment: string,
  fleets: readonly string[],
): Promise<Map<string, ServingMachine>> {
  const ours = { [tags.project]: projectTag, [tags.environment]: environment };
  const [machines, settings] = await Promise.all([
    instances.describe({ tags: ours }),
    Promise.all(fleets.map((fleet) => readFleetSettings(parameters, environment, fleet))),
  ]);
  const inService = new Set(settings.flatMap(({ roster }) => roster ?? []));
  return new Map(
    joinMachines(machines, [])
      .filter(({ instanceId }) => inService.has(instanceId))
      .map(({ runner, instanceId, generation = 0, createdAt }) => [
        runner,
        { instanceId, generation, ...(createdAt !== undefined && { createdAt }) },
      ]),
  );
}

/** A machine that a rotation has replaced and that still exists. */
export interface OldMachine {
  runner: string;
  instanceId: string;
  /** By its own report. */
  isBusy: boolean;
  /** `<owner>/<repository>/actions/runs/<id>` of the job that it reports. */
  job?: string;
}

/** The earlier machines of the runners that still exist, with their reports. */
export function oldMachines(
  relieved: readonly { runner: string; machine: string | null }[],
  observed: readonly ObservedMachine[],
): OldMachine[] {
  return relieved.flatMap(({ runner, machine }) => {
    const found = observed.find(({ instanceId }) => instanceId === machine);
    if (!found || found.instanceState === "terminated") return [];
    const isBusy = found.report?.state === "busy";
    const job = isBusy ? found.report?.job : undefined;
    return [{ runner, instanceId: found.instanceId, isBusy, ...(job !== undefined && { job }) }];
  });
}
