import { Failure } from "../contract/failure.ts";
import { listedDiskPrice, listedMachinePrice } from "../contract/prices.ts";
import type { DiskPrices, PriceList } from "../contract/prices.ts";
import { checkShape } from "../contract/shape.ts";
import { priceTableShape } from "./price-table.ts";
import type { PriceTable } from "./price-table.ts";
import table from "./prices.json" with { type: "json" };
import type { Configuration, FleetConfiguration } from "./schema.ts";

/*
 * Prices of machines. All are US dollars without tax and discounts; `npm run
 * prices` refreshes the table.
 */

/** AWS's prices, as checked in. */
export const prices = checkShape<PriceTable>(table, priceTableShape, {
  subject: "config/prices.json",
  remedy: "`npm run prices` writes it.",
});

/** Price of one machine of a fleet, in US dollars for each hour. */
export interface HourlyPrices {
  /** While it runs. */
  machine: number;
  /** While it exists, asleep or awake. */
  disk: number;
  /**
   * Its public address, while it runs; 0 in given subnets, which are assumed to be
   * private. The meter counts the addresses that EC2 describes instead.
   */
  address: number;
}

/** A machine's price is not known; the rules refuse such a configuration. */
export class UnknownPriceError extends Failure {}

/**
 * Prices of each fleet's machines, by the fleet's name.
 *
 * @throws UnknownPriceError with a sentence for each fleet whose price is not known
 */
export function hourlyPrices(
  { aws, network, fleets }: Pick<Configuration, "aws" | "network" | "fleets">,
  known: PriceTable = prices,
): Record<string, HourlyPrices> {
  const address = network.subnetIds ? 0 : known.publicIpv4;
  const unknown: string[] = [];
  const found = Object.entries(fleets).map(([name, fleet]): [string, HourlyPrices] => {
    const machine = fleetMachinePrice(fleet, aws.region, known);
    if (machine === undefined) {
      unknown.push(`fleets.${name}: ${whyUnknown(fleet.instanceType, aws.region, known)}.`);
    }
    return [name, { machine: machine ?? 0, disk: diskPrice(fleet.disk, aws.region, known), address }];
  });
  if (unknown.length > 0) throw new UnknownPriceError(unknown.join("\n"));
  return Object.fromEntries(found);
}

/** US dollars for an hour of a fleet's machines: the configured price, else the table's; undefined if there is neither. */
export function fleetMachinePrice(
  { priceUsdPerHour, instanceType }: Pick<FleetConfiguration, "priceUsdPerHour" | "instanceType">,
  region: string,
  known: Pick<PriceTable, "regions"> = prices,
): number | undefined {
  return priceUsdPerHour ?? machinePrice(instanceType, region, known);
}

/** US dollars for an hour of an instance type, on demand with Linux; undefined if the table does not have it. */
export function machinePrice(
  instanceType: string,
  region: string,
  known: Pick<PriceTable, "regions"> = prices,
): number | undefined {
  return listedMachinePrice(instanceType, priceList(region, known));
}

/** US dollars for an hour of a gp3 disk. */
export function diskPrice(
  disk: FleetConfiguration["disk"],
  region: string,
  known: Pick<PriceTable, "regions"> = prices,
): number {
  return listedDiskPrice(disk, priceList(region, known));
}

/**
 * The table's entry of a region. In an unknown region no machine has a price, and
 * disks count at the highest price of all regions: a disk is a small part of the
 * whole, and a cost that is counted too high is noticed.
 */
export function priceList(region: string, { regions }: Pick<PriceTable, "regions"> = prices): PriceList {
  const { machines, disks } = own(regions, region) ?? {
    machines: {},
    disks: dearest(Object.values(regions).map((known) => known.disks)),
  };
  return { machines, disks };
}

function dearest(all: readonly DiskPrices[]): DiskPrices {
  return all.reduce((one, other) => (other[0] > one[0] ? other : one));
}

/** A configured region may have the name of a property that every object has. */
function own<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** Why a price is not known, and what to do: two sentences, without the last full stop. */
export function whyUnknown(
  instanceType: string,
  region: string,
  { regions }: Pick<PriceTable, "regions"> = prices,
): string {
  const date = own(regions, region)?.date;
  const where =
    date === undefined
      ? `${region} is not in the table config/prices.json, so the price of ${instanceType} there is not known`
      : `the price of ${instanceType} in ${region} is not in the table config/prices.json of ${date}`;
  return `${where}. Set the fleet's priceUsdPerHour, in US dollars for an hour`;
}
