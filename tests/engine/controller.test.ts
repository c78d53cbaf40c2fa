import { expect } from "chai";
import { meterParameter, parseMeter, spentInMonth } from "../../contract/meter.ts";
import { metricNamespace } from "../../contract/metrics.ts";
import { fleetParameters, parsePower } from "../../contract/parameters.ts";
import { eventually, startEnvironment } from "../environment.ts";
import type { StackValues, TestEnvironment } from "../environment.ts";
import { toolsLimitMs } from "../find-tools.ts";
import { functionLog, instanceOf, oneRunner, rosterOf, runner } from "../journey/one-runner.ts";
import { impatient, userJobs } from "../journey/user-jobs.ts";
import type { UserJobs } from "../journey/user-jobs.ts";

const minute = 60_000;
const hour = 60 * minute;

const hours = { wake: "daily 08:00", sleep: "daily 20:00", zone: "UTC" };
const byDay = (config: StackValues): void => {
  oneRunner({ autoShutdown: { workingHours: hours } }, { enabled: false })(config);
  config["longhaul:wakeOnDemand"] = { enabled: true };
};

/*
 * The controller in its cloud: the deployed function, called by its schedule,
 * with its role's permissions. Each test continues where the one before ended.
 */
describe("a fleet that works by day", function () {
  this.timeout(600_000);
  let environment: TestEnvironment;
  let jobs: UserJobs;
  let machine: string;

  before(async function () {
    this.timeout(toolsLimitMs);
    // Long enough for a job to reach a machine that was woken for it, whatever the working hours.
    const agent = { ...impatient.agent, staySeconds: 25 };
    environment = await startEnvironment({ ...impatient, agent });
    const { clock } = environment.cloud;
    clock.advance(untilHour(clock.now(), 12));
    await environment.configure(byDay);
    await environment.up();
    [machine] = rosterOf(environment) as [string];
    jobs = userJobs(environment);
  });
  after(() => environment.close());

  const parameter = (name: string) => environment.cloud.aws.account.parameters[name]?.value;
  const power = () => parsePower(parameter(fleetParameters("local", "cloud").power));
  const state = () => instanceOf(environment, machine).state;
  const log = () => functionLog(environment, "controller");

  it("gets its power from working hours, and the controller's role permits all that it does", async () => {
    environment.cloud.clock.advance(minute);
    await eventually("power is on by hours", () => power()?.by === "working-hours");
    expect(power()).to.include({ power: "on", by: "working-hours" });
    const failed = environment.cloud.aws
      .calls()
      .filter(({ caller, error }) => caller?.includes("longhaul-local-controller") && error !== undefined);
    expect(failed).to.deep.equal([]);
    expect(log().filter((line) => line.startsWith("ERROR"))).to.deep.equal([]);
  });

  it("sleeps in the evening; the machine with a job only after the job", async () => {
    const { clock } = environment.cloud;
    clock.advance(untilHour(clock.now(), 20) - 2 * minute);
    const job = await jobs.start(); // Ten minutes of work, two of them before the evening.
    clock.advance(3 * minute);
    await eventually("power is off", () => power()?.power === "off");
    expect(power()!.reason).to.equal("outside working hours since daily 20:00, UTC");
    expect(job.status).to.equal("in_progress");
    await jobs.letEnd();
    expect(job.conclusion).to.equal("success");
    await eventually("the machine sleeps", () => state() === "stopped");
  });

  it("is woken at night by a job, and sleeps again after it", async () => {
    const job = jobs.send();
    await eventually("the job is in progress", () => job.status === "in_progress");
    expect(power()).to.include({ power: "off", by: "working-hours" });
    await jobs.letEnd();
    expect(job.conclusion).to.equal("success");
    await eventually("the machine sleeps", () => state() === "stopped");
  });

  it("is awake again in the morning, and its runner takes a job", async () => {
    environment.cloud.clock.advance(untilHour(environment.cloud.clock.now(), 8));
    await eventually("the machine runs", () => state() === "running");
    const why = `Started ${machine} of cloud: working hours have begun`;
    await eventually("the log says why", () => log().some((line) => line.startsWith(why)));
    const job = await jobs.start();
    await jobs.letEnd();
    expect(job.conclusion).to.equal("success");
    expect(job.runner?.name).to.equal(`${runner}-${machine}`);
  });

  it("has a meter that counts its hours awake and its disk at night, and publishes that as a metric", async () => {
    const meter = () => parseMeter(parameter(meterParameter("local")));
    const { clock } = environment.cloud;
    clock.advance(minute);
    await eventually("the meter is up to date", () => Date.parse(meter()!.at) > clock.now() - minute);
    const spent = spentInMonth(meter()!);
    clock.advance(hour);
    await eventually("an hour is on the meter", () => spentInMonth(meter()!) > spent + 0.1);
    expect(
      spentInMonth(meter()!) - spent,
      "one m5.xlarge in Frankfurt, its disk and its address",
    ).to.be.within(0.2, 0.4);
    const published = () =>
      environment.cloud.aws.account.metrics
        .filter(({ namespace, name }) => namespace === metricNamespace && name === "SpentUsd")
        .at(-1)?.values[0] ?? 0;
    // The metric is in the log of the call, which ends later than its writes.
    await eventually("its metric says so", () => Math.abs(published() - spentInMonth(meter()!)) < 0.05);
  });

  it("counts a disk that no machine has, but no disk of a machine", async () => {
    const { clock, aws } = environment.cloud;
    const stray = () =>
      aws.account.metrics.filter(({ name }) => name === "DisksWithoutMachine").at(-1)?.values[0];
    expect(stray()).to.equal(0);
    const tags = {
      "longhaul:project": "longhaul",
      "longhaul:environment": "local",
      "longhaul:fleet": "cloud",
    };
    const volume = aws.provider.types["aws:ec2/volume:Volume"]!;
    const { id, state: made } = await volume.create(
      { availabilityZone: "eu-central-1a", size: 100, tags },
      {},
    );
    clock.advance(11 * minute);
    await eventually("it is counted", () => stray() === 1);
    await volume.delete(id, made, {});
    clock.advance(minute);
    await eventually("it is gone", () => stray() === 0);
  });

  it("has nothing to change in another up, although the controller has written parameters", async () => {
    expect((await environment.preview()).changeSummary).to.not.have.any.keys("create", "update", "delete");
  });

  it("goes to sleep when the month's budget is spent, and starts again only when the budget is raised", async () => {
    const { clock } = environment.cloud;
    const budget = async (monthlyUsd: number) => {
      await environment.configure((config) => {
        byDay(config);
        config["longhaul:budget"] = { monthlyUsd };
      });
      await environment.up();
      clock.advance(minute);
    };
    await budget(0.01);
    await eventually("power is off by the budget", () => power()?.by === "budget");
    expect(power()!.reason).to.match(/^\d\.\d\d of 0.01 USD are spent in \d{4}-\d\d$/);
    await eventually("the machine sleeps", () => state() === "stopped");
    // The next morning starts no machine.
    clock.advance(untilHour(clock.now(), 8) + minute);
    await eventually("the controller has run", () => {
      const meter = parseMeter(parameter(meterParameter("local")));
      return Date.parse(meter!.at) > clock.now() - minute;
    });
    expect(state()).to.equal("stopped");
    await budget(1000);
    await eventually("power is on again", () => power()?.by === "working-hours");
    await eventually("the machine runs", () => state() === "running");
  });

  it("is destroyed with its controller, which writes no parameter afterwards", async () => {
    await environment.destroy();
    environment.cloud.clock.advance(10 * minute);
    expect(Object.keys(environment.cloud.aws.account.parameters)).to.deep.equal([]);
  });
});

/** Milliseconds until the next time that clocks in UTC show this hour. */
function untilHour(now: number, wanted: number): number {
  const day = 24 * hour;
  const at = Math.floor(now / day) * day + wanted * hour;
  return (at > now ? at : at + day) - now;
}
