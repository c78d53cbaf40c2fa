import { expect } from "chai";
import type { Properties } from "../../../local/provider.ts";
import { checkGroupTags } from "../../../local/aws/tag-rules.ts";
import { account, refusal, region, startTestCloud, types } from "./cloud.ts";
import type { TestCloud } from "./cloud.ts";

/** A local zone that the account has opted into. */
const localZone = `${region}-ham-1a`;

describe("the emulated aws provider", () => {
  let cloud: TestCloud;
  beforeEach(async () => {
    cloud = await startTestCloud();
  });
  afterEach(() => cloud.close());

  const typeOf = (type: keyof typeof types) => cloud.aws.provider.types[types[type]]!;
  /** The inputs that a refresh reads, as far as the program set them. */
  const refreshed = async (type: keyof typeof types, id: string, state: Properties, inputs: Properties) => {
    const now = (await typeOf(type).read(id, state, {}))!;
    return Object.fromEntries(Object.keys(inputs).map((key) => [key, now[key]]));
  };

  const made: [keyof typeof types, (cloud: TestCloud) => Properties, RegExp, RegExp][] = [
    ["vpc", () => ({ cidrBlock: "10.0.0.0/16", tags: { Name: "x" } }), /^vpc-[0-9a-f]{17}$/, /:vpc\/vpc-/],
    [
      "subnet",
      ({ network }) => ({ vpcId: network.vpcId, cidrBlock: "10.42.64.0/18" }),
      /^subnet-[0-9a-f]{17}$/,
      /:subnet\/subnet-/,
    ],
    [
      "securityGroup",
      ({ network }) => ({ vpcId: network.vpcId, name: "other" }),
      /^sg-/,
      /:security-group\/sg-/,
    ],
    [
      "role",
      () => ({ name: "r", path: "/p/", assumeRolePolicy: "{}" }),
      /^r$/,
      /^arn:aws:iam::\d{12}:role\/p\/r$/,
    ],
    ["instanceProfile", () => ({ name: "i", role: "machines" }), /^i$/, /:instance-profile\/i$/],
    [
      "logGroup",
      () => ({ name: "/longhaul/dev/cloud", retentionInDays: 400 }),
      /^\/longhaul/,
      /:log-group:\/longhaul/,
    ],
    [
      "parameter",
      () => ({ name: "/longhaul/x", type: "String", insecureValue: "{}" }),
      /^\//,
      /:parameter\/longhaul\/x$/,
    ],
    ["instance", ({ machineInputs }) => machineInputs(), /^i-[0-9a-f]{17}$/, /:instance\/i-/],
  ];
  for (const [type, inputsOf, id, arn] of made) {
    it(`gives ${types[type]} an id and an ARN as AWS does, and a refresh changes nothing`, async () => {
      const inputs = inputsOf(cloud);
      const resource = await cloud.make(type, inputs);
      expect(resource.id).to.match(id);
      expect(resource.state.arn).to.match(arn);
      expect(await typeOf(type).read(resource.id, resource.state, {})).to.deep.equal(resource.state);
      expect(await refreshed(type, resource.id, resource.state, inputs)).to.deep.equal(inputs);
    });
  }

  it("shows a refresh what has changed on a machine at run time: tags and sleep", async () => {
    const inputs = cloud.machineInputs();
    const { id, state } = await cloud.make("instance", inputs);
    const machine = cloud.aws.account.instances[id]!;
    machine.tags["longhaul:state"] = "asleep";
    cloud.host.goDown(id, "poweroff");
    const now = (await typeOf("instance").read(id, state, {}))!;
    expect(now).to.deep.include({ instanceState: "stopped", publicIp: "" });
    expect(now.tags).to.deep.equal({ "longhaul:fleet": "cloud", "longhaul:state": "asleep" });
    expect(now.rootBlockDevice).to.deep.equal(state.rootBlockDevice);
    expect([state.tags, inputs.tags]).to.deep.equal([
      { "longhaul:fleet": "cloud" },
      { "longhaul:fleet": "cloud" },
    ]);
  });

  it("shows a refresh that a terminated machine and a deleted parameter are gone", async () => {
    const { id, state } = await cloud.make(
      "instance",
      cloud.machineInputs({ instanceInitiatedShutdownBehavior: "terminate" }),
    );
    cloud.host.goDown(id, "poweroff");
    expect(await typeOf("instance").read(id, state, {})).to.equal(undefined);
    expect(await typeOf("parameter").read("/none", {}, {})).to.equal(undefined);
  });

  it("does not delete a locked machine", async () => {
    const { id } = await cloud.machine();
    expect(await refusal(cloud.remove("instance", id))).to.contain("OperationNotPermitted");
    expect(cloud.host.machines.has(id)).to.equal(true);
  });

  it("changes tags in place, and inputs that need a stop only if EC2 permits the stop", async () => {
    const { id, state } = await cloud.make("instance", cloud.machineInputs());
    const inputs = cloud.machineInputs({ tags: { a: "b" } });
    await typeOf("instance").update!(id, state, inputs, {}, []);
    expect(cloud.aws.account.instances[id]!.tags).to.deep.equal({ a: "b" });
    const larger = typeOf("instance").update!(id, state, { ...inputs, instanceType: "m5.2xlarge" }, {}, [
      "instanceType",
    ]);
    expect(await refusal(larger)).to.contain("OperationNotPermitted");
  });

  it("deletes nothing that a machine depends on, asleep or not", async () => {
    const machine = await cloud.machine();
    cloud.host.goDown(machine.id, "poweroff");
    const { vpcId, subnetId, securityGroupId } = cloud.network;
    const standsOn = [
      ["subnet", subnetId],
      ["securityGroup", securityGroupId],
      ["instanceProfile", "machines"],
      ["vpc", vpcId],
    ] as const;
    for (const [type, id] of standsOn) {
      expect(await refusal(cloud.remove(type, id)), type).to.match(/DependencyViolation|DeleteConflict/);
    }
    machine.state = "terminated";
    for (const [type, id] of standsOn) await cloud.remove(type, id);
  });

  it("deletes a VPC and a role only after their contents", async () => {
    expect(await refusal(cloud.remove("vpc", cloud.network.vpcId))).to.contain("DependencyViolation");
    expect(await refusal(cloud.remove("role", "machines"))).to.contain("DeleteConflict");
  });

  it("refuses a second resource of one name", async () => {
    expect(await refusal(cloud.make("role", { name: "machines" }))).to.contain("EntityAlreadyExists");
    await cloud.make("parameter", { name: "/a", type: "String", value: "1" });
    expect(await refusal(cloud.make("parameter", { name: "/a", type: "String", value: "1" }))).to.contain(
      "ParameterAlreadyExists",
    );
  });

  it("accepts no tag without a value on a schedule group", () => {
    expect(() => {
      checkGroupTags({ team: "builds", stage: "" });
    }).to.throw("the tag 'stage' failed to satisfy constraint");
    checkGroupTags({ team: "builds" });
  });

  it("writes a new version of a parameter only when its value changes", async () => {
    const { id, state } = await cloud.make("parameter", { name: "/a", type: "String", value: "1" });
    const same = await typeOf("parameter").update!(
      id,
      state,
      { name: "/a", type: "String", value: "1", tags: { t: "x" } },
      {},
      ["tags"],
    );
    expect(same).to.deep.include({ version: 1, tagsAll: { t: "x" } });
    const next = await typeOf("parameter").update!(id, same, { name: "/a", type: "String", value: "2" }, {}, [
      "value",
    ]);
    expect(next).to.deep.include({ version: 2, value: "2" });
  });

  it("makes nothing for a provider of another account or region", async () => {
    const create = (configuration: Properties) =>
      typeOf("vpc").create({ cidrBlock: "10.0.0.0/16" }, configuration);
    await create({ allowedAccountIds: JSON.stringify([account]), region });
    expect(await refusal(create({ allowedAccountIds: '["999999999999"]' }))).to.contain(account);
    expect(await refusal(create({ region: "us-east-1" }))).to.contain("us-east-1");
  });

  it("does not launch a machine with references that do not exist", async () => {
    const launch = (more: Properties) => refusal(cloud.machine(more));
    expect(await launch({ subnetId: "subnet-0" })).to.contain("InvalidSubnetID.NotFound");
    expect(await launch({ vpcSecurityGroupIds: ["sg-0"] })).to.contain("InvalidGroup.NotFound");
    expect(await launch({ iamInstanceProfile: "none" })).to.contain("Invalid IAM Instance Profile name");
  });

  it("offers instance types by zone, and launches none where it is not offered", async () => {
    const { vpcId } = cloud.network;
    const place = {
      vpcId,
      cidrBlock: "10.42.64.0/18",
      availabilityZone: `${region}b`,
      tags: { Name: "poor" },
    };
    const subnetId = (await cloud.make("subnet", place)).id;
    const ask = (name: string, args: Properties) => cloud.aws.provider.functions[name]!(args, {});
    const zonesOf = async (type: string) => {
      const filters = [{ name: "instance-type", values: [type] }];
      const args = { locationType: "availability-zone", filters };
      return (await ask("aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings", args)).locations;
    };
    expect(await zonesOf("m5.xlarge")).to.deep.equal([localZone, `${region}a`, `${region}c`]);
    expect(await zonesOf("m4.xlarge")).to.deep.equal([localZone, `${region}a`, `${region}b`, `${region}c`]);
    expect(await zonesOf("enormous")).to.deep.equal([]);
    expect(await refusal(cloud.machine({ subnetId }))).to.contain(
      `Your requested instance type (m5.xlarge) is not supported in your requested Availability Zone (${region}b)`,
    );
    expect((await cloud.machine({ subnetId, instanceType: "m4.xlarge" })).availabilityZone).to.equal(
      `${region}b`,
    );
    cloud.aws.offer("m5.xlarge", [`${region}b`]);
    expect((await cloud.machine({ subnetId })).availabilityZone).to.equal(`${region}b`);

    const filters = [{ name: "tag:Name", values: ["poor"] }];
    expect((await ask("aws:ec2/getSubnets:getSubnets", { filters })).ids).to.deep.equal([subnetId]);
    expect(await ask("aws:ec2/getSubnet:getSubnet", { id: subnetId })).to.include({
      vpcId,
      cidrBlock: "10.42.64.0/18",
    });
    expect(await refusal(ask("aws:ec2/getSubnet:getSubnet", { id: "subnet-0" }))).to.contain(
      "InvalidSubnetID.NotFound",
    );
  });

  it("reads back the inputs of a machine that is imported by its id", async () => {
    const inputs = cloud.machineInputs();
    const { id } = await cloud.make("instance", inputs);
    const { metadataOptions, rootBlockDevice, userDataBase64, ...readable } = inputs;
    expect([metadataOptions, rootBlockDevice, userDataBase64], "not read back").to.not.include(undefined);
    const type = typeOf("instance");
    expect(type.inputsOf!((await type.read(id, {}, {}))!)).to.deep.equal(readable);
  });

  it("finds machines by tag and state, and their tags in an index that forgets them late", async () => {
    const ask = (name: string, args: Properties) => cloud.aws.provider.functions[name]!(args, {});
    const [one, other] = [await cloud.machine(), await cloud.machine({ tags: { "longhaul:fleet": "x" } })];
    const find = async (args: Properties) => (await ask("aws:ec2/getInstances:getInstances", args)).ids;
    expect(await find({})).to.deep.equal([one.id, other.id]);
    expect(await find({ instanceTags: { "longhaul:fleet": "x" } })).to.deep.equal([other.id]);
    other.state = "terminated";
    expect(await find({})).to.deep.equal([one.id]);
    expect(await find({ instanceStateNames: ["terminated"] })).to.deep.equal([other.id]);
    const index = await ask("aws:resourcegroupstaggingapi/getResources:getResources", {
      tagFilters: [{ key: "longhaul:fleet", values: ["x"] }],
    });
    expect(index.resourceTagMappingLists).to.deep.equal([
      {
        resourceArn: `arn:aws:ec2:${region}:${account}:instance/${other.id}`,
        tags: { "longhaul:fleet": "x" },
      },
    ]);
  });

  it("loses the answer to a launch, and the machine exists nevertheless", async () => {
    cloud.aws.faults.add({ action: "ec2:RunInstances", answerLost: true });
    expect(await refusal(cloud.machine())).to.contain("the answer to RunInstances was lost");
    expect(cloud.aws.instances().map(({ state }) => state)).to.deep.equal(["running"]);
  });

  it("knows the image, the zones and the account that the stack asks for", async () => {
    const ask = (name: string, args: Properties = {}) => cloud.aws.provider.functions[name]!(args, {});
    const path = "/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id";
    const image = await ask("aws:ssm/getParameter:getParameter", { name: path });
    expect(image.insecureValue).to.match(/^ami-[0-9a-f]{17}$/);
    expect(await refusal(cloud.machine({ ami: image.insecureValue }))).to.contain("architecture");
    const zonesOf = async (args: Properties) =>
      (await ask("aws:index/getAvailabilityZones:getAvailabilityZones", args)).names;
    const own = [`${region}a`, `${region}b`, `${region}c`];
    expect(await zonesOf({})).to.deep.equal([localZone, ...own]);
    const filters = [{ name: "opt-in-status", values: ["opt-in-not-required"] }];
    expect(await zonesOf({ state: "available", filters })).to.deep.equal(own);
    expect(await zonesOf({ state: "unavailable" })).to.deep.equal([]);
    expect(await ask("aws:index/getCallerIdentity:getCallerIdentity")).to.include({ accountId: account });
  });
});
