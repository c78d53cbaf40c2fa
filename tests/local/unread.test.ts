import { expect } from "chai";
import { meterParameter } from "../../contract/meter.ts";
import { fleetParameters } from "../../contract/parameters.ts";
import { goToSleep, startControlled } from "./controlled.ts";
import type { Controlled } from "./controlled.ts";

const forEver = 1_000_000;
/** A US dollar for each minute of a machine. */
const fleet = { priceUsdPerHour: 60 };
const limit = { budget: { monthlyUsd: 3 } };
const names = fleetParameters("dev", "cloud");

/*
 * The controller at the local AWS, minute by minute, while one of its inputs
 * cannot be read. It omits what depends on that input, and nothing else.
 */
describe("when the controller cannot read", function () {
  this.timeout(60_000);
  let controlled: Controlled;
  /** One of two machines is awake for as long as there is money. */
  beforeEach(async () => {
    controlled = await startControlled({ machines: 2, minimumAwake: 1, fleet, configuration: limit });
    await controlled.minute();
  });
  afterEach(() => controlled.close());

  const breaks = (action: string, error = "InternalServerError") =>
    controlled.cloud.aws.faults.add({ action, error, times: forEver });
  const set = (name: string, value: unknown) => {
    controlled.cloud.aws.account.parameters[name]!.value = JSON.stringify(value);
  };

  it("the waiting jobs, power is off as soon as the limit is reached", async () => {
    const { minute, minutes, metrics, power, spent } = controlled;
    breaks("dynamodb:Scan");
    expect(await minute()).to.include("The waiting jobs cannot be read, so no machine is started for them");
    expect(metrics()).to.include({ ReadsFailed: 1 }).and.not.to.have.property("JobsWaiting");
    await minutes(7);
    expect(power()).to.include({ power: "off", by: "budget" });
    expect(power()!.reason).to.match(/^3\.\d\d of 3 USD are spent/);
    expect(spent(), "the meter continues").to.be.greaterThan(7);
  });

  it("the machines, the meter stops and then catches up", async () => {
    const { minute, minutes, metrics, meter, power, spent, starts } = controlled;
    const before = [meter(), starts()];
    const undo = breaks("ec2:DescribeInstances", "InternalError");
    expect(await minute()).to.include("The machines cannot be read, so none is started");
    await minutes(4);
    expect([meter(), starts()]).to.deep.equal(before);
    expect(metrics()).to.include({ ReadsFailed: 1 }).and.not.to.have.any.keys("MachinesAwake", "SpentUsd");
    expect(power()).to.include({ power: "on" });
    undo();
    await minute();
    expect(spent()).to.be.within(6, 7);
    expect(power()).to.include({ by: "budget" });
  });

  it("the machines, power is off for what was spent before", async () => {
    const { minute, minutes, power } = controlled;
    await minutes(4);
    breaks("ec2:DescribeInstances", "InternalError");
    set(names.power, { power: "on", by: "stack", reason: "somebody wrote it" });
    await minute();
    expect(power()).to.include({ power: "off", by: "budget" });
  });

  it("the meter's record because it is damaged, the spent amount is kept, and that is reported", async () => {
    const { minute, minutes, metrics, power, starts } = controlled;
    await minutes(4);
    expect(power()).to.include({ by: "budget" });
    const { cloud } = controlled;
    for (const machine of Object.values(cloud.aws.account.instances))
      if (machine.state === "running") goToSleep(cloud, machine);
    const before = [power(), starts()];
    set(meterParameter("dev"), { v: 1, days: { "01": [null, 0, 0] } });
    expect(await minute()).to.include("so the meter starts the month again");
    expect(metrics()).to.include({ ReadsFailed: 1 });
    await minutes(5);
    expect([power(), starts()]).to.deep.equal(before);
    expect(metrics().SpentUsd, "at least what was spent when power went off").to.be.at.least(3);
  });

  it("any parameter, the meter does not begin again, and power stays as it is", async () => {
    const { minute, minutes, metrics, meter, power, spent, starts } = controlled;
    await minutes(4);
    const before = [meter(), power(), starts()];
    const undo = breaks("ssm:GetParameters");
    expect(await minute()).to.include(`${meterParameter("dev")} cannot be read`);
    expect(metrics()).to.include({ ReadsFailed: 1 }).and.not.to.have.property("SpentUsd");
    expect(metrics()).to.include({ JobsWaiting: 0, MachinesAwake: 1 });
    await minutes(2);
    expect([meter(), power(), starts()]).to.deep.equal(before);
    undo();
    await minute();
    expect(spent(), "no minute is missing").to.be.within(7, 8.5);
  });

  it("a roster that is missing, it starts nothing, and reports that as soon as a machine sleeps that the roster might name", async () => {
    const { cloud, machines, minute, metrics, starts } = controlled;
    for (const machine of machines) machine.state = "running";
    Reflect.deleteProperty(cloud.aws.account.parameters, names.roster);
    expect(await minute(), "a fleet has none while its first machines are being proven").to.equal(undefined);
    expect(metrics()).to.include({ ReadsFailed: 0 });
    goToSleep(cloud, machines[0]!);
    const before = starts();
    expect(await minute()).to.include(
      `${names.roster} cannot be understood, so no machine of cloud is started`,
    );
    expect(starts()).to.equal(before);
    expect(metrics()).to.include({ ReadsFailed: 1 });
  });

  it("an operator's override that is damaged, it starts nothing against it, and continues with the rest", async () => {
    const { cloud, machines, minute, queue, meter, metrics, starts } = controlled;
    set(names.override, 7);
    goToSleep(cloud, machines[0]!);
    await queue("7");
    const before = starts();
    expect(await minute()).to.include(
      `${names.override} cannot be understood, so no machine of cloud is started`,
    );
    expect(starts()).to.equal(before);
    expect(Date.parse(meter().at)).to.be.closeTo(cloud.clock.now(), 1000);
    expect(metrics()).to.include({ ReadsFailed: 1, JobsWaiting: 1, JobsWithoutMachine: 1 });
  });

  it("the disks, each counts as its fleet's", async () => {
    const { minute, metrics, starts } = controlled;
    breaks("ec2:DescribeVolumes", "InternalError");
    expect(await minute()).to.include("The disks cannot be read");
    expect(metrics())
      .to.include({ ReadsFailed: 1, MachinesAwake: 1 })
      .and.not.to.have.property("DisksWithoutMachine");
    expect(starts()).to.equal(1);
  });

  it("because others use up the account's SSM rate, it retries, and then continues without and publishes that", async () => {
    const { minute, metrics, power, queue, starts, cloud } = controlled;
    const tries = () => cloud.aws.calls().filter(({ action }) => action === "ssm:GetParameters").length;
    const before = [tries(), starts(), power()];
    for (const id of ["4711", "4712"]) await queue(id);
    const undo = breaks("ssm:GetParameters", "ThrottlingException");
    expect(await minute()).to.include("ssm:GetParameters failed: ThrottlingException");
    expect(tries()).to.equal(Number(before[0]) + 4);
    expect(metrics()).to.include({ ReadsFailed: 1, MachinesStarted: 0 });
    expect([starts(), power()]).to.deep.equal(before.slice(1));
    undo();
    cloud.aws.faults.add({ action: "ssm:GetParameters", error: "ThrottlingException", times: 3 });
    expect(await minute()).to.equal(undefined);
    expect(tries()).to.equal(Number(before[0]) + 8);
    expect(metrics()).to.include({ ReadsFailed: 0, MachinesStarted: 1 });
  });

  it("nothing at all, it says so and changes nothing", async () => {
    const { minute, metrics, meter, power } = controlled;
    const before = [meter(), power()];
    for (const action of [
      "ssm:GetParameters",
      "ec2:DescribeInstances",
      "ec2:DescribeVolumes",
      "dynamodb:Scan",
    ])
      breaks(action, "ServiceUnavailable");
    await minute();
    expect(metrics()).to.include({ ReadsFailed: 4 });
    expect([meter(), power()]).to.deep.equal(before);
  });

  it("a valid record of the meter, it begins again, and that is reported", async () => {
    const { minute, metrics, meter } = controlled;
    set(meterParameter("dev"), { v: 2 });
    expect(await minute()).to.include(`${meterParameter("dev")} holds no record that this version knows`);
    expect(metrics()).to.include({ ReadsFailed: 1 });
    expect(meter().v).to.equal(1);
    expect(await minute()).to.equal(undefined);
  });
});

describe("a parameter that the controller cannot write", function () {
  this.timeout(60_000);

  it("keeps it from nothing else", async () => {
    const controlled = await startControlled({ minimumAwake: 1 });
    try {
      const { cloud, machines, minute, metrics } = controlled;
      cloud.aws.faults.add({ action: "ssm:PutParameter", error: "AccessDeniedException", times: forEver });
      expect(await minute()).to.include("ssm:PutParameter failed: AccessDeniedException");
      expect(metrics()).to.include({ WritesFailed: 1, ReadsFailed: 0, MachinesStarted: 1 });
      expect(machines[0]!.state).to.equal("running");
    } finally {
      await controlled.close();
    }
  });
});
