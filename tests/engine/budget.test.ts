import { expect } from "chai";
import { budgetName } from "../../contract/names.ts";
import { fleetParameters, parsePower } from "../../contract/parameters.ts";
import type { Job } from "../../local/github/index.ts";
import { eventually, startEnvironment } from "../environment.ts";
import type { TestEnvironment } from "../environment.ts";
import { toolsLimitMs } from "../find-tools.ts";
import { functionLog, instanceOf, rosterOf } from "../journey/one-runner.ts";
import { impatient, userJobs } from "../journey/user-jobs.ts";
import type { UserJobs } from "../journey/user-jobs.ts";
import { passMinutes, upWithBudget } from "./pass-minutes.ts";

const minute = 60_000;
const address = "ops@example.com";

/*
 * Two machines at 50 USD an hour, and 18 USD for the month, some days before it
 * ends. Three minutes of that pass until the stack is up, because `up` waits
 * until the controller counts. Each test continues where the one before ended.
 */
describe("an environment that uses up its budget", function () {
  this.timeout(600_000);
  let environment: TestEnvironment;
  let jobs: UserJobs;
  let long: Job;
  let waiting: Job;

  before(async function () {
    this.timeout(toolsLimitMs);
    environment = await startEnvironment(impatient);
    const { clock } = environment.cloud;
    clock.advance(untilNextMonth(clock.now()) - 60 * 60 * minute);
    await environment.configure((config) => {
      config["longhaul:fleets"] = { cloud: { runners: 2, priceUsdPerHour: 50 } };
      config["longhaul:smokeTest"] = { enabled: false };
      config["longhaul:budget"] = { monthlyUsd: 18, dailyUsd: 18 };
      config["longhaul:alarms"] = { emails: [address] };
      config["longhaul:wakeOnDemand"] = { enabled: true };
    });
    await upWithBudget(environment);
    jobs = userJobs(environment);
  });
  after(() => environment.close());

  const account = () => environment.cloud.aws.account;
  const parameter = (name: string) => account().parameters[name]?.value;
  const power = () => parsePower(parameter(fleetParameters("local", "cloud").power));
  const states = () => rosterOf(environment).map((id) => instanceOf(environment, id).state);
  const awake = () => states().filter((state) => state !== "stopped").length;
  const mail = () => account().mail.map(({ to, subject }) => `${to} ${subject}`);
  const alarm = (state: string, kind: string) => `${address} ${state}: "longhaul-local-budget-${kind}" in `;
  const wasTold = (state: string, kind: string) => mail().some((line) => line.startsWith(alarm(state, kind)));
  const metric = (name: string) =>
    account()
      .metrics.filter((datum) => datum.name === name)
      .at(-1)?.values[0];
  const log = () => functionLog(environment, "controller");

  const pass = (minutes: number) => passMinutes(environment, minutes);

  it("sends no mail while it is new, because nothing is wrong", async () => {
    await pass(1);
    expect(mail()).to.deep.equal([]);
  });

  it("sends mail when a half is spent, and again at four fifths", async () => {
    long = await jobs.start();
    await pass(2);
    await eventually("the mail about a half", () => wasTold("ALARM", "50"));
    await pass(3);
    await eventually("the mail about four fifths", () => wasTold("ALARM", "80"));
    expect(power()).to.include({ power: "on" });
    expect(awake()).to.equal(2);
  });

  it("sleeps job by job when all is spent, and sends mail about it", async () => {
    await pass(2);
    await eventually("power is off", () => power()?.by === "budget");
    await eventually("mail is sent", () => wasTold("ALARM", "100"));
    await eventually("the idle machine sleeps", () => awake() === 1);
    expect(long.status).to.equal("in_progress");
    await jobs.letEnd();
    expect(long.conclusion).to.equal("success");
    await eventually("the other one sleeps after its job", () => awake() === 0);
  });

  it("leaves a job queued, and counts it", async () => {
    // If the computer is busy, hours of the cloud have passed until the long job's
    // end. The month must not have changed by then.
    const { clock } = environment.cloud;
    clock.advance(untilNextMonth(clock.now()) - 30 * minute);
    await pass(1);
    waiting = jobs.send();
    await eventually("it is counted", () => metric("JobsWithoutMachine") === 1);
    await pass(2);
    expect(waiting.status).to.equal("queued");
    expect(awake()).to.equal(0);
  });

  it("has a second line of defence: when AWS's own figures exceed the limit too, the controller may start nothing", () => {
    environment.cloud.aws.bill(budgetName("local", "eu-central-1"), { actual: 18.5, forecast: 70 });
    expect(mail().filter((line) => line.includes("AWS Budgets"))).to.have.lengthOf(4);
    const roles = Object.keys(account().attachedPolicies);
    expect(roles.map((role) => role.replace(/-[0-9a-f]+$/, ""))).to.have.members([
      "local-controller",
      "longhaul-local-cloud",
    ]);
  });

  it("cannot start machines while only the meter's month has turned", async () => {
    const { clock } = environment.cloud;
    clock.advance(untilNextMonth(clock.now()));
    await pass(1);
    await eventually("power is on again", () => power()?.power === "on");
    await eventually("the mail about the end", () => wasTold("OK", "100"));
    await eventually("AWS refuses the start", () =>
      log().some((line) => line.startsWith("Could not start") && line.includes("UnauthorizedOperation")),
    );
    expect(awake()).to.equal(0);
  });

  it("lifts the denial when AWS's month has turned as well; both machines start, and the waiting job runs", async () => {
    environment.cloud.aws.bill(budgetName("local", "eu-central-1"), { actual: 0.1 });
    await pass(5);
    await eventually("the denial is lifted", () =>
      log().some((line) => line.includes("its denial to start machines is withdrawn")),
    );
    await pass(1);
    await eventually(
      "both machines are started, including the one for which no job waits",
      () => awake() === 2,
    );
    await eventually("the job is in progress", () => waiting.status === "in_progress");
    await jobs.letEnd();
    expect(waiting.conclusion).to.equal("success");
    await pass(5);
    await eventually("AWS watches again", () =>
      Object.values(account().budgetActions).every((status) => status === "STANDBY"),
    );
  });

  it("leaves nothing behind, not even a denial that is active when it is destroyed", async () => {
    environment.cloud.aws.bill(budgetName("local", "eu-central-1"), { actual: 19 });
    expect(Object.values(account().attachedPolicies).flat()).to.not.deep.equal([]);
    await environment.destroy();
    expect(Object.values(account().attachedPolicies).flat()).to.deep.equal([]);
    expect(account().parameters).to.deep.equal({});
    expect(Object.values(account().resources).flatMap(Object.keys)).to.deep.equal([]);
  });
});

/** Milliseconds until the month in UTC is over. */
function untilNextMonth(now: number): number {
  const date = new Date(now);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) - now;
}
