import { expect } from "chai";
import fc from "fast-check";
import { prices } from "../../../config/prices.ts";
import { csvFields } from "../../../scripts/prices/csv-line.ts";
import { offerReader, withOffer } from "../../../scripts/prices/offer-prices.ts";
import { readOffer } from "../../../scripts/prices/read-offer.ts";
import { startServer } from "../runtime/http-server.ts";
import type { ScriptedAnswer } from "../runtime/http-server.ts";
import { patienceMs } from "../../patience.ts";

const columns = [
  "SKU",
  "TermType",
  "PriceDescription",
  "Unit",
  "PricePerUnit",
  "Currency",
  "Location Type",
  "Instance Type",
  "Tenancy",
  "Operating System",
  "usageType",
  "CapacityStatus",
  "Pre Installed S/W",
];
type Row = Partial<Record<string, string>>;

const machine = (type: string, price: string, changes: Row = {}): Row => ({
  SKU: "A1",
  TermType: "OnDemand",
  PriceDescription: `$${price} per On Demand Linux ${type}, "shared"`,
  Unit: "Hrs",
  PricePerUnit: price,
  Currency: "USD",
  "Location Type": "AWS Region",
  "Instance Type": type,
  Tenancy: "Shared",
  "Operating System": "Linux",
  usageType: `EUC1-BoxUsage:${type}`,
  CapacityStatus: "Used",
  "Pre Installed S/W": "NA",
  ...changes,
});
const disk = (usageType: string, Unit: string, price: string, changes: Row = {}): Row => ({
  SKU: "D1",
  TermType: "OnDemand",
  Unit,
  PricePerUnit: price,
  Currency: "USD",
  "Location Type": "AWS Region",
  usageType,
  ...changes,
});
const disks = [
  disk("EUC1-EBS:VolumeUsage.gp3", "GB-Mo", "0.0952"),
  disk("EUC1-EBS:VolumeP-IOPS.gp3", "IOPS-Mo", "0.006"),
  disk("EUC1-EBS:VolumeP-Throughput.gp3", "GiBps-mo", "49.152"),
];

/** A file of the price list with these rows, in AWS's format. */
function offer(rows: readonly Row[], names: readonly string[] = columns): string {
  const line = (fields: readonly string[]) =>
    fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(",");
  return [
    line(["FormatVersion", "v1.0"]),
    line(["Disclaimer", "This list is for information only, says AWS."]),
    line(["Publication Date", "2026-11-05T20:59:55Z"]),
    line(["Version", "20261105205955"]),
    line(["OfferCode", "AmazonEC2"]),
    line(names),
    ...rows.map((row) => line(names.map((name) => row[name] ?? ""))),
    "",
  ].join("\n");
}

function read(text: string) {
  const reader = offerReader("eu-central-1");
  for (const line of text.split("\n")) reader.take(line);
  return reader.prices();
}

const sample = [machine("m5.xlarge", "0.2300000000"), machine("m5.2xlarge", "0.4600000000"), ...disks];

