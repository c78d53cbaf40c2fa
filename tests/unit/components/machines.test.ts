import { gunzipSync } from "node:zlib";
import { expect } from "chai";
import { parseLimits } from "../../../contract/parameters.ts";
import { graphOf } from "./graph.ts";
import type { Graph } from "./graph.ts";
import { instanceIdOf } from "./mock-cloud.ts";
import { evaluateOnce, evaluateStack, organizationStack, repositoryStack } from "./stack-program.ts";

describe("a fleet's machines", () => {
  const limitsFor = async (autoShutdown: object) => {
    const stack = { ...repositoryStack, fleets: { cloud: { runners: 2, autoShutdown } } };
    const { inputs } = graphOf(await evaluateOnce(stack)).one("Parameter", "dev-cloud-limits");
    return parseLimits(inputs.insecureValue as string);
  };

  it("get their idle timeout and job limit from the fleet's parameter", async () => {
    expect(await limitsFor({})).to.deep.equal({ minimumAwake: 0, maxJobHours: 24, enforce: false });
    const own = { idleMinutes: 30, minimumAwake: 1, maxJobHours: 7.5, enforce: true };
    expect(await limitsFor(own)).to.deep.equal(own);
  });
});

describe("a machine", () => {
  let graph: Graph;
  before(async () => {
    graph = graphOf(await evaluateOnce(repositoryStack));
  });
  const inputs = () => graph.one("Instance", /^dev-cloud-1-/).inputs;

  it("cannot be stopped or terminated through the API, and stops when it powers off", () => {
    expect(inputs()).to.include({
      disableApiTermination: true,
      disableApiStop: true,
      instanceInitiatedShutdownBehavior: "stop",
    });
  });

  it("allows only version 2 of the metadata service, one hop away and without tags", () => {
    expect(inputs().metadataOptions).to.deep.equal({
      httpEndpoint: "enabled",
      httpTokens: "required",
      httpPutResponseHopLimit: 1,
      instanceMetadataTags: "disabled",
    });
  });

  it("costs no more than its price, even if its type uses CPU credits", async () => {
    expect(inputs()).to.not.have.property("creditSpecification");
    for (const instanceType of ["t2.xlarge", "t3.xlarge", "t3a.large", "t4g.2xlarge"]) {
      const raw = { ...repositoryStack, fleets: { cloud: { instanceType, priceUsdPerHour: 1 } } };
      const burstable = graphOf(await evaluateStack(raw)).one("Instance", /./).inputs;
      expect(burstable.creditSpecification, instanceType).to.deep.equal({ cpuCredits: "standard" });
    }
  });

  it("has an encrypted gp3 disk of the configured size", async () => {
    expect(inputs().rootBlockDevice).to.deep.equal({
      volumeType: "gp3",
      volumeSize: 100,
      encrypted: true,
      deleteOnTermination: true,
    });
    const organization = graphOf(await evaluateOnce(organizationStack));
    expect(organization.one("Instance", /^dev-arm-1-/).inputs.rootBlockDevice).to.deep.equal({
      volumeType: "gp3",
      volumeSize: 200,
      iops: 4000,
      throughput: 250,
      encrypted: true,
      kmsKeyId: (organizationStack.aws as { kmsKeyArn: string }).kmsKeyArn,
      deleteOnTermination: true,
    });
  });

  it("sets no other input: no key pair, and nothing about a public address", () => {
    expect(Object.keys(inputs()).sort()).to.deep.equal([
      "ami",
      "disableApiStop",
      "disableApiTermination",
      "iamInstanceProfile",
      "instanceInitiatedShutdownBehavior",
      "instanceType",
      "metadataOptions",
      "rootBlockDevice",
      "subnetId",
      "tags",
      "userDataBase64",
      "volumeTags",
      "vpcSecurityGroupIds",
    ]);
  });

  it("carries its runner, fingerprint and generation as tags, and so do its volumes", () => {
    const { name } = graph.one("Instance", /^dev-cloud-1-/);
    const expected = {
      Name: "dev-cloud-1",
      "longhaul:project": "longhaul",
      "longhaul:environment": "dev",
      "longhaul:fleet": "cloud",
      "longhaul:runner": "dev-cloud-1",
      "longhaul:fingerprint": name.replace("dev-cloud-1-", ""),
      "longhaul:generation": "1",
    };
    expect(inputs().tags).to.deep.equal(expected);
    expect(inputs().volumeTags).to.deep.equal(expected);
  });

  it("gets its runner's name and its repository from its user data", () => {
    const text = gunzipSync(Buffer.from(inputs().userDataBase64 as string, "base64")).toString();
    expect(text).to.include("dev-cloud-1").and.to.include("https://github.com/acme/app");
  });

  it("is created from the image that the parameter names then, and keeps it", () => {
    expect(inputs().ami).to.match(/^ami-/);
    expect(graph.one("Instance", /^dev-cloud-1-/).ignoreChanges).to.deep.equal(["*"]);
  });

  it("is put into the given subnets by number", async () => {
    const organization = graphOf(await evaluateOnce(organizationStack));
    const subnets = [1, 2, 3].map(
      (number) => organization.one("Instance", new RegExp(`^dev-cloud-${number}-`)).inputs.subnetId,
    );
    expect(subnets).to.deep.equal(["subnet-0a", "subnet-0b", "subnet-0a"]);
  });

  it("has its own registration token, with tags that name it", async () => {
    const organization = graphOf(await evaluateOnce(organizationStack));
    for (const machine of organization.ofType("Instance")) {
      const id = instanceIdOf(machine.name);
      const { inputs: token } = organization.one("Parameter", machine.name);
      const fleet = machine.name.split("-")[1]!;
      expect(token.name).to.equal(`/longhaul/dev/${fleet}/tokens/${id}`);
      expect(token.type).to.equal("SecureString");
      expect(token.keyId).to.equal((organizationStack.aws as { kmsKeyArn: string }).kmsKeyArn);
      expect(token.tags).to.include({
        "longhaul:instance": id,
        "longhaul:runner": machine.name.slice(0, -11),
      });
    }
  });
});
