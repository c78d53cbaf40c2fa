import type { NetworkConfiguration } from "../config/schema.ts";
import { subnetCidrs } from "./subnets.ts";

/** What network an environment has, decided from plain configuration alone. */
export type NetworkPlan = {
  /**
   * What the network is called: by its address range or by the VPC it lives
   * in. Every resource of it carries this name, so that another network is made
   * beside the old one, and the old one's guard holds it until its machines
   * have left.
   */
  identity: string;
  /**
   * The subnets in the order in which runners are spread over them: their
   * address ranges in a VPC of the stack's own, their ids in a given one.
   */
  subnets: readonly string[];
} & ({ kind: "own"; cidr: string } | { kind: "given"; vpcId: string });

/** @throws when the address range cannot be cut into subnets */
export function planNetwork(environment: string, network: NetworkConfiguration): NetworkPlan {
  const { vpcId, subnetIds, cidr } = network;
  if (vpcId !== undefined && subnetIds !== undefined) {
    return { kind: "given", identity: `${environment}-${vpcId}`, vpcId, subnets: subnetIds };
  }
  const identity = `${environment}-${cidr.replace("/", "-")}`;
  return { kind: "own", identity, cidr, subnets: subnetCidrs(cidr) };
}
