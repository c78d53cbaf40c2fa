import { InternetGateway } from "@pulumi/aws/ec2/internetGateway.js";
import { Route } from "@pulumi/aws/ec2/route.js";
import { RouteTable } from "@pulumi/aws/ec2/routeTable.js";
import { RouteTableAssociation } from "@pulumi/aws/ec2/routeTableAssociation.js";
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { Subnet } from "@pulumi/aws/ec2/subnet.js";
import { Vpc } from "@pulumi/aws/ec2/vpc.js";
import { SecurityGroupEgressRule } from "@pulumi/aws/vpc/securityGroupEgressRule.js";
import * as pulumi from "@pulumi/pulumi";
import type { Configuration } from "../../config/schema.ts";
import { createGuard } from "../commands/guard.ts";
import { planNetwork, subnetName } from "./network-plan.ts";
import { environmentTags } from "../../contract/resource-tags.ts";

const anywhere = "0.0.0.0/0";
const anywhereIpv6 = "::/0";

export interface RunnerNetworkArgs {
  environment: string;
  configuration: Configuration;
  /** The zones of the subnets, as {@link findZones} has found or chosen them. Given subnets have their own. */
  zones: readonly string[];
}

/** A subnet that machines can be put into. */
export interface MachineSubnet {
  /** Identity of the subnet, in plain configuration. A machine in another subnet is another machine. */
  identity: string;
  id: pulumi.Input<string>;
}

/** What a machine needs of a network. {@link RunnerNetwork} is one; another program may bring its own. */
export interface MachineNetwork {
  /** Identity of the network, in plain configuration. A machine on another network is another machine. */
  identity: string;
  /** Runners are spread over them by number. */
  subnets: readonly MachineSubnet[];
  securityGroupId: pulumi.Input<string>;
  /** Everything that must exist before a machine boots and until it has left, guard included. */
  foundations: readonly pulumi.Resource[];
}

/**
 * What machines are connected to: a VPC with public subnets in two zones (or
 * in those that the configuration names) and no NAT, or the subnets given. In
 * both cases a security group lets nothing in and everything out, by IPv4 and
 * IPv6.
 */
export class RunnerNetwork extends pulumi.ComponentResource implements MachineNetwork {
  readonly identity: string;
  readonly vpcId: pulumi.Output<string>;
  readonly subnets: readonly MachineSubnet[];
  readonly securityGroupId: pulumi.Output<string>;
  readonly foundations: readonly pulumi.Resource[];

  /** @throws when the address range cannot be cut into subnets */
  constructor(name: string, args: RunnerNetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super("longhaul:index:RunnerNetwork", name, {}, opts);
    const { environment, configuration, zones } = args;
    const plan = planNetwork(environment, configuration.network);
    const { identity } = plan;
    const tags = environmentTags(environment, identity, configuration.tags);
    const child = { parent: this };

    const { vpcId, subnets, connections } =
      plan.kind === "given" ? useGivenVpc(plan.vpcId) : createVpc(plan.cidr);
    const { securityGroup, egress } = createSecurityGroup();
    const foundations = [...connections, securityGroup, ...egress];
    const guard = createGuard(
      identity,
      {
        environment,
        configuration,
        guards: pulumi
          .all([vpcId, securityGroup.id])
          .apply(([vpc, group]) => ({ what: "network" as const, vpcId: vpc, securityGroupId: group })),
        dependsOn: foundations,
      },
      this,
    );

    this.identity = identity;
    this.vpcId = vpcId;
    this.subnets = subnets;
    this.securityGroupId = securityGroup.id;
    this.foundations = [...foundations, guard];
    this.registerOutputs({ vpcId, securityGroupId: securityGroup.id });

    function useGivenVpc(id: string) {
      const given = plan.subnets.map((subnetId) => ({ identity: subnetId, id: subnetId }));
      return { vpcId: pulumi.output(id), subnets: given, connections: [] };
    }

    function createVpc(vpcCidr: string) {
      const vpc = new Vpc(
        identity,
        { cidrBlock: vpcCidr, enableDnsSupport: true, enableDnsHostnames: true, tags },
        child,
      );
      const gateway = new InternetGateway(identity, { vpcId: vpc.id, tags }, child);
      const table = new RouteTable(identity, { vpcId: vpc.id, tags }, child);
      const route = new Route(
        identity,
        { routeTableId: table.id, destinationCidrBlock: anywhere, gatewayId: gateway.id },
        child,
      );
      const parts = plan.subnets.map((cidrBlock, index) => {
        const part = subnetName(plan, index);
        const subnet = new Subnet(
          part,
          {
            vpcId: vpc.id,
            cidrBlock,
            availabilityZone: zones[index]!,
            mapPublicIpOnLaunch: true,
            tags: environmentTags(environment, part, configuration.tags),
          },
          // The state keeps the choice: later offers of EC2 must not replace the subnets of existing machines.
          { ...child, ignoreChanges: ["availabilityZone"] },
        );
        const association = new RouteTableAssociation(
          part,
          { subnetId: subnet.id, routeTableId: table.id },
          child,
        );
        return { cidrBlock, subnet, association };
      });
      return {
        vpcId: vpc.id,
        subnets: parts.map(({ cidrBlock, subnet }) => ({ identity: cidrBlock, id: subnet.id })),
        connections: [
          vpc,
          gateway,
          table,
          route,
          ...parts.flatMap(({ subnet, association }) => [subnet, association]),
        ],
      };
    }

    function createSecurityGroup() {
      const securityGroup = new SecurityGroup(
        identity,
        {
          name: `longhaul-${identity}`,
          description: "Longhaul machines: nothing in, everything out",
          vpcId,
          tags,
        },
        child,
      );
      const everything = { securityGroupId: securityGroup.id, ipProtocol: "-1", tags };
      const egress = [
        new SecurityGroupEgressRule(identity, { ...everything, cidrIpv4: anywhere }, child),
        // The stack's own VPC has no IPv6, but given subnets may have it.
        new SecurityGroupEgressRule(`${identity}-ipv6`, { ...everything, cidrIpv6: anywhereIpv6 }, child),
      ];
      return { securityGroup, egress };
    }
  }
}
