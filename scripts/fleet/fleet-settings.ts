import { fleetParameters } from "../../contract/parameters.ts";
import { parseFleetSettings } from "../../contract/wishes.ts";
import type { FleetSettings } from "../../contract/wishes.ts";
import type { Parameters } from "../clients/parameters.ts";

/**
 * What a fleet's parameters say now; one that does not exist or is damaged is undefined.
 *
 * @throws ServiceError when SSM does not answer
 */
export async function readFleetSettings(
  parameters: Parameters,
  environment: string,
  fleet: string,
): Promise<FleetSettings> {
  const names = Object.values(fleetParameters(environment, fleet));
  return parseFleetSettings(environment, fleet, await parameters.read(names));
}
