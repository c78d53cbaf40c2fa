import { expect } from "chai";
import { tags } from "../../contract/tags.ts";
import { goToSleep, startControlled } from "./controlled.ts";
import type { Controlled, ControlledOptions } from "./controlled.ts";

const forEver = 1_000_000;
const alwaysOne = { minimumAwake: 1 };

/*
 * The controller at the local AWS, minute by minute, while EC2 accepts starts
 * of machines but does not carry them out, for example because a permission for
 * their disks' key is missing.
 */
describe("a machine that EC2 agrees to start and does not start", function () {
  this.timeout(60_000);
  let controlled: Controlled | undefined;
  afterEach(() => controlled?.close());

  async function broken(options: ControlledOptions, error = "Client.InternalError", times = forEver) {
    controlled = await startControlled(options);
    controlled.cloud.aws.faults.add({ action: "machine:Start", error, times });
    return controlled;
  }

  it("is retried after a minute, then after twice as long each time, and finally once an hour", async () => {
    const { machines, minute, starts } = await broken(alwaysOne);
    const triedAt: number[] = [];
    for (let passed = 0; passed < 130; passed++) {
      const before = starts();
      await minute();
      if (starts() > before) triedAt.push(passed);
    }
    expect(triedAt).to.deep.equal([0, 1, 3, 7, 15, 31, 63, 123]);
    expect(machines[0]!.tags[tags.failedStarts]).to.match(/^8 /);
  });

  it("costs its disk and nothing else, so that it never uses up the budget", async () => {
    const { minutes, meter, power } = await broken({
      ...alwaysOne,
      fleet: { priceUsdPerHour: 100 },
      configuration: { budget: { monthlyUsd: 20 } },
    });
    await minutes(1);
    const [before] = Object.values(meter().days);
    await minutes(60);
    const [after] = Object.values(meter().days);
    expect(after![0] - before![0], "USD of machines").to.equal(0);
    expect(after![2] - before![2], "USD of addresses").to.equal(0);
    expect(power()).to.include({ power: "on" });
  });

  it("is counted as long as its last start has failed, and reported in EC2's words", async () => {
    const { machines, minute, minutes, metrics, log } = await broken(alwaysOne);
    await minutes(3);
    expect(metrics()).to.include({ MachinesNotStarted: 1 });
    expect(log()).to.include(
      "EC2 agreed to start 1 machine(s) and did not: Client.InternalError: Client error on launch.",
    );
    expect(log()).to.include(`${machines[0]!.id} (failed 2 ×)`);
    expect(await minute(), "nothing else failed").to.equal(undefined);
  });

  it("is like any other once it has come up, and its failures are forgotten", async () => {
    const { cloud, machines, minutes, metrics, starts } = await broken(
      alwaysOne,
      "Server.InsufficientInstanceCapacity",
      3,
    );
    const [machine] = machines;
    await minutes(9);
    expect(machine!.state).to.equal("running");
    expect(metrics()).to.include({ MachinesNotStarted: 0 });
    expect(machine!.tags[tags.failedStarts]).to.equal("");
    goToSleep(cloud, machine!);
    const before = starts();
    await minutes(1);
    expect(starts(), "it is started at once").to.equal(before + 1);
  });

  for (const [why, tag] of [
    ["cannot be written", undefined],
    ["is damaged", "many, lately"],
  ] as const) {
    it(`is started no more than once a minute at first and then hourly if its tag ${why}`, async () => {
      const { cloud, machines, minutes, starts } = await broken(alwaysOne);
      if (tag === undefined)
        cloud.aws.faults.add({ action: "ec2:CreateTags", error: "UnauthorizedOperation", times: forEver });
      else machines[0]!.tags[tags.failedStarts] = tag;
      await minutes(120);
      expect(starts()).to.be.within(2, 8);
    });
  }

  describe("for a job", () => {
    it("gives way to another machine, and does not count as one of the job's two", async () => {
      const { cloud, machines, minutes, queue, job } = await broken(
        { machines: 4 },
        "Client.InternalError",
        3,
      );
      await queue("7");
      await minutes(4);
      expect(machines.map(({ state }) => state)).to.deep.equal(["stopped", "stopped", "stopped", "running"]);
      expect([job("7").wakes!.N, job("7").wokenMachine!.S]).to.deep.equal(["1", machines[3]!.id]);
      goToSleep(cloud, machines[3]!);
      await minutes(2);
      expect(job("7").wakes!.N, "the job's second").to.equal("2");
    });

    it("is retried as long as the job waits, less and less often", async () => {
      const { minutes, queue, starts, metrics, job } = await broken({ machines: 2 });
      await queue("7");
      await minutes(60);
      // At most six attempts for each machine in an hour, as without a job.
      expect(starts()).to.be.within(8, 12);
      expect(metrics()).to.include({ JobsLeftAlone: 0, MachinesNotStarted: 2 });
      expect(Number(job("7").wakes!.N)).to.be.at.most(1);
    });
  });
});
