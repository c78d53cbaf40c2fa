import { expect } from "chai";
import { refusal, startTestCloud } from "./cloud.ts";
import type { TestCloud } from "./cloud.ts";

/** A policy of exactly so many characters that count. */
function policyOf(size: number): string {
  const statement = { Effect: "Allow", Action: "ssm:GetParameter", Resource: "" };
  const room = size - JSON.stringify({ Statement: [statement] }).length;
  return JSON.stringify({ Statement: [{ ...statement, Resource: "x".repeat(room) }] });
}

describe("what the local AWS refuses because it is too large", () => {
  let cloud: TestCloud;
  before(async () => {
    cloud = await startTestCloud();
    await cloud.make("role", { name: "controller", path: "/" });
  });
  after(() => cloud.close());
  const inline = (name: string, policy: string) =>
    cloud.make("rolePolicy", { role: "controller", name, policy });

  it("inline policies of a role above 10,240 characters, all of them together, white space aside", async () => {
    expect(await refusal(inline("own", policyOf(10_241)))).to.include("Maximum policy size of 10240 bytes");
    await inline("own", policyOf(10_000).replace("{", "{\n".padEnd(500)));
    expect(await refusal(inline("other", policyOf(241)))).to.include("for role controller");
    await inline("other", policyOf(240));
    const { id, state } = { id: "controller:own", state: {} };
    const update = (policy: string) =>
      cloud.aws.provider.types["aws:iam/rolePolicy:RolePolicy"]!.update!(
        id,
        state,
        { role: "controller", name: "own", policy },
        {},
        ["policy"],
      );
    expect(await refusal(update(policyOf(10_001)))).to.include("Maximum policy size");
    await update(policyOf(9_999));
  });

  it("a managed policy above 6,144 and a trust policy above 2,048 characters", async () => {
    const managed = (policy: string) => cloud.make("managedPolicy", { name: "denial", path: "/", policy });
    expect(await refusal(managed(policyOf(6_145)))).to.include("PolicySize: 6144");
    await managed(policyOf(6_144));
    const role = (assumeRolePolicy: string) =>
      cloud.make("role", { name: "trusting", path: "/", assumeRolePolicy });
    expect(await refusal(role(policyOf(2_049)))).to.include("ACLSizePerRole: 2048");
    await role(policyOf(2_048));
  });

  it("a parameter's value above 4,096 characters", async () => {
    const parameter = (value: string) =>
      cloud.make("parameter", { name: "/longhaul/dev/x/roster", type: "String", insecureValue: value });
    expect(await refusal(parameter("x".repeat(4097)))).to.include("maximum parameter value of 4096");
    await parameter("x".repeat(4096));
  });
});
