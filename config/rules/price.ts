import { unusableInstanceType } from "../instance-types.ts";
import type { Finding } from "../issues.ts";
import { fleetMachinePrice, whyUnknown } from "../prices.ts";
import type { Configuration } from "../schema.ts";

/**
 * Every machine needs a price, budget or not: an environment with one that has
 * none would count no money at all, and nobody would be told.
 */
export function priceFindings({ fleets, aws }: Configuration): Finding[] {
  return Object.entries(fleets).flatMap(([name, fleet]) => {
    const { instanceType } = fleet;
    if (unusableInstanceType(instanceType) !== undefined) return []; // Another rule says why; a price is no help.
    if (fleetMachinePrice(fleet, aws.region) !== undefined) return [];
    const path = ["fleets", name];
    const message = `is missing: ${whyUnknown(instanceType, aws.region)}`;
    const because = [
      [...path, "instanceType"],
      ["aws", "region"],
    ];
    return [{ path: [...path, "priceUsdPerHour"], message, because }];
  });
}
