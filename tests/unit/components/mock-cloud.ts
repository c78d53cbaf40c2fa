import { createHash } from "node:crypto";
import type * as pulumi from "@pulumi/pulumi";

/** Canaries: secrets that no request may contain in plain text. */
export const canaries = {
  registrationToken: "CANARY-registration-token",
  webhookSecret: `CANARY${"0".repeat(58)}`,
  appKey: "-----BEGIN RSA PRIVATE KEY-----\nCANARY-app-key\n",
};

/** The run that a mocked `longhaul smoke dispatch` prints. */
export const smokeRun = {
  workflow: "longhaul-smoke-dev.yml",
  runId: 7,
  runUrl: "https://github.com/acme/app/actions/runs/7",
  expectedRunner: "dev-cloud-1-i-0",
  actualRunner: "dev-cloud-1-i-0",
  minutes: 360,
};

type Properties = Record<string, unknown>;
type Outputs = (name: string, inputs: Properties) => Properties;

const nothingMore: Outputs = () => ({});

/** Every resource type that the components make, with what its provider adds to the inputs. */
const resourceTypes: Record<string, Outputs> = {
  "pulumi:providers:aws": nothingMore,
  "pulumi:providers:github": nothingMore,
  "aws:budgets/budget:Budget": nothingMore,
  "aws:budgets/budgetAction:BudgetAction": nothingMore,
  "aws:cloudwatch/logGroup:LogGroup": nothingMore,
  "aws:cloudwatch/metricAlarm:MetricAlarm": nothingMore,
  "aws:costexplorer/costAllocationTag:CostAllocationTag": nothingMore,
  "aws:dynamodb/table:Table": (name) => ({ arn: `arn:aws:dynamodb:r:1:table/${name}` }),
  "aws:ec2/instance:Instance": nothingMore,
  "aws:ec2/internetGateway:InternetGateway": nothingMore,
  "aws:ec2/route:Route": nothingMore,
  "aws:ec2/routeTable:RouteTable": nothingMore,
  "aws:ec2/routeTableAssociation:RouteTableAssociation": nothingMore,
  "aws:ec2/securityGroup:SecurityGroup": nothingMore,
  "aws:ec2/subnet:Subnet": nothingMore,
  "aws:ec2/vpc:Vpc": nothingMore,
  "aws:iam/instanceProfile:InstanceProfile": (name) => ({ arn: `arn:aws:iam::1:instance-profile/${name}` }),
  "aws:iam/policy:Policy": (name) => ({ arn: `arn:aws:iam::1:policy/${name}` }),
  "aws:iam/role:Role": (name) => ({ arn: `arn:aws:iam::1:role/${name}` }),
  "aws:iam/rolePolicy:RolePolicy": nothingMore,
  "aws:lambda/function:Function": (name) => ({ arn: `arn:aws:lambda:r:1:function:${name}` }),
  "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": nothingMore,
  "aws:lambda/eventSourceMapping:EventSourceMapping": nothingMore,
  "aws:sns/topic:Topic": (name) => ({ arn: `arn:aws:sns:r:1:${name}` }),
  "aws:sns/topicPolicy:TopicPolicy": nothingMore,
  "aws:sns/topicSubscription:TopicSubscription": nothingMore,
  "aws:sqs/queue:Queue": (name) => ({ arn: `arn:aws:sqs:r:1:${name}`, url: `https://sqs/${name}` }),
  "aws:lambda/functionUrl:FunctionUrl": (name) => ({ functionUrl: `https://${name}.lambda-url.r.on.aws/` }),
  "aws:scheduler/schedule:Schedule": nothingMore,
  "aws:scheduler/scheduleGroup:ScheduleGroup": nothingMore,
  "aws:ssm/parameter:Parameter": nothingMore,
  "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": nothingMore,
  "command:local:Command": (_name, { create }) => ({
    stdout: printed(String(create)),
  }),
  "github:index/actionsOrganizationVariable:ActionsOrganizationVariable": nothingMore,
  "github:index/actionsRunnerGroup:ActionsRunnerGroup": nothingMore,
  "github:index/actionsVariable:ActionsVariable": nothingMore,
  "github:index/organizationWebhook:OrganizationWebhook": nothingMore,
  "github:index/repositoryWebhook:RepositoryWebhook": nothingMore,
};