describe("a file of AWS's price list", () => {
  it("has its date of publication, the prices of machines by family, and the prices of gp3", () => {
    expect(read(offer([...sample, machine("c7i-flex.large", "0.09676")]))).to.deep.equal({
      date: "2026-11-05",
      machines: { m5: 0.23, "c7i-flex": 0.19352 },
      disks: [0.0952, 0.006, 0.048],
    });
  });

  it("may have its columns in another order, and new columns", () => {
    const names = ["Brand New", ...columns.toReversed().filter((name) => name !== "SKU")];
    expect(read(offer(sample, ["SKU", ...names]))).to.deep.equal(read(offer(sample)));
  });

  const others: [what: string, row: Row][] = [
    ["a dedicated machine", machine("m5.xlarge", "0.25", { Tenancy: "Dedicated" })],
    ["another system", machine("m5.xlarge", "0.4", { "Operating System": "Windows" })],
    ["preinstalled software", machine("m5.xlarge", "0.7", { "Pre Installed S/W": "SQL Web" })],
    ["an unused reservation", machine("m5.xlarge", "0.25", { CapacityStatus: "UnusedCapacityReservation" })],
    ["a local zone", machine("m5.xlarge", "0.3", { "Location Type": "AWS Local Zone" })],
    ["a reserved machine", machine("m5.xlarge", "0.1", { TermType: "Reserved" })],
    ["another currency", machine("m5.xlarge", "1.9", { Currency: "CNY" })],
    ["something that is free", machine("m5.xlarge", "0.0000000000")],
    ["a family that has local disks", machine("m5d.xlarge", "0.3")],
    ["a metal machine", machine("m5.metal", "9.99")],
    ["an old family", machine("m4.xlarge", "0.24")],
    ["a disk of another kind", disk("EUC1-EBS:VolumeUsage.gp2", "GB-Mo", "0.119")],
    [
      "a disk in a local zone",
      disk("HAM1-EBS:VolumeUsage.gp3", "GB-Mo", "0.2", { "Location Type": "AWS Local Zone" }),
    ],
  ];
  for (const [what, row] of others) {
    it(`has prices that are ignored: of ${what}`, () => {
      expect(read(offer([...sample, row]))).to.deep.equal(read(offer(sample)));
    });
  }

  it("is refused if the sizes of a family are not in proportion, which the table could not express", () => {
    expect(() => read(offer([...sample, machine("m5.4xlarge", "0.99")]))).to.throw(
      "The prices of m5 in eu-central-1 are not in proportion to its sizes: 0.23 and 0.2475 USD for each xlarge. The table was not changed",
    );
  });

  for (const [what, text] of [
    ["nothing", ""],
    ["a page of HTML", "<html>\n<body>Not today</body>\n</html>"],
    ["no machines", offer(disks)],
    ["no disks", offer(sample.slice(0, 2))],
    [
      "columns with other names",
      offer(
        sample,
        columns.map((name) => name.toUpperCase()),
      ),
    ],
  ] as const) {
    it(`is refused if it contains ${what}`, () => {
      expect(() => read(text)).to.throw("AWS's price list for eu-central-1 has changed");
    });
  }

  it("changes the prices and the source of one region in the table", () => {
    const table = withOffer(prices, "eu-central-1", read(offer(sample)));
    expect(table.regions["eu-central-1"]).to.include({ date: "2026-11-05", source: "aws" });
    expect(table.sources).to.have.property("aws");
    expect({ ...table.regions, "eu-central-1": undefined }).to.deep.equal({
      ...prices.regions,
      "eu-central-1": undefined,
    });
  });
});

describe("a line of CSV", () => {
  it("has the fields that were written, whatever they contain", () => {
    const field = fc.string({ unit: fc.constantFrom(..."ab ,\"'ä".split("")), maxLength: 6 });
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 6 }), (fields) => {
        const line = fields.map((each) => `"${each.replaceAll('"', '""')}"`).join(",");
        expect(csvFields(line)).to.deep.equal(fields);
      }),
    );
    expect(csvFields('a,"b ""c"" d",,e,')).to.deep.equal(["a", 'b "c" d', "", "e", ""]);
  });
});

describe("reading AWS's price list", () => {
  const text = offer(sample);
  const limits = { wholeMs: patienceMs, silenceMs: patienceMs };
  const answering = async <Result>(answer: ScriptedAnswer, use: (url: string) => Promise<Result>) => {
    const server = await startServer(() => answer);
    try {
      return { result: await use(server.url), paths: server.requests.map(({ path }) => path) };
    } finally {
      server.close();
    }
  };
  const failure = (answer: ScriptedAnswer, within = limits) =>
    answering(answer, (url) =>
      readOffer("eu-central-1", url, within).then(
        () => "nothing failed",
        (error: unknown) => (error as Error).message.replace(url, "…"),
      ),
    );

  it("requests the region's file, and reads it line by line", async () => {
    const { result, paths } = await answering({ body: text.replaceAll("\n", "\r\n") }, (url) =>
      readOffer("eu-central-1", url, limits),
    );
    expect(result).to.deep.equal(read(text));
    expect(paths).to.deep.equal(["/offers/v1.0/aws/AmazonEC2/current/eu-central-1/index.csv"]);
  });

  const address = "GET …/offers/v1.0/aws/AmazonEC2/current/eu-central-1/index.csv failed: ";
  it("fails with the address if there is no such file", async () => {
    expect((await failure({ status: 403 })).result).to.equal(`${address}HTTP 403`);
  });

  it("fails if the file breaks off, at whatever point", async () => {
    expect((await failure({ body: text, fails: "cut" })).result).to.match(/index\.csv failed: .+/);
  });

  it("fails if nothing arrives for a while, and if the download takes too long", async () => {
    expect((await failure({ fails: "never" }, { ...limits, silenceMs: 20 })).result).to.equal(
      `${address}there was silence for 0.02 s`,
    );
    expect((await failure({ fails: "never" }, { ...limits, wholeMs: 20 })).result).to.match(/timeout/);
  });
});
