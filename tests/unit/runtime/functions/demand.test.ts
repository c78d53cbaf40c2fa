import { expect } from "chai";
import fc from "fast-check";
import type { WaitingJob } from "../../../../contract/waiting-jobs.ts";
import {
  decideDemand,
  secondsUntilSeenAgain,
  startSettlesMs,
  trustsIdleMs,
  wakesPerJob,
} from "../../../../runtime/functions/controller/demand.ts";
import type {
  DemandFleet,
  DemandMachine,
  DemandInput,
} from "../../../../runtime/functions/controller/demand.ts";

const now = Date.UTC(2026, 4, 1, 10, 0, 0);
const seconds = now / 1000;

function job(id: number, changes: Partial<WaitingJob> = {}): WaitingJob {
  return {
    id: String(id),
    repository: "acme/app",
    labels: ["self-hosted", "cloud"],
    state: "queued",
    queuedAt: seconds - 100 + id,
    at: seconds,
    expiresAt: seconds + 86_400,
    wakes: 0,
    ...changes,
  };
}

const idOf = (number: number) => `i-${String(number).padStart(17, "0")}`;
const nameOf = (number: number, fleet = "cloud") => `dev-${fleet}-${number}-${idOf(number)}`;

function machine(number: number, state: string, changes: Partial<DemandMachine> = {}): DemandMachine {
  return {
    instanceId: idOf(number),
    name: nameOf(number),
    state,
    availabilityZone: "zone-a",
    mayStart: true,
    ...changes,
  };
}

const cloud: DemandFleet = {
  name: "cloud",
  labels: ["self-hosted", "linux", "x64", "cloud"],
  roster: [1, 2, 3, 4].map(idOf),
};
const large: DemandFleet = {
  name: "large",
  labels: ["self-hosted", "linux", "x64", "cloud", "large"],
  roster: [11, 12].map(idOf),
};

function decide(observation: Partial<DemandInput>) {
  return decideDemand({ jobs: [], fleets: [cloud, large], machines: [], maxWakes: 3, now, ...observation });
}

const startedOf = (observation: Partial<DemandInput>) =>
  decide(observation).starts.map(({ instanceId, job: { id } }) => `${id}: ${Number(instanceId.slice(2))}`);

