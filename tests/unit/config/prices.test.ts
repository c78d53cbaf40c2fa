import { expect } from "chai";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { loadConfiguration } from "../../../config/load.ts";
import { formatPriceTable } from "../../../config/price-table.ts";
import type { PriceTable } from "../../../config/price-table.ts";
import { diskPrice, hourlyPrices, machinePrice, prices, UnknownPriceError } from "../../../config/prices.ts";

const configuration = (fleet: object, more: object = {}) =>
  loadConfiguration("dev", {
    aws: { account: "123456789012", region: "eu-central-1" },
    github: { repository: "acme/app" },
    fleets: { cloud: fleet },
    ...more,
  });
const inRegion = (region: string) => ({ aws: { account: "123456789012", region } });

describe("the table of prices", () => {
  const { regions, sources } = prices;

  it("names the date and the source of every region's prices", () => {
    for (const [region, { date, source }] of Object.entries(regions)) {
      expect(date, region).to.match(/^20\d\d-[01]\d-[0-3]\d$/);
      expect(sources, region).to.have.property(source);
    }
    expect(Object.keys(regions)).to.include.members(["us-east-1", "us-west-2", "eu-central-1", "eu-west-1"]);
  });

  it("has only plausible prices", () => {
    for (const [region, { machines, disks }] of Object.entries(regions)) {
      for (const [family, usd] of Object.entries(machines)) {
        expect(usd, `${family} in ${region}`).to.be.within(0.05, 0.7);
      }
      const [gigabyte, iops, throughput] = disks;
      expect(gigabyte, region).to.be.within(0.07, 0.2);
      expect(iops / gigabyte, region).to.be.closeTo(1 / 16, 0.002);
      expect(throughput / gigabyte, region).to.be.closeTo(1 / 2, 0.01);
    }
  });

  it("has similar prices for Intel's generations of a series in a region, so that a price of another kind is noticed", () => {
    for (const [region, { machines }] of Object.entries(regions)) {
      for (const series of ["c", "m", "r"]) {
        for (const later of ["6i", "7i"]) {
          const [one, other] = [machines[`${series}5`], machines[`${series}${later}`]];
          if (one !== undefined && other !== undefined) {
            expect(other / one, `${series}${later} in ${region}`).to.be.within(0.94, 1.08);
          }
        }
      }
    }
  });

  it("is formatted in its file as `npm run prices` formats it", () => {
    const file = join(import.meta.dirname, "../../../config/prices.json");
    expect(readFileSync(file, "utf8")).to.equal(formatPriceTable(prices));
  });
});

describe("the price of a machine", () => {
  // These are the prices of single sizes in AWS's price list.
  const known: [type: string, region: string, usd: number][] = [
    ["m5.xlarge", "us-east-1", 0.192],
    ["m5.24xlarge", "us-east-1", 4.608],
    ["c5.9xlarge", "us-east-1", 1.53],
    ["c7i.large", "us-east-1", 0.08925],
    ["c6a.48xlarge", "us-east-1", 7.344],
    ["m7g.medium", "us-east-1", 0.0408],
    ["r6g.2xlarge", "us-east-1", 0.4032],
    ["t4g.small", "us-east-1", 0.0168],
    ["t3.micro", "us-east-1", 0.0104],
    ["m5.xlarge", "eu-central-1", 0.23],
    ["c5.2xlarge", "eu-west-1", 0.384],
  ];
  for (const [type, region, usd] of known) {
    it(`is ${usd} USD for an hour of ${type} in ${region}`, () => {
      expect(machinePrice(type, region)).to.equal(usd);
    });
  }

  for (const [what, type, region] of [
    ["a family that is not in the table", "x2idn.xlarge", "us-east-1"],
    ["a size that is not in proportion", "m5.metal", "us-east-1"],
    ["a region that is not in the table", "m5.xlarge", "cn-north-1"],
    ["something that is not an instance type", "m5", "us-east-1"],
    ["a family named like a property of every object", "constructor.xlarge", "us-east-1"],
    ["a region named like a property of every object", "m5.xlarge", "constructor"],
  ] as const) {
    it(`is undefined for ${what}`, () => {
      expect(machinePrice(type, region)).to.equal(undefined);
    });
  }
});

