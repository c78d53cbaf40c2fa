import { expect } from "chai";
import fc from "fast-check";
import { subnetCidrs } from "../../../components/runner-network/subnets.ts";
import { graphOf } from "./graph.ts";
import { instanceIdOf } from "./mock-cloud.ts";
import type { MockAccount, MockMachine } from "./mock-cloud.ts";
import { evaluateOnce, evaluateStack, organizationStack, repositoryStack } from "./stack-program.ts";
import type { Raw } from "./stack-program.ts";

describe("the network", () => {
  it("lets nothing in and everything out", async () => {
    for (const raw of [repositoryStack, organizationStack]) {
      const graph = graphOf(await evaluateOnce(raw));
      const group = graph.ofType("SecurityGroup")[0]!;
      expect(group.inputs).not.to.have.any.keys("ingress", "egress");
      expect(graph.ofType("SecurityGroupIngressRule")).to.deep.equal([]);
      const rules = graph.ofType("SecurityGroupEgressRule").map(({ inputs }) => inputs);
      expect(rules.map(({ cidrIpv4, cidrIpv6 }) => cidrIpv4 ?? cidrIpv6)).to.have.members([
        "0.0.0.0/0",
        "::/0",
      ]);
      for (const rule of rules) {
        expect(rule).to.include({ ipProtocol: "-1", securityGroupId: `SecurityGroup-${group.name}` });
      }
    }
  });

  it("has a public subnet in each of two zones and no NAT, if the stack makes it", async () => {
    const graph = graphOf(await evaluateOnce(repositoryStack));
    const subnets = graph.ofType("Subnet").sort((one, other) => (one.name < other.name ? -1 : 1));
    expect(
      subnets.map(({ inputs }) => [inputs.cidrBlock, inputs.availabilityZone, inputs.mapPublicIpOnLaunch]),
    ).to.deep.equal([
      ["10.42.0.0/18", "zone-a", true],
      ["10.42.64.0/18", "zone-c", true],
    ]);
    expect(graph.ofType("Route").map(({ inputs }) => inputs.gatewayId)).to.deep.equal([
      "InternetGateway-dev-10.42.0.0-16",
    ]);
    expect(graph.ofType("RouteTableAssociation")).to.have.lengthOf(2);
  });

  it("gets a security group and nothing else, if it exists already", async () => {
    const graph = graphOf(await evaluateOnce(organizationStack));
    expect(graph.ofType("SecurityGroup")[0]!.inputs.vpcId).to.equal("vpc-0a1b");
    for (const type of ["Vpc", "Subnet", "InternetGateway", "Route", "RouteTable"]) {
      expect(graph.ofType(type), type).to.deep.equal([]);
    }
  });
});

