import { unusableInstanceType } from "../instance-types.ts";
import type { Finding } from "../issues.ts";
import { fleetMachinePrice, whyUnknown } from "../prices.ts";
import type { Configuration } from "../schema.ts";

/**
 * Every machine needs a price, with or without a budget. Otherwise its costs would
 * not be counted, without any notification.
 */
export function priceFindings({ fleets, aws }: Configuration): Finding[] {
  return Object.entries(fleets).flatMap(([name, fleet]) => {
    const { instanceType } = fleet;
    if (unusableInstanceType(instanceType) !== undefined) return []; // Another rule says why; a price would not help.
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
