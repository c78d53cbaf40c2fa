import { hasAwsBudget } from "../../config/derive.ts";
import type { Configuration } from "../../config/schema.ts";
import { readMachineAssets } from "../assets/assets.ts";
import { denial, denialName } from "../iam/budget-policy.ts";
import { checkInlinePolicies, checkManagedPolicy } from "../iam/policy-size.ts";
import { planFleet } from "../runner-fleet/fleet-plan.ts";
import { packSoftware, softwareScript } from "../runner-fleet/machine-software.ts";
import { compressUserData } from "../runner-fleet/user-data.ts";
import { planNetwork, plannedSubnets } from "../runner-network/network-plan.ts";
import { rolePolicies } from "./role-policies.ts";

/**
 * Measures everything of an environment that AWS limits in size: the policies of
 * all roles, the machines' user data and their software. A program calls it
 * before it makes its first component. An error in a component's constructor
 * would come too late, because the engine already makes what the program has
 * declared before.
 *
 * @param diskKeys ARNs of the customers' keys that encrypt the machines' disks, as {@link diskKeysOf} returns them
 * @throws Failure if AWS would refuse one of them, with its size and what makes it smaller
 */
export function checkSizes(
  environment: string,
  configuration: Configuration,
  diskKeys: readonly string[],
): void {
  const { aws, fleets, network, budget } = configuration;
  for (const [role, documents] of rolePolicies(environment, configuration, diskKeys)) {
    checkInlinePolicies(role, documents);
  }
  if (hasAwsBudget(budget)) checkManagedPolicy(denialName(environment, aws), denial(environment, aws));

  const assets = readMachineAssets();
  packSoftware(softwareScript(assets));
  // The network is in the machines' plans, and not in their user data: any network will do.
  const plain = { environment, configuration, network: plannedSubnets(planNetwork(environment, network)) };
  for (const fleet of Object.keys(fleets)) {
    for (const { shape } of planFleet(fleet, plain, assets)) compressUserData(shape.userData, shape.runner);
  }
}
