import { expect } from "chai";
import fc from "fast-check";
import { jobStates } from "../../../../contract/waiting-jobs.ts";
import type { WaitingJob } from "../../../../contract/waiting-jobs.ts";
import { decideSweep } from "../../../../runtime/functions/controller/sweep/decide-sweep.ts";
import { inTurn } from "../../../../runtime/functions/controller/sweep/look.ts";
import { isSweepDue } from "../../../../runtime/functions/controller/sweep/sweep.ts";
import { secondsUntilSeenAgain, wakesPerJob } from "../../../../runtime/functions/controller/demand.ts";
import type { JobReport } from "../../../../runtime/functions/job-table.ts";

const now = Date.UTC(2026, 4, 1, 10, 0, 0);
const seconds = now / 1000;
const rules = {
  environment: "dev",
  owner: "acme",
  repositories: ["app", "tools"],
  fleets: [{ name: "cloud", labels: ["self-hosted", "linux", "x64", "cloud"] }],
};

const told = (id: number, changes: Partial<JobReport> = {}): JobReport => ({
  id: String(id),
  repository: "acme/app",
  labels: ["self-hosted", "Cloud"],
  state: "queued",
  queuedAt: seconds - 60,
  ...changes,
});
const item = (id: number, changes: Partial<WaitingJob> = {}): WaitingJob => ({
  ...told(id),
  at: seconds - 60,
  expiresAt: seconds + 86_400,
  wakes: 0,
  ...changes,
});
const decide = (jobs: readonly JobReport[], table: readonly WaitingJob[] = []) =>
  decideSweep({ reported: jobs, table, now }, rules);
const writes = (jobs: readonly JobReport[], table?: readonly WaitingJob[]) =>
  decide(jobs, table).write.map(({ id, state }) => `${id} ${state}`);
const asks = (jobs: readonly JobReport[], table: readonly WaitingJob[]) =>
  decide(jobs, table).ask.map(({ id }) => id);

