import type { NetworkConfiguration } from "../../config/schema.ts";
import { subnetCidrs } from "./subnets.ts";

/** Number of zones of the stack's own network if the configuration names none. */
const zoneCount = 2;

/** The network of an environment, decided from plain configuration alone. */
export type NetworkPlan = {
  /**
   * Name of the network: its address range and the configured zones, or the given
   * VPC. Every resource of it carries this name. So another network is made
   * beside the old one, whose guard holds it until its machines have left.
   */
  identity: string;
  /**
   * The subnets in the order in which runners are spread over them: their
   * address ranges in a VPC of the stack's own, their ids in a given one.
   */
  subnets: readonly string[];
} & (
  | {
      kind: "own";
      cidr: string;
      /** The zone of each subnet, if configured; otherwise EC2's offers decide. */
      zones?: readonly string[];
    }
  | { kind: "given"; vpcId: string }
);

/**
 * Name of a subnet that the stack makes, as resource and in its tag.
 *
 * @param index its place in the plan, from 0
 */
export function subnetName({ identity }: NetworkPlan, index: number): string {
  return `${identity}-${index + 1}`;
}

/** The network as the plans of its machines name it, before it is made. */
export function plannedSubnets({ identity, subnets }: NetworkPlan): {
  identity: string;
  subnets: { identity: string }[];
} {
  return { identity, subnets: subnets.map((subnet) => ({ identity: subnet })) };
}

/** @throws when the address range cannot be cut into subnets */
export function planNetwork(environment: string, network: NetworkConfiguration): NetworkPlan {
  const { vpcId, subnetIds, cidr, zones } = network;
  if (vpcId !== undefined && subnetIds !== undefined) {
    return { kind: "given", identity: `${environment}-${vpcId}`, vpcId, subnets: subnetIds };
  }
  const identity = [environment, cidr.replace("/", "-"), ...(zones ?? [])].join("-");
  return {
    kind: "own",
    identity,
    cidr,
    subnets: subnetCidrs(cidr, zones?.length ?? zoneCount),
    ...(zones && { zones }),
  };
}
