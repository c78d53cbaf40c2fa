import type { Properties, ProviderFunctions } from "../provider.ts";
import { optionalText, records, tagMap, text, texts } from "./input.ts";
import { zonesOf, zonesOffering } from "./offerings.ts";
import { subnetOf } from "./subnets.ts";
import type { Cloud } from "./state.ts";

/** The data sources about zones, their offers, and subnets. */
export function networkFunctions(cloud: Cloud): ProviderFunctions {
  const { region } = cloud;
  return {
    "aws:index/getAvailabilityZones:getAvailabilityZones": async (args) => {
      await cloud.faults.meet("ec2:DescribeAvailabilityZones");
      const state = optionalText(args, "state");
      const optInStatus = filterValues(args, "opt-in-status");
      const found = zonesOf(cloud).filter(
        (zone) =>
          (state === undefined || zone.state === state) &&
          (optInStatus.length === 0 || optInStatus.includes(zone.optInStatus)),
      );
      return { ...args, id: region, names: found.map(({ name }) => name) };
    },
    "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": async (args) => {
      await cloud.faults.meet("ec2:DescribeInstanceTypeOfferings");
      const offers = filterValues(args, "instance-type").flatMap((type) =>
        zonesOffering(cloud, type).map((zone) => ({ type, zone })),
      );
      return {
        ...args,
        id: region,
        instanceTypes: offers.map(({ type }) => type),
        locations: offers.map(({ zone }) => zone),
        locationTypes: offers.map(() => args.locationType),
      };
    },
    "aws:ec2/getSubnets:getSubnets": async (args) => {
      await cloud.faults.meet("ec2:DescribeSubnets");
      const found = Object.entries(cloud.data.resources["aws:ec2/subnet:Subnet"] ?? {}).filter(([, subnet]) =>
        records(args, "filters").every((filter) => matchesTag(subnet, filter)),
      );
      return { ...args, id: region, ids: found.map(([id]) => id) };
    },
    "aws:ec2/getSubnet:getSubnet": async (args) => {
      await cloud.faults.meet("ec2:DescribeSubnets");
      const id = text(args, "id");
      const { availabilityZone, vpcId, cidrBlock, ...subnet } = subnetOf(cloud, id);
      return { id, availabilityZone, vpcId, cidrBlock, tags: tagMap(subnet) };
    },
  };
}

function filterValues(args: Properties, name: string): string[] {
  const filter = records(args, "filters").find((each) => text(each, "name") === name);
  return filter ? texts(filter, "values") : [];
}

function matchesTag(subnet: Properties, filter: Properties): boolean {
  const value = tagMap(subnet)[text(filter, "name").replace(/^tag:/, "")];
  return value !== undefined && texts(filter, "values").includes(value);
}