describe("the price of a disk", () => {
  const monthly = (disk: object, region = "us-east-1") =>
    diskPrice(configuration({ disk }).fleets.cloud!.disk, region) * 730;

  for (const [what, disk, usd] of [
    ["its size alone", { sizeGb: 100 }, 8],
    ["what every gp3 includes, written out", { sizeGb: 100, iops: 3000, throughput: 125 }, 8],
    ["operations above 3,000", { sizeGb: 100, iops: 5000 }, 8 + 2000 * 0.005],
    ["throughput above 125 MiB/s", { sizeGb: 100, throughput: 500 }, 8 + 375 * 0.04],
  ] as const) {
    it(`is ${usd} USD a month in us-east-1 for ${what}`, () => {
      expect(monthly(disk)).to.be.closeTo(usd, 1e-9);
    });
  }

  it("is the most expensive region's if the table does not have the region", () => {
    const all = Object.keys(prices.regions).map((region) => monthly({ sizeGb: 100 }, region));
    expect(monthly({ sizeGb: 100 }, "mars-north-1")).to.equal(Math.max(...all));
  });
});

describe("the hourly price of a fleet's machines", () => {
  it("is the sum of machine, disk and public address", () => {
    const { cloud } = hourlyPrices(configuration({ instanceType: "m5.xlarge", disk: { sizeGb: 100 } }));
    expect(cloud!.machine).to.equal(0.23);
    expect(cloud!.disk).to.be.closeTo(9.52 / 730, 1e-12);
    expect(cloud!.address).to.equal(0.005);
  });

  it("does not include an address if the subnets are given", () => {
    const network = { vpcId: "vpc-0a", subnetIds: ["subnet-0a"] };
    expect(hourlyPrices(configuration({}, { network })).cloud!.address).to.equal(0);
  });

  it("is the configured one, even if the table has another", () => {
    const own = { priceUsdPerHour: 0.11 };
    expect(hourlyPrices(configuration(own)).cloud!.machine).to.equal(0.11);
    const unheardOf = configuration({ ...own, instanceType: "x9q.metal" }, inRegion("cn-north-1"));
    expect(hourlyPrices(unheardOf).cloud!.machine).to.equal(0.11);
    expect(hourlyPrices(configuration({ priceUsdPerHour: 0 })).cloud!.machine).to.equal(0);
  });

  it("is an error if it is unknown, with type, region, the table's date and the next step, for all fleets at once", () => {
    const { fleets, ...rest } = configuration({});
    const of = (instanceType: string) => ({ ...fleets.cloud!, instanceType });
    const all = { ...rest, fleets: { cloud: of("x2idn.16xlarge"), metal: of("m5.metal") } };
    expect(() => hourlyPrices(all))
      .to.throw(UnknownPriceError, "")
      .with.property(
        "message",
        [
          "fleets.cloud: the price of x2idn.16xlarge in eu-central-1 is not in the table config/prices.json of 2025-03-02. Set the fleet's priceUsdPerHour, in US dollars for an hour.",
          "fleets.metal: the price of m5.metal in eu-central-1 is not in the table config/prices.json of 2025-03-02. Set the fleet's priceUsdPerHour, in US dollars for an hour.",
        ].join("\n"),
      );
  });

  it("is known for every configuration that loads; others are refused, with or without a budget", () => {
    expect(() => configuration({ instanceType: "x2idn.16xlarge" })).to.throw("priceUsdPerHour: is missing");
    expect(() => configuration({}, inRegion("us-gov-west-1"))).to.throw(
      "us-gov-west-1 is not in the table config/prices.json, so the price of m5.xlarge there is not known",
    );
  });
});

describe("the text of a table", () => {
  it("is read as the same table, whatever the order of its keys", () => {
    const price = fc.integer({ min: 1, max: 1_000_000 }).map((millionths) => millionths / 1_000_000);
    const names = fc.stringMatching(/^[a-z]{1,3}\d[a-z-]{0,3}$/);
    const table: fc.Arbitrary<PriceTable> = fc.record({
      sources: fc.dictionary(names, fc.string(), { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
      publicIpv4: price,
      regions: fc.dictionary(
        names,
        fc.record({
          date: fc.constant("2026-01-02"),
          source: names,
          machines: fc.dictionary(names, price, { maxKeys: 4, noNullPrototype: true }),
          disks: fc.tuple(price, price, price),
        }),
        { minKeys: 1, maxKeys: 4, noNullPrototype: true },
      ),
    });
    const reversed = <Value>(record: Record<string, Value>) =>
      Object.fromEntries(Object.entries(record).reverse());
    fc.assert(
      fc.property(table, (one) => {
        expect(JSON.parse(formatPriceTable(one))).to.deep.equal(one);
        expect(formatPriceTable({ ...one, regions: reversed(one.regions) })).to.equal(formatPriceTable(one));
      }),
    );
  });
});
