/**
 * Prices of machines and disks as EC2 describes them. The configuration looks up
 * its fleets, and the controller the machines that it finds.
 */

import { gp3 } from "./aws-limits.ts";

/** What AWS asks for in one region, in US dollars. */
export interface PriceList {
  /** For an hour of a family's `xlarge`: on demand, Linux, shared tenancy. */
  machines: Readonly<Record<string, number>>;
  disks: DiskPrices;
}

/**
 * gp3, for a month: each GB, each operation per second above that of {@link gp3},
 * and each MiB/s above its own.
 */
export type DiskPrices = readonly [gigabyte: number, iops: number, throughput: number];

/** A gp3 volume. */
export interface DiskSize {
  sizeGb: number;
  /** Operations per second. */
  iops?: number | undefined;
  /** MiB/s. */
  throughput?: number | undefined;
}

/** The hours of an average month, by which AWS's calculator turns monthly prices into hourly ones. */
export const hoursPerMonth = 730;

const smallSizes: ReadonlyMap<string, number> = new Map([
  ["nano", 1 / 32],
  ["micro", 1 / 16],
  ["small", 1 / 8],
  ["medium", 1 / 4],
  ["large", 1 / 2],
  ["xlarge", 1],
]);

/**
 * How many `xlarge` an instance type costs. Within a family, EC2's prices are
 * proportional to the size; `metal` alone has a price of its own.
 *
 * @returns undefined where the name says nothing about it
 */
export function sizeInXlarges(instanceType: string): { family: string; xlarges: number } | undefined {
  const [family, size] = instanceType.split(".");
  if (family === undefined || size === undefined) return undefined;
  const multiple = /^(\d+)xlarge$/.exec(size)?.[1];
  const xlarges = multiple === undefined ? smallSizes.get(size) : Number(multiple);
  return xlarges === undefined ? undefined : { family, xlarges };
}

/** US dollars for an hour of an instance type; undefined if the list does not have it. */
export function listedMachinePrice(
  instanceType: string,
  { machines }: Pick<PriceList, "machines">,
): number | undefined {
  const size = sizeInXlarges(instanceType);
  // A configured family may have the name of a property that every object has.
  if (!size || !Object.hasOwn(machines, size.family)) return undefined;
  return roundPrice(machines[size.family]! * size.xlarges);
}

/** The type of a fleet's machines, and the configured price for an hour of one. */
export interface FleetPrice {
  instanceType: string;
  machine: number;
}

/**
 * US dollars for an hour of a machine. A machine outlives changes of its fleet
 * until its job has ended, so its own type decides: the configured price if the
 * fleet still has that type, otherwise AWS's price.
 *
 * @param fleets by name
 * @returns undefined if neither price is known
 */
export function machineHourPrice(
  { fleet, instanceType }: { fleet: string; instanceType: string },
  fleets: Readonly<Record<string, FleetPrice>>,
  list: Pick<PriceList, "machines">,
): number | undefined {
  // A configured fleet may have the name of a property that every object has.
  const own = Object.hasOwn(fleets, fleet) ? fleets[fleet] : undefined;
  return own?.instanceType === instanceType ? own.machine : listedMachinePrice(instanceType, list);
}

/** A price to six decimal places. Products of decimal fractions often show more. */
export function roundPrice(usd: number): number {
  return Number(usd.toFixed(6));
}

/** US dollars for an hour of a gp3 disk. */
export function listedDiskPrice(
  { sizeGb, iops = gp3.baseIops, throughput = gp3.baseThroughput }: DiskSize,
  { disks: [perGb, perIops, perThroughput] }: Pick<PriceList, "disks">,
): number {
  const monthly =
    sizeGb * perGb +
    Math.max(0, iops - gp3.baseIops) * perIops +
    Math.max(0, throughput - gp3.baseThroughput) * perThroughput;
  return monthly / hoursPerMonth;
}
