import { expect } from "chai";
import { machineName, parseMachineName, runnerName } from "../../../contract/names.ts";
import { tags } from "../../../contract/tags.ts";
import type { StackValues, TestEnvironment } from "../../environment.ts";
import { eventually, startEnvironment } from "../../environment.ts";
import { toolsLimitMs } from "../../find-tools.ts";
import { fleetControlsOf } from "../../fleet-controls.ts";
import type { FleetControls } from "../../fleet-controls.ts";
import { githubApi } from "../github-api.ts";
import { candidatesOf, failureOf, instanceOf, rosterOf } from "../one-runner.ts";
import type { UserJobs } from "../user-jobs.ts";
import { impatient, ranOn, userJobs } from "../user-jobs.ts";

/*
 * A fleet of two: which of them leaves, and what remains of those that have
 * left. Each test continues where the one before ended.
 */
describe("a fleet of two runners", function () {
  this.timeout(600_000);
  /** The tests take seconds on a free computer. After this limit it is not just slow. */
  const [first, second] = [1, 2].map((number) => runnerName("local", "cloud", number)) as [string, string];
  let environment: TestEnvironment;
  let controls: FleetControls;
  let jobs: UserJobs;

  before(async function () {
    this.timeout(toolsLimitMs);
    environment = await startEnvironment(impatient);
    controls = fleetControlsOf(environment);
    jobs = userJobs(environment);
  });
  after(async () => {
    controls.close();
    await environment.close();
  });

  const configure = (generation: number, smokeTest: StackValues = {}) =>
    environment.configure((config) => {
      config["longhaul:fleets"] = { cloud: { runners: 2, generations: { 1: generation, 2: generation } } };
      config["longhaul:smokeTest"] = { enabled: false, ...smokeTest };
    });
  const soon = (what: string, holds: () => boolean) => eventually(what, holds);
  const stateOf = (id: string) => instanceOf(environment, id).state;
  const reported = (id: string) => instanceOf(environment, id).tags[tags.state];
  const serving = () => rosterOf(environment) as [string, string];
  const areIdle = (...ids: string[]) =>
    soon("they are idle", () => ids.every((id) => reported(id) === "idle"));
  const entries = () => environment.cloud.github.runners().map(({ name }) => name);

  it("does not pay for machines that never registered: up names them, and the boot timer powers them off", async () => {
    const heal = environment.cloud.github.faults.add({ kind: "token-lifetime", seconds: 0 });
    await configure(1, { onlineWithinMinutes: 0.1 });
    const message = await failureOf(environment.up());
    heal();
    const machines = candidatesOf(environment) as [string, string];
    for (const [runner, id] of [
      [first, machines[0]],
      [second, machines[1]],
    ])
      expect(message).to.match(new RegExp(`Runner ${runner} did not come online within 0.1 min: .*${id}`));
    expect(rosterOf(environment)).to.deep.equal([]);

    const { clock } = environment.cloud;
    clock.setFactor(600);
    await soon("both have stopped", () => machines.every((id) => stateOf(id) === "stopped"));
    clock.setFactor(1);
    const hours = machines.map((id) => (clock.now() - instanceOf(environment, id).launchedAt) / 3_600_000);
    expect(Math.max(...hours), "hours since their launch").to.be.lessThan(1.5);
  });

  it("puts to sleep exactly the one that is not needed, and the other takes the next job", async () => {
    await configure(2);
    await environment.up();
    const [one, other] = serving();
    await areIdle(one, other);
    await controls.sleep("cloud", first);
    await soon("the first has stopped", () => stateOf(one) === "stopped");
    const job = await jobs.start();
    expect(ranOn(job, second, other)).to.equal(true);
    await jobs.letEnd();
    expect(job.conclusion).to.equal("success");
    expect([stateOf(one), stateOf(other)]).to.deep.equal(["stopped", "running"]);
    await controls.wake("cloud", one);
    await areIdle(one, other);
  });

  it("replaces both while both are busy: no job is affected, new ones run meanwhile, and the old machines leave after theirs", async () => {
    const old = serving();
    const running = [await jobs.start(), await jobs.start()];
    await configure(3);
    await environment.up();
    const current = serving();
    expect(current).to.not.have.any.members(old);
    const isLeaving = (id: string) =>
      instanceOf(environment, id).tags[tags.detail]?.startsWith("Leaves when its job");
    await soon("the old ones know", () => old.every(isLeaving));
    expect(running.map(({ status }) => status)).to.deep.equal(["in_progress", "in_progress"]);

    const next = await jobs.start();
    expect(current.map((id, index) => ranOn(next, [first, second][index]!, id))).to.include(true);
    await jobs.letEnd();
    for (const job of [...running, next]) expect(job.conclusion).to.equal("success");
    await soon("the old ones are terminated", () => old.every((id) => stateOf(id) === "terminated"));
    expect(current.map(stateOf)).to.deep.equal(["running", "running"]);
  });

  it("drops exactly the one that the lists no longer name, and the other takes the next job", async () => {
    const [kept, dropped] = serving();
    await areIdle(kept, dropped);
    await controls.list("cloud", [kept]);
    await soon("the second is terminated", () => stateOf(dropped) === "terminated");
    const job = await jobs.start();
    expect(ranOn(job, first, kept)).to.equal(true);
    await jobs.letEnd();
    expect(job.conclusion).to.equal("success");
    expect(stateOf(kept)).to.equal("running");
  });

  it("leaves only entries at GitHub for machines that EC2 does not know, because those might still exist", async () => {
    const ghosts = entries().filter((name) => stateOf(parseMachineName(name)!.instanceId) === "terminated");
    expect(ghosts).to.not.be.empty;
    const outOfSight = machineName(first, "i-0fedcba9876543210");
    await githubApi(environment).register(outOfSight);
    await environment.destroy();
    expect(entries()).to.deep.equal([outOfSight]);
    // The machines that never registered slept on no list: they are gone as well.
    const left = environment.cloud.aws.instances().filter(({ state }) => state !== "terminated");
    expect(left.map(({ id }) => id)).to.deep.equal([]);
  });
});