describe("for queued jobs", () => {
  const asleep = [1, 2, 3, 4].map((number) => machine(number, "stopped"));

  it("one sleeping machine each is started, for the oldest job first", () => {
    const jobs = [job(2), job(1), job(10, { queuedAt: seconds - 98 })];
    expect(startedOf({ jobs, machines: asleep })).to.deep.equal(["1: 1", "2: 2", "10: 3"]);
  });

  it("idle and waking machines come first", () => {
    const machines = [
      machine(1, "running"),
      machine(2, "pending"),
      machine(3, "stopped"),
      machine(4, "stopped"),
    ];
    expect(startedOf({ jobs: [job(1), job(2)], machines })).to.deep.equal([]);
    expect(startedOf({ jobs: [job(1), job(2), job(3)], machines })).to.deep.equal(["3: 3"]);
  });

  it("a machine that has a job is not idle", () => {
    const machines = [machine(1, "running"), machine(2, "stopped")];
    const running = job(1, { state: "in_progress", runner: nameOf(1) });
    expect(startedOf({ jobs: [running, job(2)], machines })).to.deep.equal(["2: 2"]);
  });

  it("a machine is busy with a job that counts for another fleet, or for none", () => {
    const name = nameOf(1);
    const machines = [machine(1, "running"), machine(2, "stopped")];
    for (const labels of [["self-hosted", "large"], [name]]) {
      const running = job(1, { state: "in_progress", runner: name, labels });
      expect(startedOf({ jobs: [running, job(2)], machines })).to.deep.equal(["2: 2"]);
    }
  });

  it("a running job without a named machine occupies one of the fleet's", () => {
    const machines = [machine(1, "running"), machine(2, "stopped")];
    const demand = decide({ jobs: [job(1, { state: "in_progress" }), job(2)], machines });
    expect(demand.starts).to.have.length(1);
    expect(demand.fleets.cloud).to.deep.equal({ waiting: 1, idle: 0, waking: 0, busy: 1, asleep: 1 });
  });

  it("a job on a runner outside of Longhaul makes no machine busy", () => {
    const running = job(1, { state: "in_progress", runner: "their-runner" });
    expect(
      startedOf({ jobs: [running, job(2)], machines: [machine(1, "running"), machine(2, "stopped")] }),
    ).to.deep.equal([]);
  });

  it("a lost `in_progress` starts nothing: the job seems queued, and its machine seems idle", () => {
    expect(
      startedOf({ jobs: [job(1)], machines: [machine(1, "running"), machine(2, "stopped")] }),
    ).to.deep.equal([]);
  });

  it("a machine that is stopping neither counts as coming nor is started", () => {
    const machines = ["stopping", "shutting-down", "terminated"].map((state, index) =>
      machine(index + 1, state),
    );
    const demand = decide({ jobs: [job(1)], machines });
    expect(demand.starts).to.deep.equal([]);
    expect(demand.counts).to.include({ noMachine: 1 });
  });

  it("a machine that was started a moment ago counts as waking, even if EC2 still describes it as stopped", () => {
    const woken = job(1, { wakes: 1, wokenAt: seconds - 5, wokenMachine: idOf(1) });
    expect(startedOf({ jobs: [woken, job(2)], machines: asleep })).to.deep.equal(["2: 2"]);
    const later = { ...woken, wokenAt: seconds - startSettlesMs / 1000 };
    expect(startedOf({ jobs: [later], machines: asleep })).to.deep.equal(["1: 1"]);
  });

  it("a machine that reports that it cannot take jobs does not count, unless it has one", () => {
    const unfit = machine(1, "running", { cannotTakeJobs: true });
    expect(startedOf({ jobs: [job(1)], machines: [unfit, machine(2, "stopped")] })).to.deep.equal(["1: 2"]);
    const running = job(1, { state: "in_progress", runner: nameOf(1) });
    expect(decide({ jobs: [running], machines: [unfit] }).fleets.cloud).to.include({ idle: 0, busy: 1 });
  });

  describe("beside a machine that counts as idle and takes no job", () => {
    const machines = [machine(1, "running"), machine(2, "stopped"), machine(3, "stopped")];
    const ago = (ms: number) => seconds - ms / 1000;
    const long = trustsIdleMs + 1000;
    const queuedAt = ago(10 * long);
    const rows: [rule: string, changes: Partial<WaitingJob>, expected: string[]][] = [
      ["another machine is started after a quarter of an hour", { queuedAt: ago(long) }, ["1: 2"]],
      ["no other machine is started before that", { queuedAt: ago(trustsIdleMs) }, []],
      [
        "no second machine is started within a quarter of an hour of the first",
        { queuedAt, wakes: 1, wokenAt: ago(trustsIdleMs) },
        [],
      ],
      [
        "a second machine is started after another quarter of an hour",
        { queuedAt, wakes: 1, wokenAt: ago(long) },
        ["1: 2"],
      ],
      ["no third machine is started", { queuedAt, wakes: 2, wokenAt: ago(long) }, []],
    ];
    for (const [rule, changes, expected] of rows) {
      it(rule, () => {
        expect(startedOf({ jobs: [job(1, changes)], machines, maxWakes: wakesPerJob })).to.deep.equal(
          expected,
        );
      });
    }

    it("a younger job is still matched to it, and a waking machine to both", () => {
      const jobs = [job(1, { queuedAt: ago(long) }), job(2)];
      expect(startedOf({ jobs, machines })).to.deep.equal(["1: 2"]);
      expect(
        startedOf({ jobs: [jobs[0]!], machines: [machine(1, "running"), machine(2, "pending")] }),
      ).to.deep.equal([]);
    });

    it("of many jobs that are held, one has a machine started each quarter of an hour", () => {
      const held = [1, 2].map((id) => job(id, { queuedAt }));
      const all = [machine(4, "running"), ...machines];
      expect(startedOf({ jobs: held, machines: all, maxWakes: 24 })).to.deep.equal(["1: 2"]);
      const woken = (wokenAt: number) => [job(1, { queuedAt, wakes: 1, wokenAt }), ...held.slice(1)];
      expect(startedOf({ jobs: woken(ago(trustsIdleMs)), machines: all, maxWakes: 24 })).to.deep.equal([]);
      expect(startedOf({ jobs: woken(ago(long)), machines: all, maxWakes: 24 })).to.deep.equal(["1: 2"]);
      const tried = held.map((one) => ({ ...one, wakes: wakesPerJob, wokenAt: ago(long) }));
      expect(startedOf({ jobs: tried, machines: all, maxWakes: 24 })).to.deep.equal([]);
    });

    it("the job is counted as left alone, or as without a machine, and its start says why", () => {
      const spent = job(1, { queuedAt, wakes: wakesPerJob, wokenAt: ago(long) });
      expect(decide({ jobs: [spent], machines, maxWakes: wakesPerJob }).counts).to.include({ leftAlone: 1 });
      const waits = job(1, { queuedAt });
      expect(decide({ jobs: [waits], machines: [machine(1, "running")] }).counts).to.include({
        noMachine: 1,
      });
      expect(decide({ jobs: [waits], machines }).starts[0]!.reason).to.equal(
        "job 1 of acme/app waits, and none of the fleet's 1 idle machines takes it",
      );
    });
  });

  it("a machine that is not in service neither counts nor starts", () => {
    const fleets = [{ ...cloud, roster: [idOf(2)] }];
    const machines = [machine(1, "running"), machine(2, "stopped"), machine(3, "stopped")];
    expect(startedOf({ fleets, jobs: [job(1), job(2)], machines })).to.deep.equal(["1: 2"]);
  });

  it("nothing is started for a fleet whose roster cannot be read", () => {
    const demand = decide({ fleets: [{ ...cloud, roster: undefined }], jobs: [job(1)], machines: asleep });
    expect(demand.starts).to.deep.equal([]);
    expect(demand.counts).to.include({ waiting: 1, noMachine: 1 });
  });

  it("a machine that the budget or an operator keeps asleep is not started, and the job is counted", () => {
    const machines = asleep.map((one) => ({ ...one, mayStart: false }));
    const demand = decide({ jobs: [job(1), job(2)], machines });
    expect(demand).to.deep.include({ starts: [], spares: [] });
    expect(demand.counts).to.deep.equal({ waiting: 2, unmatched: 0, leftAlone: 0, noMachine: 2 });
  });

  it("only the first fleet that matches starts a machine", () => {
    const machines = [machine(11, "stopped", { name: nameOf(11, "large") })];
    expect(startedOf({ jobs: [job(1)], machines })).to.deep.equal([]);
    const forLarge = job(2, { labels: ["self-hosted", "LARGE"] });
    expect(startedOf({ jobs: [job(1), forLarge], machines })).to.deep.equal(["2: 11"]);
  });

  it("labels of no fleet, or none at all, start nothing", () => {
    const jobs = [job(1, { labels: ["self-hosted", "gpu"] }), job(2, { labels: [] })];
    const demand = decide({ jobs, machines: asleep });
    expect(demand.starts).to.deep.equal([]);
    expect(demand.counts).to.deep.equal({ waiting: 0, unmatched: 2, leftAlone: 0, noMachine: 0 });
    expect(startedOf({ jobs, machines: asleep, emptyLabels: "cloud" })).to.deep.equal(["2: 1"]);
  });

  it("expired items do not count, even if they are not deleted yet", () => {
    const jobs = [
      job(1, { expiresAt: seconds }),
      job(2, { state: "in_progress", runner: nameOf(1), expiresAt: seconds }),
    ];
    const demand = decide({ jobs, machines: [machine(1, "running")] });
    expect(demand.counts.waiting).to.equal(0);
    expect(demand.fleets.cloud).to.include({ idle: 1, busy: 0 });
  });

  it("a job that stays queued in spite of its wakes is left alone and counted", () => {
    for (const maxWakes of [wakesPerJob, 3]) {
      const jobs = [job(1, { wakes: maxWakes - 1 }), job(2, { wakes: maxWakes })];
      const demand = decide({ jobs, machines: asleep, maxWakes });
      expect(demand.starts.map(({ job: { id, wakes } }) => [id, wakes])).to.deep.equal([["1", maxWakes - 1]]);
      expect(demand.counts).to.deep.equal({ waiting: 2, unmatched: 0, leftAlone: 1, noMachine: 0 });
    }
    expect(wakesPerJob).to.equal(2);
  });

  it("a job has one more wake once it was seen queued at GitHub an hour after its last wake", () => {
    const waitsFor = (secondsAfter: number | undefined) => {
      const wokenAt = seconds - 7200;
      const seenAt = secondsAfter === undefined ? {} : { seenAt: wokenAt + secondsAfter };
      const jobs = [job(1, { wakes: wakesPerJob, wokenAt, ...seenAt })];
      return startedOf({ jobs, machines: asleep, maxWakes: wakesPerJob });
    };
    expect(waitsFor(undefined)).to.deep.equal([]);
    expect(waitsFor(secondsUntilSeenAgain - 1)).to.deep.equal([]);
    expect(waitsFor(secondsUntilSeenAgain)).to.deep.equal(["1: 1"]);
  });

  it("after that wake it has none, until it was seen again", () => {
    const jobs = [job(1, { wakes: wakesPerJob + 1, wokenAt: seconds - 300, seenAt: seconds - 400 })];
    expect(startedOf({ jobs, machines: asleep, maxWakes: wakesPerJob })).to.deep.equal([]);
  });

  it("the machines that were not chosen are spares", () => {
    const { spares } = decide({ jobs: [job(1)], machines: [...asleep, machine(11, "stopped")] });
    expect(spares.map(({ fleet, instanceId }) => [fleet, Number(instanceId.slice(2))])).to.deep.equal([
      ["cloud", 2],
      ["cloud", 3],
      ["cloud", 4],
      ["large", 11],
    ]);
  });

  it("each start says why", () => {
    expect(decide({ jobs: [job(7)], machines: asleep }).starts[0]!.reason).to.equal(
      "job 7 of acme/app waits, and the fleet's 0 idle and 0 waking machines have others before it",
    );
  });

  it("ten thousand jobs start ten machines, and quickly", () => {
    const fleets = [{ ...cloud, roster: Array.from({ length: 10 }, (_, index) => idOf(index)) }];
    const machines = Array.from({ length: 10 }, (_, index) => machine(index, "stopped"));
    const jobs = Array.from({ length: 10_000 }, (_, index) => job(index));
    const before = process.cpuUsage();
    const { starts, counts } = decide({ fleets, jobs, machines });
    const { user } = process.cpuUsage(before); // Microseconds of this process, however busy the computer is.
    expect(user).to.be.lessThan(1_000_000);
    expect(starts).to.have.length(10);
    expect(counts).to.deep.equal({ waiting: 10_000, unmatched: 0, leftAlone: 0, noMachine: 9990 });
  });
});