describe("what a sweep makes of what GitHub tells", () => {
  it("is nothing where the table says the same", () => {
    expect(decide([told(1)], [item(1)])).to.deep.equal({ write: [], seen: [], ask: [] });
  });

  // prettier-ignore
  const cases: readonly (readonly [rule: string, jobs: JobReport[], table: WaitingJob[], written: string[]])[] = [
    ["a job that nobody told of is written", [told(1)], [], ["1 queued"]],
    ["one that has begun is written with its machine's name", [told(1, { state: "in_progress", runner: "dev-cloud-1-i-0a1b2c3d" })], [item(1)], ["1 in_progress"]],
    ["one that is over is written as over", [told(1, { state: "completed" })], [item(1)], ["1 completed"]],
    ["a tombstone stays, though GitHub was asked before the job ended", [told(1)], [item(1, { state: "completed" })], []],
    ["a job that has begun does not wait again", [told(1)], [item(1, { state: "in_progress" })], []],
    ["of two words the later state counts", [told(1, { state: "completed" }), told(1)], [], ["1 completed"]],
    ["a job of a foreign owner does not enter", [told(1, { repository: "fork/app" })], [], []],
    ["nor one of another repository", [told(1, { repository: "acme/other" })], [], []],
    ["nor one for hosted machines", [told(1, { labels: ["ubuntu-latest"] })], [], []],
    ["a smoke test's job enters by its machine", [told(1, { labels: ["self-hosted", "dev-cloud-1-i-0a1b2c3d"], state: "in_progress", runner: "dev-cloud-1-i-0a1b2c3d" })], [], ["1 in_progress"]],
    ["a known job is over though its fleet has other labels by now", [told(1, { labels: ["old"], state: "completed" })], [item(1, { labels: ["old"] })], ["1 completed"]],
    ["an expired item is not begun anew", [told(1)], [item(1, { expiresAt: seconds - 1 })], []],
  ];
  for (const [rule, jobs, table, written] of cases) {
    it(rule, () => {
      expect(writes(jobs, table)).to.deep.equal(written);
    });
  }

  it("asks for jobs of the table of which GitHub did not tell what the table says", () => {
    const table = [
      item(1),
      item(2),
      item(3, { state: "in_progress" }),
      item(4, { state: "completed" }),
      item(5, { expiresAt: seconds }),
      item(6, { repository: "acme/other" }),
    ];
    expect(asks([told(1)], table)).to.deep.equal(["2", "3"]);
    expect(asks([told(2, { state: "in_progress" }), told(3)], table)).to.deep.equal(["1", "3"]);
  });

  it("does not take a job for gone because GitHub did not tell of it", () => {
    expect(writes([], [item(1), item(2, { state: "in_progress" })])).to.deep.equal([]);
  });

  describe("for a job that has had its wakes", () => {
    const woken = (secondsAgo: number, more: Partial<WaitingJob> = {}) =>
      item(1, { wakes: wakesPerJob, wokenAt: seconds - secondsAgo, ...more });
    const seen = (job: WaitingJob, jobs = [told(1)]) => decide(jobs, [job]).seen;

    it("is that it waits still, an hour after the last", () => {
      expect(seen(woken(secondsUntilSeenAgain))).to.deep.equal(["1"]);
      expect(seen(woken(secondsUntilSeenAgain - 1))).to.deep.equal([]);
    });

    it("is said once for each wake", () => {
      const long = 2 * secondsUntilSeenAgain;
      expect(seen(woken(long, { seenAt: seconds - 10 }))).to.deep.equal([]);
      expect(seen(woken(long, { seenAt: seconds - long - 10 }))).to.deep.equal(["1"]);
    });

    it("is nothing where GitHub does not say that it waits", () => {
      expect(seen(woken(secondsUntilSeenAgain), [])).to.deep.equal([]);
      expect(seen(woken(secondsUntilSeenAgain), [told(1, { state: "in_progress" })])).to.deep.equal([]);
      expect(seen(woken(secondsUntilSeenAgain, { state: "in_progress" }))).to.deep.equal([]);
    });

    it("and is nothing for one that has wakes left", () => {
      expect(seen(woken(secondsUntilSeenAgain, { wakes: 1 }))).to.deep.equal([]);
    });
  });

  it("never takes a state back, never lets in what is not allowed, and asks for nothing twice", () => {
    // A job is of one repository and has its labels, whoever tells of it.
    const traits = (id: number) => ({
      id: String(id),
      repository: ["acme/app", "Acme/Tools", "acme/other", "fork/app"][id % 4]!,
      labels: [["self-hosted", "cloud"], ["ubuntu-latest"], []][id % 3]!,
    });
    const id = fc.nat(11);
    const state = fc.constantFrom(...jobStates);
    const words = fc.array(fc.record({ id, state }));
    const table = fc.uniqueArray(fc.record({ id, state, isOld: fc.boolean() }), {
      selector: (each) => each.id,
    });
    fc.assert(
      fc.property(words, table, (jobs, items) => {
        const reports = jobs.map((each) => told(0, { ...traits(each.id), state: each.state }));
        const before = items.map((each) =>
          item(0, {
            ...traits(each.id),
            state: each.state,
            ...(each.isOld && { expiresAt: seconds - 1 }),
          }),
        );
        const plan = decide(reports, before);
        const rank = (of: string) => jobStates.indexOf(of as JobReport["state"]);
        for (const written of plan.write) {
          const known = before.find((each) => each.id === written.id);
          expect(rank(written.state)).to.be.greaterThan(known ? rank(known.state) : -1);
          expect(written.repository.toLowerCase()).to.be.oneOf(["acme/app", "acme/tools"]);
          if (!known) expect(written.labels).to.deep.equal(["self-hosted", "cloud"]);
        }
        for (const list of [plan.write.map((each) => each.id), plan.ask.map((each) => each.id), plan.seen])
          expect(new Set(list).size).to.equal(list.length);
        // What is done is done: with the table as it is then, nothing more is to be written.
        const after = [
          ...before.filter((each) => !plan.write.some((written) => written.id === each.id)),
          ...plan.write.map((written) => item(0, written)),
        ];
        expect(decide(reports, after).write).to.deep.equal([]);
      }),
    );
  });
});

describe("the turns of a sweep", () => {
  it("come at the beginning of every fifth minute", () => {
    const due = Array.from({ length: 11 }, (_, minute) => minute).filter((minute) =>
      isSweepDue(now + minute * 60_000 + 1500),
    );
    expect(due).to.deep.equal([0, 5, 10]);
  });

  it("begin elsewhere each time, and leave nothing out", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(6_000_000), (count, turn) => {
        const things = Array.from({ length: count }, (_, index) => index);
        const round = inTurn(things, turn);
        expect([...round].sort((one, other) => one - other)).to.deep.equal(things);
      }),
    );
  });

  it("reach everything soon, though each has time for a tenth alone", () => {
    const things = Array.from({ length: 200 }, (_, index) => index);
    const reached = new Set<number>();
    const first = Math.floor(now / 300_000);
    for (let turn = first; turn < first + 20; turn++) {
      for (const thing of inTurn(things, turn).slice(0, 20)) reached.add(thing);
    }
    expect(reached.size).to.equal(200);
  });
});
