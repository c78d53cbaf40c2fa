import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { findDiskKey } from "../../../components/fleet-controller/disk-keys.ts";
import type { PolicyDocument } from "../../../components/iam/policy.ts";
import { graphOf } from "./graph.ts";
import type { Graph } from "./graph.ts";
import { evaluateOnce, evaluateStack, organizationStack, repositoryStack } from "./stack-program.ts";

const key = (id: string) => `arn:aws:kms:eu-central-1:123456789012:key/${id}`;

describe("the key of the disks", () => {
  const grantOf = (graph: Graph) => {
    const { policy } = graph.one("RolePolicy", /^dev-controller-/).inputs;
    const { Statement } = JSON.parse(policy as string) as PolicyDocument;
    return Statement.find(({ Action }) => Action.includes("kms:CreateGrant"));
  };
  const tagOf = (graph: Graph) =>
    (graph.one("Instance", /^dev-cloud-1-/).inputs.tags as Record<string, string>)["longhaul:disk-key"];

  it("may be lent by the controller to EC2 only; without that, EC2 could start no machine", async () => {
    const graph = graphOf(await evaluateOnce(organizationStack));
    const { kmsKeyArn } = organizationStack.aws as { kmsKeyArn: string };
    expect(grantOf(graph)).to.deep.include({
      Resource: [kmsKeyArn],
      Condition: {
        Bool: { "kms:GrantIsForAWSResource": "true" },
        StringEquals: { "kms:ViaService": "ec2.eu-central-1.amazonaws.com" },
      },
    });
    expect(tagOf(graph)).to.equal(kmsKeyArn);
  });

  it("is the account's default key if none is configured and the account has chosen one", async () => {
    const options = { defaultDiskKey: key("default") };
    const graph = graphOf(await evaluateStack(repositoryStack, options));
    expect(grantOf(graph)!.Resource).to.deep.equal([key("default")]);
    expect(tagOf(graph)).to.equal(key("default"));
    expect(graph.one("Instance", /./).inputs.rootBlockDevice).to.not.have.property("kmsKeyId");
  });

  it("needs no permission and no tag if it is AWS's own key", async () => {
    const graph = graphOf(await evaluateOnce(repositoryStack));
    expect(grantOf(graph)).to.equal(undefined);
    expect(tagOf(graph)).to.equal(undefined);
  });

  it("replaces no machine if the account's default changes", async () => {
    const machineOf = async (defaultDiskKey: string) =>
      graphOf(await evaluateStack(repositoryStack, { defaultDiskKey })).one("Instance", /./).name;
    expect(await machineOf(key("one"))).to.equal(await machineOf(key("other")));
  });

  it("may still be lent if it is a former key and machines that were made with it live", async () => {
    const tags = {
      "longhaul:project": "longhaul",
      "longhaul:environment": "dev",
      "longhaul:runner": "dev-cloud-1",
      "longhaul:fingerprint": "f00d",
      "longhaul:disk-key": key("former"),
    };
    const machines = [{ instanceId: "i-1", state: "stopped", tags }];
    const options = { defaultDiskKey: key("default"), machines };
    const graph = graphOf(await evaluateStack(repositoryStack, options));
    expect(grantOf(graph)!.Resource).to.deep.equal([key("default"), key("former")]);
  });

  it("is never guessed: if the look-up fails, the program ends and names the permission that it needs", async () => {
    await pulumi.runtime.setMocks({
      newResource: ({ name, inputs }) => ({ id: name, state: inputs as object }),
      call: () => {
        throw Object.assign(new Error(), { details: "UnauthorizedOperation: not authorized" });
      },
    });
    const message = await findDiskKey({}, {}).then(
      () => "nothing failed",
      (error: unknown) => (error as Error).message,
    );
    expect(message)
      .to.include("UnauthorizedOperation")
      .and.include("ec2:GetEbsDefaultKmsKeyId")
      .and.include("aws.kmsKeyArn");
    expect(await findDiskKey({ kmsKeyArn: key("configured") }, {})).to.equal(key("configured"));
  });
});
