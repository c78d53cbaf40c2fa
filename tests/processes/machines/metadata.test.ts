import { expect } from "chai";
import type { MetadataService } from "../../../local/machines/metadata.ts";
import { serveMetadata } from "../../../local/machines/metadata.ts";
import { instanceOf } from "./machine-fixture.ts";

describe("a machine's metadata service", () => {
  let service: MetadataService;
  const credentials = {
    roleName: "runner-role",
    accessKeyId: "ASIA1",
    secretAccessKey: "canary-secret",
    token: "canary-token",
    expiration: new Date("2030-01-01T00:00:00Z"),
  };
  const withRole = instanceOf("i-1", "true", { credentials: () => credentials });

  const isOpen = () => false;

  const open = async (instance = withRole) => {
    service = await serveMetadata(instance, isOpen);
    const token = await (
      await fetch(`${service.url}/latest/api/token`, {
        method: "PUT",
        headers: { "x-aws-ec2-metadata-token-ttl-seconds": "60" },
      })
    ).text();
    return async (path: string) => {
      const response = await fetch(`${service.url}/latest/${path}`, {
        headers: { "x-aws-ec2-metadata-token": token },
      });
      return response.ok ? response.text() : response.status;
    };
  };
  afterEach(() => {
    service.close();
  });

  it("refuses a request without a session token", async () => {
    service = await serveMetadata(withRole, isOpen);
    expect((await fetch(`${service.url}/latest/meta-data/instance-id`)).status).to.equal(401);
  });

  it("refuses to hand out a token without a time to live", async () => {
    service = await serveMetadata(withRole, isOpen);
    expect((await fetch(`${service.url}/latest/api/token`, { method: "PUT" })).status).to.equal(400);
  });

  it("describes its instance", async () => {
    const read = await open();
    expect(await read("meta-data/instance-id")).to.equal("i-1");
    expect(await read("meta-data/ami-id")).to.equal("ami-0123");
    expect(await read("meta-data/instance-type")).to.equal("m5.xlarge");
    expect(await read("meta-data/placement/region")).to.equal("eu-central-1");
    expect(await read("meta-data/placement/availability-zone")).to.equal("eu-central-1a");
    expect(await read("meta-data/local-ipv4")).to.equal("10.42.0.7");
    expect(await read("meta-data/mac")).to.equal("02:00:0a:2a:00:07");
    expect(JSON.parse(String(await read("dynamic/instance-identity/document")))).to.include({
      accountId: "123456789012",
      instanceId: "i-1",
      region: "eu-central-1",
    });
    expect(await read("meta-data/nothing-of-the-kind")).to.equal(404);
  });

  it("serves the instance's current tags, and answers 404 while there are none", async () => {
    const tags: Record<string, string> = {};
    const read = await open(instanceOf("i-2", "true", { tags: () => tags }));
    expect(await read("meta-data/tags/instance/")).to.equal(404);
    tags["longhaul:state"] = "idle";
    expect(await read("meta-data/tags/instance/")).to.equal("longhaul:state");
    expect(await read("meta-data/tags/instance/longhaul:state")).to.equal("idle");
  });

  it("drops a connection that the machine's firewall rules reject", async () => {
    const asked: number[] = [];
    service = await serveMetadata(withRole, (port) => asked.push(port) === 2);
    const ask = () => fetch(`${service.url}/latest/api/token`, { method: "PUT" });
    expect((await ask()).status).to.equal(400);
    const refused = await ask().catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(TypeError);
    expect(asked).to.have.length(2);
  });

  it("gives the role's credentials by the role's name, and none without a profile", async () => {
    const read = await open();
    expect(await read("meta-data/iam/security-credentials/")).to.equal("runner-role");
    expect(JSON.parse(String(await read("meta-data/iam/security-credentials/runner-role")))).to.include({
      AccessKeyId: "ASIA1",
      Token: "canary-token",
      Expiration: "2030-01-01T00:00:00.000Z",
    });
    expect(await read("meta-data/iam/security-credentials/another")).to.equal(404);
    service.close();
    const bare = await open(instanceOf("i-3", "true"));
    expect(await bare("meta-data/iam/security-credentials/")).to.equal(404);
  });
});
