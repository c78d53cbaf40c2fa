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

describe("the plan of a sweep", () => {
  it("is empty if the table agrees with GitHub", () => {
    expect(decide([told(1)], [item(1)])).to.deep.equal({ write: [], seen: [], ask: [] });
  });

  // prettier-ignore
  const cases: readonly (readonly [rule: string, jobs: JobReport[], table: WaitingJob[], written: string[]])[] = [
    ["a job that is not in the table is written", [told(1)], [], ["1 queued"]],
    ["a job that has begun is written with its machine's name", [told(1, { state: "in_progress", runner: "dev-cloud-1-i-0a1b2c3d" })], [item(1)], ["1 in_progress"]],
    ["a job that has ended is written as completed", [told(1, { state: "completed" })], [item(1)], ["1 completed"]],
    ["a tombstone stays, although GitHub was asked before the job ended", [told(1)], [item(1, { state: "completed" })], []],
    ["a job that has begun is not queued again", [told(1)], [item(1, { state: "in_progress" })], []],
    ["of two reports the later state counts", [told(1, { state: "completed" }), told(1)], [], ["1 completed"]],
    ["a job of another owner is not written", [told(1, { repository: "fork/app" })], [], []],
    ["a job of another repository is not written", [told(1, { repository: "acme/other" })], [], []],
    ["a job for hosted runners is not written", [told(1, { labels: ["ubuntu-latest"] })], [], []],
    ["a smoke test's job is written because of its machine", [told(1, { labels: ["self-hosted", "dev-cloud-1-i-0a1b2c3d"], state: "in_progress", runner: "dev-cloud-1-i-0a1b2c3d" })], [], ["1 in_progress"]],
    ["a known job is completed although its fleet has other labels now", [told(1, { labels: ["old"], state: "completed" })], [item(1, { labels: ["old"] })], ["1 completed"]],
    ["an expired item is not written again", [told(1)], [item(1, { expiresAt: seconds - 1 })], []],
  ];
  for (const [rule, jobs, table, written] of cases) {
    it(rule, () => {
      expect(writes(jobs, table)).to.deep.equal(written);
    });
  }

  it("asks for jobs whose state in the table GitHub has not confirmed", () => {
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

  it("does not count a job as ended because GitHub did not report it", () => {
    expect(writes([], [item(1), item(2, { state: "in_progress" })])).to.deep.equal([]);
  });

  describe("for a job without wakes left", () => {
    const woken = (secondsAgo: number, more: Partial<WaitingJob> = {}) =>
      item(1, { wakes: wakesPerJob, wokenAt: seconds - secondsAgo, ...more });
    const seen = (job: WaitingJob, jobs = [told(1)]) => decide(jobs, [job]).seen;

    it("is to note that it is still queued an hour after the last wake", () => {
      expect(seen(woken(secondsUntilSeenAgain))).to.deep.equal(["1"]);
      expect(seen(woken(secondsUntilSeenAgain - 1))).to.deep.equal([]);
    });

    it("is to note that once for each wake", () => {
      const long = 2 * secondsUntilSeenAgain;
      expect(seen(woken(long, { seenAt: seconds - 10 }))).to.deep.equal([]);
      expect(seen(woken(long, { seenAt: seconds - long - 10 }))).to.deep.equal(["1"]);
    });

    it("is to note nothing if GitHub does not report it as queued", () => {
      expect(seen(woken(secondsUntilSeenAgain), [])).to.deep.equal([]);
      expect(seen(woken(secondsUntilSeenAgain), [told(1, { state: "in_progress" })])).to.deep.equal([]);
      expect(seen(woken(secondsUntilSeenAgain, { state: "in_progress" }))).to.deep.equal([]);
    });

    it("is to note nothing for a job that has wakes left", () => {
      expect(seen(woken(secondsUntilSeenAgain, { wakes: 1 }))).to.deep.equal([]);
    });
  });

  it("never moves a state back, writes no job that is not allowed, and asks for no job twice", () => {
    // A job has the same repository and labels in every report.
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
        // Once the plan is carried out, the table leaves nothing to write.
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

  it("begin at another place each time, and leave nothing out", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.nat(6_000_000), (count, turn) => {
        const things = Array.from({ length: count }, (_, index) => index);
        const round = inTurn(things, turn);
        expect([...round].sort((one, other) => one - other)).to.deep.equal(things);
      }),
    );
  });

  it("reach everything soon, although each has time for only a tenth", () => {
    const things = Array.from({ length: 200 }, (_, index) => index);
    const reached = new Set<number>();
    const first = Math.floor(now / 300_000);
    for (let turn = first; turn < first + 20; turn++) {
      for (const thing of inTurn(things, turn).slice(0, 20)) reached.add(thing);
    }
    expect(reached.size).to.equal(200);
  });
});
