import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatPriceTable } from "../config/price-table.ts";
import { prices } from "../config/prices.ts";
import { readOffer } from "./prices/read-offer.ts";
import { withOffer } from "./prices/offer-prices.ts";
import "./end-in-words.ts";

/*
 * `npm run prices` updates config/prices.json from AWS's price list, for the
 * regions that are in it. `npm run prices -- eu-central-1 …` reads only the named
 * regions. It takes minutes, downloads some gigabytes and needs no credentials.
 * Nothing is written unless every region could be read.
 */

const file = join(import.meta.dirname, "..", "config", "prices.json");
const regions = process.argv.slice(2);

let table = prices;
for (const region of regions.length > 0 ? regions : Object.keys(prices.regions)) {
  console.error(`${region} …`);
  table = withOffer(table, region, await readOffer(region));
}
writeFileSync(file, formatPriceTable(table));
