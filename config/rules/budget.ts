import type { Finding } from "../issues.ts";
import { machinePrice, whyUnknown } from "../prices.ts";
import type { Configuration } from "../schema.ts";

/** Money that is to be limited must be counted, so every machine needs a price. */
export function budgetFindings({ budget, fleets, aws }: Configuration): Finding[] {
  if (budget.monthlyUsd === undefined) return [];
  return Object.entries(fleets).flatMap(([name, { priceUsdPerHour, instanceType }]) => {
    if ((priceUsdPerHour ?? machinePrice(instanceType, aws.region)) !== undefined) return [];
    const message = `is missing, and there is a budget: ${whyUnknown(instanceType, aws.region)}`;
    return [{ path: ["fleets", name, "priceUsdPerHour"], message, because: [["budget", "monthlyUsd"]] }];
  });
}
