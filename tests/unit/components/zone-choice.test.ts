import { expect } from "chai";
import fc from "fast-check";
import {
  checkOffered,
  checkPlacement,
  checkVpc,
  chooseZones,
  offeringsOf,
} from "../../../components/zones/zone-choice.ts";
import type { SubnetSite } from "../../../components/zones/zone-choice.ts";

const sites = (...zones: (string | undefined)[]): SubnetSite[] =>
  zones.map((zone, index) => ({ subnet: `10.42.${index}.0/24`, zone }));
const offerings = new Map([
  ["m5.xlarge", ["a", "c", "d"]],
  ["m7g.xlarge", ["b", "c", "d"]],
  ["p5.48xlarge", ["c"]],
]);
const region = ["d", "b", "a", "c"];

describe("the zones of a new network", () => {
  const chosen: [title: string, types: string[], standing: (string | undefined)[], zones: string[]][] = [
    ["the first by name that offer the type", ["m5.xlarge"], [undefined, undefined], ["a", "c"]],
    ["those that offer every fleet's type", ["m5.xlarge", "m7g.xlarge"], [undefined, undefined], ["c", "d"]],
    ["those of the existing subnets", ["m5.xlarge"], ["b", "a"], ["b", "a"]],
    ["another zone for a subnet that was lost", ["m5.xlarge"], ["a", undefined], ["a", "c"]],
    [
      "those of existing subnets, even if nothing is offered there any more",
      ["m9.large"],
      ["b", "c"],
      ["b", "c"],
    ],
  ];
  for (const [title, types, standing, zones] of chosen) {
    it(`are ${title}`, () => {
      expect(chooseZones(sites(...standing), types, offerings, region)).to.deep.equal(zones);
    });
  }

  it("are refused if they are too few, with the zones that offer each type and what to do", () => {
    expect(() =>
      chooseZones(sites(undefined, undefined), ["m5.xlarge", "p5.48xlarge"], offerings, region),
    ).to.throw(
      /^Only c of the region offers all .* needs 2 such zones\. m5\.xlarge is offered in a, c, d; p5\.48xlarge is offered in c\..*network\.zones.*network\.subnetIds/,
    );
    expect(() => chooseZones(sites(undefined), ["m7g.xlarge"], offerings, ["a"])).to.throw(
      /^No availability zone of the region offers all/,
    );
  });

  it("are different and available, offer every type, and keep existing subnets", () => {
    const zone = fc.constantFrom("a", "b", "c", "d", "e");
    const subsets = fc.uniqueArray(zone);
    fc.assert(
      fc.property(
        fc.array(subsets, { minLength: 1, maxLength: 3 }),
        subsets,
        fc.uniqueArray(fc.option(zone, { nil: undefined }), { maxLength: 4 }),
        (offers, available, standing) => {
          const types = offers.map((_, index) => `m${index}.large`);
          const offered = new Map(types.map((type, index) => [type, offers[index]!]));
          const fit = available.filter(
            (each) => !standing.includes(each) && offers.every((zones) => zones.includes(each)),
          );
          const choose = () => chooseZones(sites(...standing), types, offered, available);
          if (standing.filter((each) => each === undefined).length > fit.length) {
            expect(choose).to.throw("network.zones");
            return;
          }
          const zones = choose();
          expect(new Set(zones).size).to.equal(standing.length);
          zones.forEach((each, index) => {
            if (standing[index] === undefined) expect(fit).to.include(each);
            else expect(each).to.equal(standing[index]);
          });
        },
      ),
    );
  });
});

describe("the configured instance types", () => {
  it("must be offered somewhere in the region", () => {
    const wanted = new Map([
      ["m5.xlarge", ["cloud"]],
      ["m5.huge", ["big", "bigger"]],
    ]);
    expect(() => {
      checkOffered(wanted, offerings, "eu-central-1");
    }).to.throw("eu-central-1 offers m5.huge (fleets big, bigger) in none of its availability zones");
    checkOffered(new Map([["m5.xlarge", ["cloud"]]]), offerings, "eu-central-1");
  });

  it("must be offered in the zone of every existing subnet", () => {
    const wanted = new Map([["p5.48xlarge", ["gpu"]]]);
    const check = (...zones: (string | undefined)[]) => {
      checkPlacement(sites(...zones), wanted, offerings, "Do this.");
    };
    expect(() => {
      check("a", "c", "b");
    }).to.throw(
      "p5.48xlarge (fleet gpu) is not offered in a, the zone of 10.42.0.0/24, but in c.\n" +
        "p5.48xlarge (fleet gpu) is not offered in b, the zone of 10.42.2.0/24, but in c.\n" +
        "Do this.",
    );
    check("c", undefined);
  });

  it("are read from EC2's two lists", () => {
    const read = offeringsOf(["m5.xlarge", "m7g.xlarge", "m5.xlarge"], ["c", "c", "a"]);
    expect([...read]).to.deep.equal([
      ["m5.xlarge", ["a", "c"]],
      ["m7g.xlarge", ["c"]],
    ]);
  });
});

describe("given subnets", () => {
  it("are in the given VPC", () => {
    const given = [
      { subnet: "subnet-0a", zone: "a", vpcId: "vpc-1" },
      { subnet: "subnet-0b", zone: "a", vpcId: "vpc-2" },
    ];
    expect(() => {
      checkVpc("vpc-1", given);
    }).to.throw("subnet-0b is in vpc-2, and network.vpcId is vpc-1");
    checkVpc("vpc-1", given.slice(0, 1));
  });
});
