import { getInstanceTypeOfferings } from "@pulumi/aws/ec2/getInstanceTypeOfferings.js";
import { getSubnet } from "@pulumi/aws/ec2/getSubnet.js";
import { getSubnets } from "@pulumi/aws/ec2/getSubnets.js";
import { getAvailabilityZones } from "@pulumi/aws/getAvailabilityZones.js";
import type * as pulumi from "@pulumi/pulumi";
import { Failure, messageOf } from "../../contract/failure.ts";
import type { Configuration } from "../../config/schema.ts";
import { tags } from "../../contract/tags.ts";
import type { LivingMachines } from "../runner-fleet/adoption.ts";
import { readMachineAssets } from "../assets/assets.ts";
import { planFleet } from "../runner-fleet/fleet-plan.ts";
import { planNetwork, plannedSubnets, subnetName } from "../runner-network/network-plan.ts";
import type { NetworkPlan } from "../runner-network/network-plan.ts";
import { checkOffered, checkPlacement, checkVpc, chooseZones, offeringsOf } from "./zone-choice.ts";
import type { SubnetSite, WantedTypes } from "./zone-choice.ts";

/**
 * The zone of each subnet of the environment's network, in the order in which
 * runners are spread over them. EC2 is asked for its offers before anything is
 * made.
 *
 * An existing subnet keeps its zone, and a living machine needs no offer. So a
 * change of EC2's offers neither moves nor refuses what exists. If everything
 * exists, EC2 is not asked for offers: a change of the budget, for example, does
 * not have to wait until EC2 answers again.
 *
 * @param living the environment's living machines
 * @param opts the AWS provider to ask
 * @throws if EC2 does not answer, offers a type nowhere or in too few zones, or if
 *   the zone of a subnet does not offer a type
 */
export async function findZones(
  environment: string,
  configuration: Configuration,
  living: LivingMachines,
  opts: pulumi.InvokeOptions,
): Promise<string[]> {
  const { aws, network, fleets } = configuration;
  const plan = planNetwork(environment, network);
  const sites = await answerOf(findSites(environment, plan, opts), aws);
  if (plan.kind === "given") checkVpc(plan.vpcId, sites);
  const wanted = wantedTypes(environment, configuration, plan, living);
  const zones = sites.flatMap(({ zone }) => zone ?? []);
  if (wanted.size === 0 && zones.length === sites.length) return zones;

  const types = [...new Set(Object.values(fleets).map(({ instanceType }) => instanceType))];
  const [offered, available] = await answerOf(
    Promise.all([
      getInstanceTypeOfferings(
        { locationType: "availability-zone", filters: [{ name: "instance-type", values: types }] },
        opts,
      ),
      // Without the filter, local zones that the account has opted into would be among them.
      getAvailabilityZones(
        { state: "available", filters: [{ name: "opt-in-status", values: ["opt-in-not-required"] }] },
        opts,
      ),
    ]),
    aws,
  );
  const offerings = offeringsOf(offered.instanceTypes, offered.locations);
  checkOffered(wanted, offerings, aws.region);
  checkPlacement(sites, wanted, offerings, remedyOf(plan));
  return chooseZones(sites, types, offerings, available.names);
}

/** @throws with what it means for the machines, if EC2 does not answer */
function answerOf<T>(answer: Promise<T>, { region }: Configuration["aws"]): Promise<T> {
  return answer.catch((error: unknown) => {
    throw new Failure(
      `What EC2 offers in ${region} could not be looked up, so it is not known in which zones machines can be made: ` +
        `${messageOf(error)}\nIt takes ec2:DescribeInstanceTypeOfferings, ec2:DescribeSubnets and ec2:DescribeAvailabilityZones.`,
      { cause: error },
    );
  });
}

/** The existing subnets of the network; those of a given network all exist. */
function findSites(
  environment: string,
  plan: NetworkPlan,
  opts: pulumi.InvokeOptions,
): Promise<SubnetSite[]> {
  if (plan.kind === "given") return Promise.all(plan.subnets.map(readGiven));
  const { zones } = plan;
  if (zones) return Promise.resolve(plan.subnets.map((subnet, index) => ({ subnet, zone: zones[index] })));
  return findOwn();

  async function readGiven(id: string): Promise<SubnetSite> {
    const { availabilityZone: zone, vpcId } = await getSubnet({ id }, opts);
    return { subnet: id, zone, vpcId };
  }

  /** By the names of their resources, which are unique to this network. */
  async function findOwn(): Promise<SubnetSite[]> {
    const names = plan.subnets.map((_, index) => subnetName(plan, index));
    const filters = [
      { name: `tag:${tags.environment}`, values: [environment] },
      { name: "tag:Name", values: names },
    ];
    const { ids } = await getSubnets({ filters }, opts);
    const standing = await Promise.all(ids.map((id) => getSubnet({ id }, opts)));
    return plan.subnets.map((subnet, index) => ({
      subnet,
      zone: standing.find((one) => one.tags.Name === names[index])?.availabilityZone,
    }));
  }
}

/** The types of machines that do not exist yet, each with its fleets. */
function wantedTypes(
  environment: string,
  configuration: Configuration,
  plan: NetworkPlan,
  living: LivingMachines,
): WantedTypes {
  const assets = readMachineAssets();
  const network = plannedSubnets(plan);
  const wanted = new Map<string, string[]>();
  for (const [fleet, { instanceType }] of Object.entries(configuration.fleets)) {
    const machines = planFleet(fleet, { environment, configuration, network }, assets);
    if (machines.every(({ resourceName }) => living.has(resourceName))) continue;
    wanted.set(instanceType, [...(wanted.get(instanceType) ?? []), fleet]);
  }
  return wanted;
}

/** What to do if a subnet's zone does not offer a type, as a sentence. */
function remedyOf(plan: NetworkPlan): string {
  if (plan.kind === "given") {
    return "Machines are spread over all of network.subnetIds: name subnets in zones that offer every type, or take another instanceType.";
  }
  if (plan.zones) {
    return "Machines are spread over all of network.zones: name zones that offer every type, or take another instanceType.";
  }
  return (
    "The subnets keep the zones that were chosen when they were made. Name zones that offer every type in network.zones, " +
    "which makes another network beside this one and moves the machines to it when their jobs have ended, or take another instanceType."
  );
}
