import { expect } from "chai";
import { startEnvironment } from "../environment.ts";
import type { StackValues, TestEnvironment } from "../environment.ts";
import { toolsLimitMs } from "../find-tools.ts";
import { failureOf } from "../journey/one-runner.ts";

/*
 * Zones on the real engine. The local region's zone b, like us-east-1's
 * use1-az3, offers none of today's instance types. Each test continues where
 * the one before ended.
 */
describe("the zones of an environment", function () {
  this.timeout(600_000);
  let environment: TestEnvironment;
  const instanceType = "m5.xlarge";
  const region = "eu-central-1";
  const zone = (letter: string) => `${region}${letter}`;
  const account = () => environment.cloud.aws.account;
  const subnetZones = () =>
    Object.values(account().resources["aws:ec2/subnet:Subnet"] ?? {}).map(
      (subnet) => subnet.availabilityZone,
    );
  const machines = () =>
    Object.values(account().instances).map(({ id, state, availabilityZone }) => ({
      id,
      state,
      availabilityZone,
    }));
  const withFleets = (fleets: Record<string, object>) => (config: StackValues) => {
    config["longhaul:fleets"] = fleets;
    config["longhaul:smokeTest"] = { enabled: false };
  };

  before(async function () {
    this.timeout(toolsLimitMs);
    environment = await startEnvironment();
    await environment.configure(withFleets({ cloud: { instanceType, runners: 2 } }));
  });
  after(() => environment.close());

  it("are read before anything is made: a type that no zone of the region offers is refused", async () => {
    environment.cloud.aws.offer(instanceType, []);
    const output = await failureOf(environment.up());
    expect(output).to.contain(`${region} offers ${instanceType} (fleet cloud) in none`);
    expect(account().resources).to.deep.equal({});
  });

  it("are those that offer the machines' type, and not the first by name", async () => {
    environment.cloud.aws.offer(instanceType, [zone("a"), zone("c")]);
    await environment.up();
    expect(subnetZones()).to.have.members([zone("a"), zone("c")]);
    expect(machines().map(({ availabilityZone }) => availabilityZone)).to.have.members([
      zone("a"),
      zone("c"),
    ]);
  });

  it("stay the same when EC2 offers the type elsewhere, and so do the machines", async () => {
    const before = machines();
    environment.cloud.aws.offer(instanceType, [zone("b")]);
    const { changes } = await environment.up();
    expect(changes).to.have.all.keys("same");
    expect(machines()).to.deep.equal(before);
  });

  it("refuse another fleet's type that they do not offer, before anything of it is made", async () => {
    const before = Object.keys(account().parameters);
    await environment.configure(
      withFleets({
        cloud: { instanceType, runners: 2 },
        old: { instanceType: "m4.xlarge", priceUsdPerHour: 1 },
      }),
    );
    environment.cloud.aws.offer("m4.xlarge", [zone("b"), zone("c")]);
    const output = await failureOf(environment.up());
    expect(output).to.contain(`m4.xlarge (fleet old) is not offered in ${zone("a")}`);
    expect(Object.keys(account().parameters)).to.deep.equal(before);
  });
});
