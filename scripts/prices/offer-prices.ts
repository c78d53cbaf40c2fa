import { roundPrice } from "../../contract/prices.ts";
import { Failure } from "../../contract/failure.ts";
import type { PriceTable, RegionPrices } from "../../config/price-table.ts";
import { sizeInXlarges } from "../../contract/prices.ts";
import { csvFields } from "./csv-line.ts";

/** The contents of an offer file for one region. Its date is the day on which it was published. */
export type OfferPrices = Omit<RegionPrices, "source">;

/** Reads an offer file line by line. */
export interface OfferReader {
  take(line: string): void;
  /** @throws Error when something that the table needs was not in the file */
  prices(): OfferPrices;
}

/** The families in the table: general purpose, compute, memory and burstable, without local disks and the like. */
const families = /^([cmr]([5-9]|\d\d)(a|g|i|i-flex)?|t3a?|t4g)$/;

/** AWS rounds the price of each size separately, to four or five decimal places. */
const roundingTolerance = 0.005;

/** The value of a row's column, by the column's name. */
type Row = (column: string) => string | undefined;

/**
 * Reads a region's file of AWS's price list: five lines about the file, the
 * columns' names, then a row for each price. The columns come in any order, and
 * AWS adds new ones from time to time.
 */
export function offerReader(region: string): OfferReader {
  let date: string | undefined;
  let columns: Map<string, number> | undefined;
  const machines = new Map<string, Map<number, number>>();
  const disks: Partial<Record<keyof typeof diskUsage, number>> = {};

  const takeRow = (row: Row) => {
    if (row("TermType") !== "OnDemand" || row("Currency") !== "USD") return;
    const usd = Number(row("PricePerUnit"));
    if (!(usd > 0)) return;
    const part = diskPartOf(row);
    if (part) disks[part] = row("Unit")?.startsWith("GiBps") ? usd / 1024 : usd;
    const size = sizeInXlarges(row("Instance Type") ?? "");
    if (!size || !families.test(size.family) || !isSharedLinux(row)) return;
    const sizes = machines.get(size.family) ?? new Map<number, number>();
    machines.set(size.family, sizes.set(size.xlarges, usd));
  };

  return {
    take(line) {
      if (columns) {
        // Nine lines in ten are about reserved machines, and are not worth parsing.
        if (!line.includes('"OnDemand"')) return;
        const known = columns;
        const fields = csvFields(line);
        takeRow((column) => fields[known.get(column) ?? -1]);
        return;
      }
      const fields = csvFields(line);
      if (fields[0] === "Publication Date") date = fields[1]?.slice(0, 10);
      if (fields[0] === "SKU") columns = new Map(fields.map((name, index) => [name, index]));
    },
    prices() {
      const { storage, iops, throughput } = disks;
      const complete = storage !== undefined && iops !== undefined && throughput !== undefined;
      if (date === undefined || !complete || machines.size === 0) {
        throw new Failure(
          `AWS's price list for ${region} has changed: its date, the prices of machines or one of the three prices of gp3 are ` +
            "missing. The table was not changed; see scripts/prices/offer-prices.ts for the columns that it expects.",
        );
      }
      return {
        date,
        machines: Object.fromEntries(
          [...machines].map(([family, sizes]) => [family, priceOfXlarge(region, family, sizes)]),
        ),
        disks: [storage, iops, roundPrice(throughput)],
      };
    },
  };
}

function isSharedLinux(row: Row): boolean {
  return (
    row("Unit") === "Hrs" &&
    row("Tenancy") === "Shared" &&
    row("Operating System") === "Linux" &&
    row("Pre Installed S/W") === "NA" &&
    row("CapacityStatus") === "Used" &&
    isInRegion(row)
  );
}

/** A region's file also has the prices of its local zones. */
function isInRegion(row: Row): boolean {
  return row("Location Type") === "AWS Region";
}

/** `EUC1-EBS:VolumeUsage.gp3`; in us-east-1 without the region. */
const diskUsage = {
  storage: "EBS:VolumeUsage.gp3",
  iops: "EBS:VolumeP-IOPS.gp3",
  throughput: "EBS:VolumeP-Throughput.gp3",
} as const;

function diskPartOf(row: Row): keyof typeof diskUsage | undefined {
  const usage = row("usageType")?.replace(/^[A-Z0-9]+-/, "");
  const found = Object.entries(diskUsage).find(([, type]) => type === usage);
  return found && isInRegion(row) ? (found[0] as keyof typeof diskUsage) : undefined;
}

/** @throws Failure when the prices of a family's sizes are not in proportion, which the table cannot express */
function priceOfXlarge(region: string, family: string, sizes: ReadonlyMap<number, number>): number {
  const [largest, ...others] = [...sizes]
    .filter(([size]) => size >= 1 / 4 || sizes.size === 1) // Below `medium`, rounding changes the price too much.
    .sort(([one], [other]) => other - one)
    .map(([size, usd]) => usd / size);
  const odd = others.find((usd) => Math.abs(usd / largest! - 1) > roundingTolerance);
  if (odd !== undefined) {
    throw new Failure(
      `The prices of ${family} in ${region} are not in proportion to its sizes: ${roundPrice(odd)} and ${roundPrice(largest!)} USD ` +
        "for each xlarge. The table was not changed: it has one price for a family (config/price-table.ts).",
    );
  }
  return roundPrice(largest!);
}

/** The table with one region's prices of an offer file in place of the old ones. */
export function withOffer(table: PriceTable, region: string, offer: OfferPrices): PriceTable {
  return {
    ...table,
    sources: { ...table.sources, aws: "AWS's price list: https://pricing.us-east-1.amazonaws.com" },
    regions: { ...table.regions, [region]: { ...offer, source: "aws" } },
  };
}
