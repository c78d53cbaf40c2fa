import { expect } from "chai";
import { machinePolicy, sessionPolicy } from "../../../components/runner-fleet/machine-policy.ts";
import { trustPolicy, viaService } from "../../../components/iam/policy.ts";
import type { PolicyDocument } from "../../../components/iam/policy.ts";
import { roleName } from "../../../components/runner-fleet/machine-role.ts";
import { agentCalls } from "../../../contract/agent-calls.ts";
import { tagsOfTheMachine } from "../../../contract/tags.ts";
import { evaluate } from "../../../local/aws/iam.ts";
import { graphOf } from "./graph.ts";
import { evaluateOnce, organizationStack, repositoryStack } from "./stack-program.ts";

const aws = { account: "123456789012", region: "eu-central-1" };
const policy = machinePolicy("dev", "cloud", aws);
const actionsOf = (document: PolicyDocument) => document.Statement.flatMap(({ Action }) => Action);

const me = "i-0aaaaaaaaaaaaaaaa";
const other = "i-0bbbbbbbbbbbbbbbb";
const instance = (id: string) => `arn:aws:ec2:eu-central-1:123456789012:instance/${id}`;
const parameter = (name: string) => `arn:aws:ssm:eu-central-1:123456789012:parameter/longhaul/${name}`;

/** Whether the machine `me` of the fleet `cloud` may make a call. */
function may(action: string, resource: string, context: Record<string, string | string[]> = {}): boolean {
  const request = { action, resource, context: { "ec2:SourceInstanceARN": instance(me), ...context } };
  return evaluate([policy, sessionPolicy()], request) === "allowed";
}

