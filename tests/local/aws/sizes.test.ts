import { expect } from "chai";
import fc from "fast-check";
import { loadConfiguration } from "../../../config/load.ts";
import { checkVolume } from "../../../local/aws/volume-limits.ts";
import { volumeOf } from "../../../local/aws/volumes.ts";
import { repositoryStack } from "../../unit/components/stack-program.ts";
import { refusal, region, startTestCloud } from "./cloud.ts";
import type { TestCloud } from "./cloud.ts";

/** A policy with exactly this many characters that count. */
function policyOf(size: number): string {
  const statement = { Effect: "Allow", Action: "ssm:GetParameter", Resource: "" };
  const room = size - JSON.stringify({ Statement: [statement] }).length;
  return JSON.stringify({ Statement: [{ ...statement, Resource: "x".repeat(room) }] });
}

function succeeds(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch {
    return false;
  }
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

  it("a disk beyond gp3's limits, whether a machine's or a separate one", async () => {
    const launch = (rootBlockDevice: object) => cloud.machine({ rootBlockDevice });
    const disk = (more: object) => ({ volumeSize: 65_536, iops: 80_000, throughput: 2_000, ...more });
    await launch(disk({}));
    await launch({ volumeSize: 160, iops: 80_000, throughput: 2_000 });
    await launch({ volumeSize: 1, throughput: 750 });
    for (const [refused, problem] of [
      [disk({ volumeSize: 65_537 }), "Volume size of 65537 is too high; maximum is 65536"],
      [disk({ iops: 80_001 }), "Volume iops of 80001 is too high; maximum is 80000"],
      [disk({ iops: 2_999 }), "Volume iops of 2999 is too low; minimum is 3000"],
      [disk({ throughput: 2_001 }), "Volume throughput of 2001 is too high; maximum is 2000"],
      [{ volumeSize: 159, iops: 80_000 }, "maximum is 500.000000 iops per GiB"],
      [{ volumeSize: 100, throughput: 751 }, "maximum is 0.250000 MiBps per iops"],
    ] as const) {
      expect(await refusal(launch(refused))).to.include(problem);
    }
    const alone = { availabilityZone: `${region}a`, type: "gp3" };
    expect(await refusal(cloud.make("volume", { ...alone, size: 65_537 }))).to.include(
      "Volume size of 65537",
    );
  });

  it("no disk that the configuration allows, and each that it refuses", () => {
    const sometimes = (arbitrary: fc.Arbitrary<number>) => fc.option(arbitrary, { nil: undefined });
    const around = (...values: number[]) =>
      fc.oneof(fc.integer({ min: 20, max: 90_000 }), fc.constantFrom(...values.flatMap((n) => [n, n + 1])));
    fc.assert(
      fc.property(
        around(20, 160, 65_536),
        sometimes(around(3_000, 8_000, 80_000)),
        sometimes(around(125, 750, 2_000)),
        (sizeGb, iops, throughput) => {
          const asked = {
            ...(iops !== undefined && { iops }),
            ...(throughput !== undefined && { throughput }),
          };
          const isAllowed = succeeds(() =>
            loadConfiguration("dev", {
              ...repositoryStack,
              fleets: { cloud: { disk: { sizeGb, ...asked } } },
            }),
          );
          const isMade = succeeds(() => {
            checkVolume(volumeOf({ size: sizeGb, ...asked }));
          });
          expect(isAllowed).to.equal(isMade);
        },
      ),
    );
  });
});
