import { fleetParameters } from "../../contract/parameters.ts";
import { parseFleetSettings } from "../../contract/desired.ts";
import type { FleetSettings } from "../../contract/desired.ts";
import type { Parameters } from "../clients/parameters.ts";

/**
 * The present values of a fleet's parameters; one that does not exist or is damaged is undefined.
 *
 * @throws ServiceError if SSM does not answer
 */
export async function readFleetSettings(
  parameters: Parameters,
  environment: string,
  fleet: string,
): Promise<FleetSettings> {
  const names = Object.values(fleetParameters(environment, fleet));
  return parseFleetSettings(environment, fleet, await parameters.read(names));
}

/**
 * The same for several fleets, by name.
 *
 * @throws ServiceError if SSM does not answer
 */
export async function readSettingsOfFleets(
  parameters: Parameters,
  environment: string,
  fleets: Iterable<string>,
): Promise<Map<string, FleetSettings>> {
  const read = [...fleets].map(
    async (fleet) => [fleet, await readFleetSettings(parameters, environment, fleet)] as const,
  );
  return new Map(await Promise.all(read));
}