describe("the zones of the network", () => {
  const name = "dev-10.42.0.0-16";
  const twoFleets = {
    ...repositoryStack,
    fleets: { cloud: { runners: 2 }, gpu: { instanceType: "g6.xlarge", priceUsdPerHour: 1 } },
  };
  const zonesOf = async (raw: Raw, account: MockAccount = {}) => {
    const subnets = graphOf(await evaluateStack(raw, account)).ofType("Subnet");
    return Object.fromEntries(subnets.map((subnet) => [subnet.name, subnet.inputs.availabilityZone]));
  };
  const refusalOf = (raw: Raw, account: MockAccount) =>
    evaluateStack(raw, account).then(
      () => "nothing was refused",
      (error: unknown) => (error as Error).message,
    );
  /** The machines that exist in the account after the stack was deployed. */
  const machinesOf = async (raw: Raw): Promise<MockMachine[]> =>
    graphOf(await evaluateOnce(raw))
      .ofType("Instance")
      .map(({ name: resource, inputs }) => ({
        instanceId: instanceIdOf(resource),
        state: "stopped",
        tags: inputs.tags as Record<string, string>,
      }));
  const standing = [1, 2].map((number) => ({
    id: `subnet-${number}`,
    zone: ["zone-b", "zone-c"][number - 1]!,
    tags: { Name: `${name}-${number}` },
  }));

  it("are zones that offer the types of all fleets", async () => {
    const offerings = { "m5.xlarge": ["zone-a", "zone-b", "zone-c"], "g6.xlarge": ["zone-c", "zone-b"] };
    expect(await zonesOf(twoFleets, { offerings })).to.deep.equal({
      [`${name}-1`]: "zone-b",
      [`${name}-2`]: "zone-c",
    });
  });

  it("are availability zones in service, and never a local zone that the account has opted into", async () => {
    const offerings = { "m5.xlarge": ["zone--lax-1a", "zone-0", "zone-a", "zone-c"] };
    expect(await zonesOf(repositoryStack, { offerings })).to.deep.equal({
      [`${name}-1`]: "zone-a",
      [`${name}-2`]: "zone-c",
    });
  });

  it("are not looked up if every subnet and every machine exists, so that `up` works while EC2 does not answer", async () => {
    const machines = await machinesOf(repositoryStack);
    const account: MockAccount = { offerings: "no answer", subnets: standing };
    expect(await zonesOf(repositoryStack, { ...account, machines })).to.deep.equal({
      [`${name}-1`]: "zone-b",
      [`${name}-2`]: "zone-c",
    });
    expect(await refusalOf(repositoryStack, account)).to.contain("ec2:DescribeInstanceTypeOfferings");
  });

  it("stay the same, and so do the machines, whatever EC2 offers later", async () => {
    const machines = await machinesOf(repositoryStack);
    for (const offered of [["zone-a"], []]) {
      const offerings = { "m5.xlarge": offered };
      expect(await zonesOf(repositoryStack, { offerings, subnets: standing, machines })).to.deep.equal({
        [`${name}-1`]: "zone-b",
        [`${name}-2`]: "zone-c",
      });
    }
  });

  it("refuse a new machine if one of them does not offer its type", async () => {
    const refusal = await refusalOf(repositoryStack, { subnets: standing });
    expect(refusal).to.contain(
      "m5.xlarge (fleet cloud) is not offered in zone-b, the zone of 10.42.0.0/18, but in zone-a, zone-c.",
    );
    expect(refusal).to.contain("network.zones");
  });

  it("are refused if fewer than two offer the type, or none", async () => {
    const one = { "m5.xlarge": ["zone-c"] };
    expect(await refusalOf(repositoryStack, { offerings: one })).to.contain(
      "Only zone-c of the region offers",
    );
    const none = { "m5.xlarge": [] };
    expect(await refusalOf(repositoryStack, { offerings: none })).to.contain(
      "eu-central-1 offers m5.xlarge (fleet cloud) in none of its availability zones",
    );
  });

  it("are the configured zones, and another list makes another network", async () => {
    const raw = {
      ...repositoryStack,
      network: { zones: ["eu-central-1c", "eu-central-1a", "eu-central-1d"] },
    };
    const offerings = { "m5.xlarge": raw.network.zones };
    const named = `${name}-eu-central-1c-eu-central-1a-eu-central-1d`;
    expect(await zonesOf(raw, { offerings })).to.deep.equal({
      [`${named}-1`]: "eu-central-1c",
      [`${named}-2`]: "eu-central-1a",
      [`${named}-3`]: "eu-central-1d",
    });
    const refusal = await refusalOf(raw, { offerings: { "m5.xlarge": ["eu-central-1a", "eu-central-1d"] } });
    expect(refusal).to.contain("m5.xlarge (fleet cloud) is not offered in eu-central-1c");
  });

  it("of given subnets must offer every type, and the subnets must be in the given VPC", async () => {
    const given = (zone: string, vpcId: string) => ({
      subnets: [
        { id: "subnet-0a", zone: "zone-a", vpcId: "vpc-0a1b" },
        { id: "subnet-0b", zone, vpcId },
      ],
    });
    expect(await refusalOf(organizationStack, given("zone-b", "vpc-0a1b"))).to.contain(
      "m7g.xlarge (fleet arm) is not offered in zone-b, the zone of subnet-0b, but in zone-a, zone-c.",
    );
    expect(await refusalOf(organizationStack, given("zone-c", "vpc-0ff"))).to.contain(
      "subnet-0b is in vpc-0ff, and network.vpcId is vpc-0a1b",
    );
  });

  it("cannot be chosen without EC2's answer, and the refusal names the permissions that it needs", async () => {
    expect(await refusalOf(organizationStack, { subnets: [] }))
      .to.contain("no matching EC2 Subnet found")
      .and.contain("It takes ec2:DescribeInstanceTypeOfferings, ec2:DescribeSubnets");
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
      expect(subnetCidrs(network, 2)).to.deep.equal(subnets);
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
        const [one, other] = subnetCidrs(network, 2) as [string, string];
        expect(start(one)).to.equal(start(network));
        expect(start(other)).to.equal(start(one) + size(one));
        expect(start(other) + size(other)).to.be.at.most(start(network) + size(network));
      }),
    );
  });

  it("are refused, with a range that would be accepted", () => {
    expect(() => subnetCidrs("10.0.0.0/8", 2)).to.throw("set network.cidr to one between /16 and /26");
    expect(() => subnetCidrs("10.0.0.0/27", 2)).to.throw("set network.cidr to one between /16 and /26");
    expect(() => subnetCidrs("10.42.7.0/16", 2)).to.throw(
      "10.42.7.0 is not the first address of a /16: set network.cidr to 10.42.0.0/16",
    );
  });
});