describe("for any observation", () => {
  const state = fc.constantFrom("pending", "running", "stopping", "stopped", "terminated");
  const number = fc.integer({ min: 1, max: 14 });
  const jobArbitrary = fc.record({
    id: fc.integer({ min: 1, max: 30 }).map(String),
    repository: fc.constant("acme/app"),
    labels: fc.constantFrom<string[]>(["cloud"], ["CLOUD", "large"], ["large"], ["gpu"], []),
    state: fc.constantFrom(
      "queued" as const,
      "queued" as const,
      "in_progress" as const,
      "completed" as const,
    ),
    queuedAt: fc.integer({ min: seconds - 5000, max: seconds }),
    at: fc.constant(seconds),
    expiresAt: fc.constantFrom(seconds - 1, seconds + 1),
    wakes: fc.integer({ min: 0, max: 4 }),
    runner: number.map((one) => nameOf(one)),
    wokenAt: fc.constantFrom(seconds - 1, seconds - 1000),
    wokenMachine: number.map(idOf),
  });
  const observations = fc.record({
    jobs: fc.array(jobArbitrary, { maxLength: 40 }),
    fleets: fc.constant([cloud, large]),
    machines: fc.uniqueArray(
      fc.tuple(number, state, fc.boolean()).map(([one, is, mayStart]) => machine(one, is, { mayStart })),
      { selector: ({ instanceId }) => instanceId },
    ),
    emptyLabels: fc.constantFrom("cloud", "none"),
    maxWakes: fc.integer({ min: 1, max: 3 }),
    now: fc.constant(now),
  });

  it("only machines that EC2 describes as stopped, that are in service and may start, are started, each once", () => {
    fc.assert(
      fc.property(observations, (observation) => {
        const { starts, spares } = decideDemand(observation);
        const ids = [...starts, ...spares].map(({ instanceId }) => instanceId);
        expect(new Set(ids).size).to.equal(ids.length);
        for (const { instanceId, fleet } of [...starts, ...spares]) {
          const found = observation.machines.find((one) => one.instanceId === instanceId)!;
          expect(found).to.include({ state: "stopped", mayStart: true });
          expect(observation.fleets.find(({ name }) => name === fleet)!.roster).to.include(instanceId);
        }
      }),
    );
  });

  it("there are never more starts than queued jobs with wakes left, and no job is counted twice", () => {
    fc.assert(
      fc.property(observations, (observation) => {
        const { starts, counts, fleets } = decideDemand(observation);
        const ids = starts.map(({ job: { id } }) => id);
        expect(new Set(ids).size).to.equal(ids.length);
        for (const {
          job: { wakes },
        } of starts)
          expect(wakes).to.be.lessThan(observation.maxWakes);
        for (const { fleet } of starts) {
          const { waiting, waking } = fleets[fleet]!;
          expect(starts.filter((one) => one.fleet === fleet).length).to.be.at.most(
            Math.max(0, waiting - waking),
          );
        }
        const current = observation.jobs.filter(({ expiresAt }) => expiresAt > seconds);
        expect(counts.waiting + counts.unmatched).to.be.at.most(new Set(current.map(({ id }) => id)).size);
        expect(counts.leftAlone + counts.noMachine + starts.length).to.be.at.most(counts.waiting);
      }),
    );
  });

  it("nothing more is started once the decision has been carried out", () => {
    fc.assert(
      fc.property(observations, (observation) => {
        const { starts } = decideDemand(observation);
        const machines = observation.machines.map((one) =>
          starts.some(({ instanceId }) => instanceId === one.instanceId) ? { ...one, state: "pending" } : one,
        );
        expect(decideDemand({ ...observation, machines }).starts).to.deep.equal([]);
      }),
    );
  });

  it("the order in which the table is read does not matter", () => {
    fc.assert(
      fc.property(observations, (observation) => {
        const jobs = [...new Map(observation.jobs.map((one) => [one.id, one])).values()];
        const forwards = decideDemand({ ...observation, jobs });
        expect(decideDemand({ ...observation, jobs: [...jobs].reverse() })).to.deep.equal(forwards);
      }),
    );
  });
});
