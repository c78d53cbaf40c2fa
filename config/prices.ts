import { freeIops, freeThroughput, hoursPerMonth, sizeInXlarges } from "./price-table.ts";
import type { DiskPrices, PriceTable } from "./price-table.ts";
import table from "./prices.json" with { type: "json" };
import type { Configuration, FleetConfiguration } from "./schema.ts";

/*
 * What machines cost. All prices are US dollars without tax and without
 * discounts; `npm run prices` refreshes the table. Nothing here refuses a
 * configuration: a price is only needed where money is counted.
 */

/** AWS's prices, as they stand in the repository. */
export const prices = table as unknown as PriceTable;

/** What one machine of a fleet costs, in US dollars for each hour. */
export interface HourlyPrices {
  /** While it runs. */
  machine: number;
  /** While it exists, asleep or awake. */
  disk: number;
  /**
   * Its public address, while it runs; 0 in subnets that were given, which are
   * taken to be private. The meter counts the addresses that EC2 shows instead.
   */
  address: number;
}

/** A machine's price is not known, and money is to be counted. */
export class UnknownPriceError extends Error {}

/**
 * What each fleet's machines cost, by the fleet's name.
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
    const machine = fleet.priceUsdPerHour ?? machinePrice(fleet.instanceType, aws.region, known);
    if (machine === undefined) {
      unknown.push(`longhaul:fleets.${name}: ${whyUnknown(fleet.instanceType, aws.region, known)}.`);
    }
    return [name, { machine: machine ?? 0, disk: diskPrice(fleet.disk, aws.region, known), address }];
  });
  if (unknown.length > 0) throw new UnknownPriceError(unknown.join("\n"));
  return Object.fromEntries(found);
}

/** US dollars for an hour of an instance type, on demand with Linux; undefined where the table does not know. */
export function machinePrice(
  instanceType: string,
  region: string,
  { regions }: Pick<PriceTable, "regions"> = prices,
): number | undefined {
  const size = sizeInXlarges(instanceType);
  const machines = own(regions, region)?.machines ?? {};
  const ofXlarge = size && own(machines, size.family);
  return ofXlarge === undefined ? undefined : roundPrice(ofXlarge * size!.xlarges);
}

/** No price is more precise than this, and products of numbers often look so. */
function roundPrice(usd: number): number {
  return Number(usd.toFixed(6));
}

/**
 * US dollars for an hour of a gp3 disk. In a region that the table does not
 * know, the dearest one's prices stand in: a disk is a small part of the whole,
 * and what is counted too high is noticed.
 */
export function diskPrice(
  { sizeGb, iops = freeIops, throughput = freeThroughput }: FleetConfiguration["disk"],
  region: string,
  { regions }: Pick<PriceTable, "regions"> = prices,
): number {
  const disks = own(regions, region)?.disks ?? dearest(Object.values(regions).map((known) => known.disks));
  const [perGb, perIops, perThroughput] = disks;
  const monthly =
    sizeGb * perGb +
    Math.max(0, iops - freeIops) * perIops +
    Math.max(0, throughput - freeThroughput) * perThroughput;
  return monthly / hoursPerMonth;
}

function dearest(all: readonly DiskPrices[]): DiskPrices {
  return all.reduce((one, other) => (other[0] > one[0] ? other : one));
}

/** A family or region may be written that is called what every object has. */
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
