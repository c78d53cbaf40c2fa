/** What AWS asks for, in US dollars: the shape of config/prices.json. */
export interface PriceTable {
  /** Where the figures are from, by the name that the regions refer to. */
  sources: Record<string, string>;
  /** For one public IPv4 address and hour, the same in every region. */
  publicIpv4: number;
  regions: Record<string, RegionPrices>;
}

export interface RegionPrices {
  /** The day of the machines' prices, `2025-03-02`. */
  date: string;
  /** A name in {@link PriceTable.sources}. */
  source: string;
  /** For an hour of a family's `xlarge`: on demand, Linux, shared tenancy. */
  machines: Record<string, number>;
  disks: DiskPrices;
}

/**
 * gp3, for a month: each GB, each operation per second above {@link freeIops},
 * and each MiB/s above {@link freeThroughput}.
 */
export type DiskPrices = readonly [gigabyte: number, iops: number, throughput: number];

/** What a gp3 volume has without being asked, and free of charge: https://aws.amazon.com/ebs/pricing */
export const freeIops = 3000;
/** MiB/s. */
export const freeThroughput = 125;

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

/** The text of config/prices.json: a line for each region, so that a refresh can be read as a difference. */
export function formatPriceTable({ sources, publicIpv4, regions }: PriceTable): string {
  const lines = sorted(regions).map(([region, { date, source, machines, disks }]) => {
    const ordered = { date, source, disks, machines: Object.fromEntries(sorted(machines)) };
    return `    ${JSON.stringify(region)}: ${JSON.stringify(ordered)}`;
  });
  return `${[
    "{",
    `  "sources": ${JSON.stringify(sources, undefined, 4).replace("\n}", "\n  }")},`,
    `  "publicIpv4": ${publicIpv4},`,
    `  "regions": {\n${lines.join(",\n")}\n  }`,
    "}",
  ].join("\n")}\n`;
}

function sorted<Value>(record: Readonly<Record<string, Value>>): [string, Value][] {
  return Object.entries(record).sort(([one], [other]) => (one < other ? -1 : 1));
}
