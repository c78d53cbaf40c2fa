import type { Configuration } from "../../config/schema.ts";
import type { MachineAssets } from "../assets/assets.ts";
import { roleName } from "./machine-role.ts";
import { planMachines } from "./machine-shape.ts";
import type { FleetSurroundings, MachinePlan } from "./machine-shape.ts";
import { renderUserData } from "./user-data.ts";

/**
 * The machines of a fleet as the stack declares them, from plain configuration alone.
 *
 * @throws when the fleet is not in the configuration, there is no subnet, or
 *   its user data is too large for EC2
 */
export function planFleet(
  fleet: string,
  plain: { environment: string; configuration: Configuration; network: FleetSurroundings["network"] },
  assets: MachineAssets,
): MachinePlan[] {
  const { environment, configuration } = plain;
  return planMachines(fleet, {
    ...plain,
    role: roleName(environment, fleet, configuration.aws),
    renderUserData: (machine) => renderUserData(machine, assets),
  });
}