/** What the mocked `longhaul` prints. */
function printed(script: string): string {
  if (script.includes("smoke dispatch")) return JSON.stringify(smokeRun);
  return script.includes("webhook-secret") ? canaries.webhookSecret : "";
}

/** Repository ids at GitHub, in another order than the names. */
const repositoryIds: Record<string, number> = { app: 30, lib: 9, tools: 101 };

const token = () => ({ token: canaries.registrationToken, expiresAt: 0, id: "token" });

/** A machine that exists in the mocked account before the program runs. */
export interface MockMachine {
  instanceId: string;
  state: string;
  tags: Record<string, string>;
}

/** A subnet that exists in the mocked account before the program runs. */
export interface MockSubnet {
  id: string;
  zone: string;
  vpcId?: string;
  tags?: Record<string, string>;
}

/** What exists in the mocked account before the program runs, and what EC2 offers there. */
export interface MockAccount {
  machines?: readonly MockMachine[];
  /** The account's default key, as EC2 names it. Default: AWS's own key. */
  defaultDiskKey?: string | undefined;
  /** Instance type → the zones that offer it, or that EC2 does not answer. Default: `zone-a` and `zone-c`. */
  offerings?: Readonly<Record<string, readonly string[]>> | "no answer";
  /** Default: the subnets that the examples name. */
  subnets?: readonly MockSubnet[];
}

/** Every provider function that the components call, except the look-ups of what exists in the account. */
const functions: Record<string, (inputs: Properties) => Properties> = {
  "aws:ssm/getParameter:getParameter": ({ name }) => ({ insecureValue: `ami-${hash(String(name))}` }),
  "github:index/getActionsRegistrationToken:getActionsRegistrationToken": token,
  "github:index/getActionsOrganizationRegistrationToken:getActionsOrganizationRegistrationToken": token,
  "github:index/getRestApi:getRestApi": ({ endpoint }) => ({ endpoint, code: 404, body: "{}" }),
  "github:index/getRepository:getRepository": ({ name }: { name?: unknown }) => ({
    name,
    repoId: repositoryIds[String(name)] ?? Number.parseInt(hash(String(name)).slice(0, 6), 16),
  }),
};

/** The id that a machine gets here, which follows from its resource's name. */
export function instanceIdOf(resourceName: string): string {
  return `i-${hash(resourceName)}`;
}

/** The default key for disks of an account that has not chosen one. */
const managedKey = "alias/aws/ebs";

/** The functions with which living machines are looked up. */
function lookups(machines: readonly MockMachine[]): typeof functions {
  const withTags = (wanted: readonly (readonly [string, unknown])[]) =>
    machines.filter(({ tags }) => wanted.every(([key, value]) => tags[key] === value));
  return {
    "aws:ec2/getInstances:getInstances": ({ instanceTags, instanceStateNames }) => ({
      ids: withTags(Object.entries(instanceTags as object))
        .filter(({ state }) => (instanceStateNames as string[]).includes(state))
        .map(({ instanceId }) => instanceId),
    }),
    "aws:resourcegroupstaggingapi/getResources:getResources": ({ tagFilters }) => ({
      resourceTagMappingLists: withTags(
        (tagFilters as { key: string; values: string[] }[]).map(({ key, values: [value] }) => [key, value]),
      ).map(({ instanceId, tags }) => ({ resourceArn: `arn:aws:ec2:r:1:instance/${instanceId}`, tags })),
    }),
  };
}

/** The subnets that the examples name, in their own VPC. */
const givenSubnets: readonly MockSubnet[] = [
  { id: "subnet-0a", zone: "zone-a", vpcId: "vpc-0a1b" },
  { id: "subnet-0b", zone: "zone-c", vpcId: "vpc-0a1b" },
];

