import type { PriceList } from "../contract/prices.ts";
import type { Shape } from "../contract/shape.ts";

/** AWS's prices in US dollars: the shape of config/prices.json. */
export interface PriceTable {
  /** Sources of the figures, by the name that regions refer to. */
  sources: Record<string, string>;
  /** For one public IPv4 address and hour, the same in every region. */
  publicIpv4: number;
  regions: Record<string, RegionPrices>;
}

/** Prices of machines and disks in a region. */
export interface RegionPrices extends PriceList {
  /** The day of the machines' prices, `2025-03-02`. */
  date: string;
  /** A name in {@link PriceTable.sources}. */
  source: string;
}

export const priceTableShape: Shape<PriceTable> = {
  sources: { "*": "text" },
  publicIpv4: "number",
  regions: {
    "*": {
      date: "text",
      source: "text",
      machines: { "*": "number" },
      disks: ["number", "number", "number"],
    },
  },
};

/** The text of config/prices.json, one line for each region, so that the difference of a refresh is readable. */
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
