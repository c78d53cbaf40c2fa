import { expect } from "chai";
import fc from "fast-check";
import { subnetCidrs } from "../../../components/subnets.ts";
import { graphOf } from "./graph.ts";
import { evaluateOnce, organizationStack, repositoryStack } from "./stack-program.ts";

describe("the network", () => {
  it("lets nothing in and everything out", async () => {
    for (const raw of [repositoryStack, organizationStack]) {
      const graph = graphOf(await evaluateOnce(raw));
      const group = graph.ofType("SecurityGroup")[0]!;
      expect(group.inputs).not.to.have.any.keys("ingress", "egress");
      expect(graph.ofType("SecurityGroupIngressRule")).to.deep.equal([]);
      const [rule] = graph.ofType("SecurityGroupEgressRule");
      expect(rule!.inputs).to.include({ ipProtocol: "-1", cidrIpv4: "0.0.0.0/0" });
      expect(rule!.inputs.securityGroupId).to.equal(`SecurityGroup-${group.name}`);
    }
  });

  it("of the stack's own has a public subnet in each of two zones, and no NAT", async () => {
    const graph = graphOf(await evaluateOnce(repositoryStack));
    const subnets = graph.ofType("Subnet").sort((one, other) => (one.name < other.name ? -1 : 1));
    expect(
      subnets.map(({ inputs }) => [inputs.cidrBlock, inputs.availabilityZone, inputs.mapPublicIpOnLaunch]),
    ).to.deep.equal([
      ["10.42.0.0/18", "zone-a", true],
      ["10.42.64.0/18", "zone-b", true],
    ]);
    expect(graph.ofType("Route").map(({ inputs }) => inputs.gatewayId)).to.deep.equal([
      "InternetGateway-dev-10.42.0.0-16",
    ]);
    expect(graph.ofType("RouteTableAssociation")).to.have.lengthOf(2);
  });

  it("that is given gets a security group and nothing else", async () => {
    const graph = graphOf(await evaluateOnce(organizationStack));
    expect(graph.ofType("SecurityGroup")[0]!.inputs.vpcId).to.equal("vpc-0a1b");
    for (const type of ["Vpc", "Subnet", "InternetGateway", "Route", "RouteTable"]) {
      expect(graph.ofType(type), type).to.deep.equal([]);
    }
  });
});

describe("the subnets of a network", () => {
  const cases: [network: string, subnets: string[]][] = [
    ["10.42.0.0/16", ["10.42.0.0/18", "10.42.64.0/18"]],
    ["192.168.8.0/24", ["192.168.8.0/26", "192.168.8.64/26"]],
    ["172.31.255.192/26", ["172.31.255.192/28", "172.31.255.208/28"]],
  ];
  for (const [network, subnets] of cases) {
    it(`of ${network} are its first two quarters`, () => {
      expect(subnetCidrs(network)).to.deep.equal(subnets);
    });
  }

  it("lie in the network and do not overlap, whatever its size", () => {
    const start = (cidr: string) =>
      cidr
        .split("/")[0]!
        .split(".")
        .reduce((sum, part) => sum * 256 + Number(part), 0);
    const size = (cidr: string) => 2 ** (32 - Number(cidr.split("/")[1]));
    fc.assert(
      fc.property(fc.integer({ min: 16, max: 26 }), fc.nat(2 ** 16 - 1), (prefix, place) => {
        const address = (place * 2 ** (32 - prefix)) % 2 ** 32;
        const network = `${[24, 16, 8, 0].map((bits) => Math.floor(address / 2 ** bits) % 256).join(".")}/${prefix}`;
        const [one, other] = subnetCidrs(network) as [string, string];
        expect(start(one)).to.equal(start(network));
        expect(start(other)).to.equal(start(one) + size(one));
        expect(start(other) + size(other)).to.be.at.most(start(network) + size(network));
      }),
    );
  });

  it("are refused with what would be right", () => {
    expect(() => subnetCidrs("10.0.0.0/8")).to.throw("set network.cidr to one between /16 and /26");
    expect(() => subnetCidrs("10.0.0.0/27")).to.throw("set network.cidr to one between /16 and /26");
    expect(() => subnetCidrs("10.42.7.0/16")).to.throw(
      "10.42.7.0 is not the first address of a /16: set network.cidr to 10.42.0.0/16",
    );
  });
});