describe("the role of a machine", () => {
  it("permits exactly what agent and boot script call, and Session Manager", () => {
    expect(actionsOf(policy).sort()).to.deep.equal([...agentCalls].sort());
    expect(actionsOf(sessionPolicy())).to.deep.equal([
      "ssm:UpdateInstanceInformation",
      "ssmmessages:CreateControlChannel",
      "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel",
      "ssmmessages:OpenDataChannel",
    ]);
  });

  it("names no action with a wildcard, and names every resource if the service supports that", () => {
    for (const { Action, Resource, Sid } of policy.Statement) {
      expect(Action.join(), Sid).not.to.include("*");
      if (Sid !== "PublishMetrics") expect(Resource, Sid).not.to.include("*");
    }
  });

  const tagging = (keys: string[], id = me): [string, string, Record<string, string | string[]>] => [
    "ec2:CreateTags",
    instance(id),
    { "ec2:InstanceId": id, "aws:TagKeys": keys },
  ];
  const modifying = (attribute: string, id = me): [string, string, Record<string, string>] => [
    "ec2:ModifyInstanceAttribute",
    instance(id),
    { "ec2:InstanceId": id, "ec2:Attribute": attribute },
  ];
  const token = (owner: string | undefined): Record<string, string> =>
    owner === undefined ? {} : { "aws:ResourceTag/longhaul:instance": owner };
  const stream = (name: string) => `arn:aws:logs:eu-central-1:123456789012:log-group:/longhaul/dev/${name}`;

  const cases: [title: string, permitted: boolean, call: Parameters<typeof may>][] = [
    ["tags itself with the keys that are its own", true, tagging([...tagsOfTheMachine])],
    ["tags itself with a key that tells machines apart", false, tagging(["longhaul:fleet"])],
    ["adds another key among its own", false, tagging(["longhaul:state", "longhaul:fleet"])],
    ["sends a request for tags without a tag", false, tagging([])],
    ["tags another machine", false, tagging(["longhaul:state"], other)],
    ["changes its own shutdown behaviour", true, modifying("InstanceInitiatedShutdownBehavior")],
    [
      "changes its own shutdown behaviour, in another spelling of AWS",
      true,
      modifying("instanceInitiatedShutdownBehavior"),
    ],
    ["removes its own lock", false, modifying("DisableApiTermination")],
    [
      "changes another machine's shutdown behaviour",
      false,
      modifying("InstanceInitiatedShutdownBehavior", other),
    ],
    ["reads its fleet's lists and settings", true, ["ssm:GetParameters", parameter("dev/cloud/roster")]],
    ["reads another fleet's lists", false, ["ssm:GetParameters", parameter("dev/arm/roster")]],
    ["reads its software", true, ["ssm:GetParameters", parameter("dev/cloud/software/0123456789/0")]],
    [
      "reads another fleet's software",
      false,
      ["ssm:GetParameters", parameter("dev/arm/software/0123456789/0")],
    ],
    ["writes its software", false, ["ssm:PutParameter", parameter("dev/cloud/software/0123456789/0")]],
    ["reads a list by another call", false, ["ssm:GetParameter", parameter("dev/cloud/roster")]],
    ["writes a list", false, ["ssm:PutParameter", parameter("dev/cloud/roster")]],
    ["writes an operator's override", false, ["ssm:PutParameter", parameter("dev/cloud/override")]],
    ["reads its own token", true, ["ssm:GetParameter", parameter(`dev/cloud/tokens/${me}`), token(me)]],
    ["overwrites its own token", true, ["ssm:PutParameter", parameter(`dev/cloud/tokens/${me}`), token(me)]],
    [
      "reads another machine's token",
      false,
      ["ssm:GetParameter", parameter(`dev/cloud/tokens/${other}`), token(other)],
    ],
    [
      "overwrites another machine's token",
      false,
      ["ssm:PutParameter", parameter(`dev/cloud/tokens/${other}`), token(other)],
    ],
    [
      "reads a token without the tag of its machine",
      false,
      ["ssm:GetParameter", parameter(`dev/cloud/tokens/${me}`), token(undefined)],
    ],
    [
      "reads several tokens at once",
      false,
      ["ssm:GetParameters", parameter(`dev/cloud/tokens/${me}`), token(me)],
    ],
    [
      "reads a token of another fleet",
      false,
      ["ssm:GetParameter", parameter(`dev/arm/tokens/${me}`), token(me)],
    ],
    [
      "publishes its own metrics",
      true,
      ["cloudwatch:PutMetricData", "*", { "cloudwatch:namespace": "Longhaul/Machines" }],
    ],
    [
      "publishes the meter's metrics, which the alarms on money watch",
      false,
      ["cloudwatch:PutMetricData", "*", { "cloudwatch:namespace": "Longhaul" }],
    ],
    [
      "publishes metrics in a namespace that begins with its own",
      false,
      ["cloudwatch:PutMetricData", "*", { "cloudwatch:namespace": "Longhaul/Machines/x" }],
    ],
    ["publishes metrics without a namespace", false, ["cloudwatch:PutMetricData", "*"]],
    [
      "publishes metrics in another namespace",
      false,
      ["cloudwatch:PutMetricData", "*", { "cloudwatch:namespace": "AWS/EC2" }],
    ],
    ["writes its ledger", true, ["logs:PutLogEvents", stream(`cloud:log-stream:dev-cloud-1-${me}`)]],
    [
      "writes into another fleet's ledger",
      false,
      ["logs:PutLogEvents", stream(`arm:log-stream:dev-arm-1-${other}`)],
    ],
    ["deletes the ledger", false, ["logs:DeleteLogGroup", stream("cloud")]],
    ["terminates an instance", false, ["ec2:TerminateInstances", instance(me), { "ec2:InstanceId": me }]],
    ["describes other instances", false, ["ec2:DescribeInstances", "*"]],
    ["opens a session for an operator", true, ["ssmmessages:OpenDataChannel", "*"]],
  ];
  for (const [title, permitted, call] of cases) {
    it(`${permitted ? "permits" : "refuses"} that a machine ${title}`, () => {
      expect(may(...call)).to.equal(permitted);
    });
  }

  it("uses a key only through Systems Manager, for its fleet's tokens, and only when one is configured", () => {
    const kmsKeyArn = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd";
    const withKey = machinePolicy("dev", "cloud", { ...aws, kmsKeyArn });
    const decrypt = (context: Record<string, string>) =>
      evaluate([withKey], { action: "kms:Decrypt", resource: kmsKeyArn, context });
    const arnKey = "kms:EncryptionContext:PARAMETER_ARN";
    const viaSsm = { "kms:ViaService": "ssm.eu-central-1.amazonaws.com" };
    expect(decrypt({ ...viaSsm, [arnKey]: parameter(`dev/cloud/tokens/${me}`) })).to.equal("allowed");
    expect(decrypt({ ...viaSsm, [arnKey]: parameter("dev/arm/tokens/x") })).to.equal("no allow");
    expect(decrypt({ [arnKey]: parameter(`dev/cloud/tokens/${me}`) })).to.equal("no allow");
    expect(actionsOf(withKey).filter((action) => !actionsOf(policy).includes(action))).to.deep.equal([
      "kms:Decrypt",
      "kms:Encrypt",
      "kms:GenerateDataKey",
    ]);
  });

  it("uses the ARNs and service names of its partition", () => {
    const china = { account: "123456789012", region: "cn-north-1" };
    expect(JSON.stringify(machinePolicy("dev", "cloud", china))).not.to.include("arn:aws:");
    expect(trustPolicy(china, "ec2")).to.include('"ec2.amazonaws.com.cn"');
    const sovereign = { account: "123456789012", region: "eusc-de-east-1" };
    expect(trustPolicy(sovereign, "ec2"), "its IAM refuses ec2.amazonaws.eu").to.include(
      '"ec2.amazonaws.com"',
    );
    expect(JSON.stringify(machinePolicy("dev", "cloud", sovereign))).to.include("arn:aws-eusc:ssm:");
    expect(viaService(sovereign, "ssm")).to.deep.equal([
      "ssm.eusc-de-east-1.amazonaws.eu",
      "ssm.eusc-de-east-1.amazonaws.com",
    ]);
    expect(trustPolicy(aws, "ec2")).to.include('"ec2.amazonaws.com"');
  });

  it("has exactly these policies, the configured path and the configured boundary", async () => {
    const organization = graphOf(await evaluateOnce(organizationStack));
    const { inputs: role } = organization.one("Role", /^longhaul-dev-cloud-/);
    expect(role).to.include({
      path: "/ci/",
      permissionsBoundary: "arn:aws:iam::123456789012:policy/boundary",
    });
    expect(role).not.to.have.any.keys("managedPolicyArns", "inlinePolicies");
    expect(organization.one("InstanceProfile", /^longhaul-dev-cloud-/).inputs.path).to.equal("/ci/");

    const own = graphOf(await evaluateOnce(repositoryStack));
    expect(own.one("RolePolicy", /-machine$/).inputs.policy).to.equal(JSON.stringify(policy));
    expect(own.one("RolePolicy", /-session$/).inputs.policy).to.equal(JSON.stringify(sessionPolicy()));
    const policies = own.ofType("RolePolicy").filter(({ name }) => name.startsWith("longhaul-dev-cloud-"));
    expect(policies).to.have.lengthOf(2);
    expect(own.one("Role", /^longhaul-dev-cloud-/).inputs).not.to.have.property("permissionsBoundary");
  });

  it("fits IAM's limits, even with the longest names", () => {
    const [environment, fleet] = ["e".repeat(20), "f".repeat(20)];
    const key = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    const place = { account: "123456789012", region: "us-gov-west-1", kmsKeyArn: key };
    const documents = [machinePolicy(environment, fleet, place), sessionPolicy()];
    // IAM allows 10,240 characters for all inline policies of a role together, without white space.
    expect(documents.map((one) => JSON.stringify(one)).join("").length).to.be.below(10_240);
    expect(roleName(environment, fleet, { region: "us-gov-west-1", rolePath: "/" }).length).to.be.at.most(64);
  });

  it("has its own role, even if environment and fleet together read like those of another", () => {
    const place = { region: "eu-central-1", rolePath: "/" };
    expect(roleName("dev", "eu-cloud", place)).to.not.equal(roleName("dev-eu", "cloud", place));
  });
});
