/*
 * Not every zone has every instance type: us-east-1's oldest zone, use1-az3,
 * offers none of today's families. So the zones of a network are chosen by what
 * EC2 offers in them, and a machine that no subnet's zone could take is refused
 * before anything is made. Existing subnets stay where they are.
 */

import { Failure } from "../../contract/failure.ts";

/** Instance type → the zones that offer it. */
export type Offerings = ReadonlyMap<string, readonly string[]>;

/** Wanted types: instance type → the fleets with machines of it. */
export type WantedTypes = ReadonlyMap<string, readonly string[]>;

/** A subnet of the network: an existing one with its zone, or one that is still to be made. */
export interface SubnetSite {
  /** How messages name it: its address range or its id. */
  subnet: string;
  /** Undefined: it is not made yet. */
  zone: string | undefined;
  /** The VPC of a given subnet. */
  vpcId?: string;
}

/** EC2's answer, two lists of the same length: a type and a zone that offers it. */
export function offeringsOf(instanceTypes: readonly string[], locations: readonly string[]): Offerings {
  const offerings = new Map<string, string[]>();
  instanceTypes.forEach((type, index) => {
    offerings.set(type, [...(offerings.get(type) ?? []), locations[index]!].sort());
  });
  return offerings;
}

/**
 * A zone for each subnet: its own if it exists, otherwise the first by name that
 * offers every type and has no subnet of this network yet.
 *
 * @param types of all fleets
 * @param available the region's zones
 * @throws if too few zones are left
 */
export function chooseZones(
  sites: readonly SubnetSite[],
  types: readonly string[],
  offerings: Offerings,
  available: readonly string[],
): string[] {
  const suitable = available.filter((zone) => types.every((type) => zonesOf(offerings, type).includes(zone)));
  const taken = sites.map(({ zone }) => zone);
  const free = suitable.filter((zone) => !taken.includes(zone)).sort();
  return sites.map(({ zone }) => {
    const chosen = zone ?? free.shift();
    if (chosen !== undefined) return chosen;
    const found = suitable.length === 0 ? "No availability zone" : `Only ${listed([...suitable].sort())}`;
    throw new Failure(
      `${found} of the region offers all of the fleets' instance types, and the network needs ${sites.length} such zones. ` +
        `${types.map((type) => `${type} is offered in ${listed(zonesOf(offerings, type))}`).join("; ")}. ` +
        "Take types that share more zones, name the zones to use in network.zones (one is enough), " +
        "or give a VPC and subnets of your own (network.vpcId, network.subnetIds).",
    );
  });
}

/** @throws when one of the given subnets is not in the given VPC */
export function checkVpc(vpcId: string, sites: readonly SubnetSite[]): void {
  const elsewhere = sites.filter((site) => site.vpcId !== vpcId);
  if (elsewhere.length === 0) return;
  throw new Failure(
    `${elsewhere.map((site) => `${site.subnet} is in ${site.vpcId}`).join(", ")}, and network.vpcId is ${vpcId}: ` +
      "the machines' security group is made in that VPC. Name subnets of one VPC, and that VPC.",
  );
}

/** @throws when the region offers one of the types nowhere */
export function checkOffered(wanted: WantedTypes, offerings: Offerings, region: string): void {
  const nowhere = [...wanted].filter(([type]) => zonesOf(offerings, type).length === 0);
  if (nowhere.length === 0) return;
  const which = nowhere.map(([type, fleets]) => `${type} (${fleetsText(fleets)})`);
  throw new Failure(
    `${region} offers ${listed(which)} in none of its availability zones, so EC2 could make no such machine. ` +
      "Take another instanceType, or another region (aws.region).",
  );
}

/**
 * Machines are spread over all subnets, so each subnet's zone must offer the
 * type of every machine that is to be made.
 *
 * @param remedy what to do about it, as a sentence
 * @throws naming every subnet and type that do not go together
 */
export function checkPlacement(
  sites: readonly SubnetSite[],
  wanted: WantedTypes,
  offerings: Offerings,
  remedy: string,
): void {
  const misfits = sites.flatMap(({ subnet, zone }) =>
    [...wanted].flatMap(([type, fleets]) => {
      const zones = zonesOf(offerings, type);
      if (zone === undefined || zones.includes(zone)) return [];
      return [
        `${type} (${fleetsText(fleets)}) is not offered in ${zone}, the zone of ${subnet}, but in ${listed(zones)}.`,
      ];
    }),
  );
  if (misfits.length > 0) throw new Failure([...misfits, remedy].join("\n"));
}

function zonesOf(offerings: Offerings, type: string): readonly string[] {
  return offerings.get(type) ?? [];
}

function fleetsText(fleets: readonly string[]): string {
  return `${fleets.length === 1 ? "fleet" : "fleets"} ${listed(fleets)}`;
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "no zone" : names.join(", ");
}