/**
 * The zones of the mocked region. Two of them must never be chosen, and sort before the others: a local zone
 * that the account has opted into, and one that is out of service.
 */
const zones = [
  { name: "zone-c", state: "available", optInStatus: "opt-in-not-required" },
  { name: "zone-b", state: "available", optInStatus: "opt-in-not-required" },
  { name: "zone-a", state: "available", optInStatus: "opt-in-not-required" },
  { name: "zone--lax-1a", state: "available", optInStatus: "opted-in" },
  { name: "zone-0", state: "unavailable", optInStatus: "opt-in-not-required" },
];

/** The functions with which zones are chosen. As in a real region, one zone offers none of the usual types. */
function zoneLookups({ offerings = {}, subnets = givenSubnets }: MockAccount): typeof functions {
  const valuesOf = (filters: unknown, name: string) =>
    (filters as { name: string; values: string[] }[] | undefined)?.find((filter) => filter.name === name)
      ?.values ?? [];
  return {
    "aws:index/getAvailabilityZones:getAvailabilityZones": ({ state, filters }) => {
      const statuses = valuesOf(filters, "opt-in-status");
      const found = zones.filter(
        (zone) =>
          (state === undefined || zone.state === state) &&
          (statuses.length === 0 || statuses.includes(zone.optInStatus)),
      );
      return { names: found.map(({ name }) => name) };
    },
    "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": ({ filters }) => {
      if (offerings === "no answer") throw Object.assign(new Error(), { details: "EC2 is unavailable" });
      const offers = valuesOf(filters, "instance-type").flatMap((type) =>
        (offerings[type] ?? ["zone-c", "zone-a"]).map((zone) => ({ type, zone })),
      );
      return {
        instanceTypes: offers.map(({ type }) => type),
        locations: offers.map(({ zone }) => zone),
      };
    },
    "aws:ec2/getSubnets:getSubnets": ({ filters }) => {
      const names = valuesOf(filters, "tag:Name");
      return { ids: subnets.filter(({ tags }) => names.includes(tags?.Name ?? "")).map(({ id }) => id) };
    },
    "aws:ec2/getSubnet:getSubnet": ({ id }) => {
      const subnet = subnets.find((each) => each.id === id);
      // The engine's message is in the details of a gRPC error.
      if (!subnet) throw Object.assign(new Error(), { details: "no matching EC2 Subnet found" });
      return { id, availabilityZone: subnet.zone, vpcId: subnet.vpcId, tags: subnet.tags ?? {} };
    },
  };
}

/** Answers as the providers do for the types and functions above, and throws for all others. */
export function mockCloud(account: MockAccount = {}): pulumi.runtime.Mocks {
  const { machines = [], defaultDiskKey = managedKey } = account;
  const known: typeof functions = {
    ...functions,
    ...lookups(machines),
    ...zoneLookups(account),
    "aws:ebs/getDefaultKmsKey:getDefaultKmsKey": () => ({ keyArn: defaultDiskKey }),
  };
  return {
    newResource: ({ type, name, custom, ...args }) => {
      const inputs = args.inputs as Properties;
      if (custom === false) return { id: undefined, state: inputs };
      const outputs = resourceTypes[type];
      if (!outputs) throw new Error(`The mocked cloud has no resources of type ${type} (${name}).`);
      // The request has an id only if the resource is to be imported.
      return {
        id: args.id === undefined || args.id === "" ? idOf(type, name) : args.id,
        state: { ...inputs, ...outputs(name, inputs) },
      };
    },
    call: ({ token: name, inputs }) => {
      const answer = known[name];
      if (!answer) throw new Error(`The mocked cloud has no function ${name}.`);
      return answer(inputs as Properties);
    },
  };
}

function idOf(type: string, name: string): string {
  return type === "aws:ec2/instance:Instance" ? instanceIdOf(name) : `${type.split(":").at(-1)}-${name}`;
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 17);
}
