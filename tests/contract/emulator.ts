import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAws } from "../../local/aws/index.ts";
import { createClock } from "../../local/clock.ts";
import { createFakeHost } from "../local/aws/fake-host.ts";
import { region } from "./target.ts";
import type { Target } from "./target.ts";

/** The local cloud's AWS, with machines that are up at once. */
export async function startEmulator(): Promise<Target> {
  const dir = mkdtempSync(join(tmpdir(), "longhaul-contract-"));
  const account = "123456789012";
  const cloud = createAws({
    clock: createClock(join(dir, "clock")),
    account,
    region,
    host: createFakeHost(),
  });
  const make = async (type: string, inputs: Record<string, unknown>) =>
    (await cloud.provider.types[type]!.create(inputs, {})).id;
  const vpcId = await make("aws:ec2/vpc:Vpc", { cidrBlock: "10.0.0.0/16" });
  const subnetId = await make("aws:ec2/subnet:Subnet", {
    vpcId,
    cidrBlock: "10.0.0.0/24",
    availabilityZone: `${region}a`,
  });
  const securityGroupId = await make("aws:ec2/securityGroup:SecurityGroup", { vpcId, name: "machines" });
  const { url, close } = await cloud.listen();
  return {
    endpoint: url,
    credentials: cloud.operator,
    account,
    imageId: "ami-0a10ca1c10ad24041",
    subnetId,
    securityGroupId,
    vpcId,
    stop: async () => {
      await close();
      rmSync(dir, { recursive: true });
    },
  };
}
