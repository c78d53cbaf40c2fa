import { expect } from "chai";
import fc from "fast-check";
import type { WorkflowJob } from "../../../cli/clients/workflow-runs.ts";
import { nextPollMs, progressLine } from "../../../cli/smoke/follow-pace.ts";
import { judgeStart } from "../../../cli/smoke/judge-start.ts";
import type { RunStart } from "../../../cli/smoke/judge-start.ts";
import { findNonce, formatNonce } from "../../../cli/smoke/nonce.ts";
import { placeOf } from "../../../cli/smoke/run-place.ts";
import { explainRunWithoutJob } from "../../../cli/smoke/run-without-job.ts";
import { openRunStates } from "../../../contract/run-states.ts";

describe("a nonce", () => {
  it("is found again in any title, with all its values", () => {
    const nonces = fc.record({
      instanceId: fc.stringMatching(/^i-[0-9a-f]{17}$/),
      minutes: fc.integer({ min: 1, max: 7200 }),
      at: fc.integer({ min: 0, max: 4_102_444_800_000 }),
    });
    fc.assert(
      fc.property(nonces, (nonce) => {
        const title = `Longhaul smoke test of dev-cloud-1-${nonce.instanceId} (${formatNonce(nonce)})`;
        expect(findNonce(title)).to.deep.equal(nonce);
      }),
    );
  });

  it("is not found in a run that was dispatched by hand", () => {
    expect(findNonce("Longhaul smoke test of dev-cloud-1-i-0123456789abcdef0 (by hand)")).to.equal(undefined);
  });
});

describe("a run of the smoke test", () => {
  const job = (more: Partial<WorkflowJob>): WorkflowJob => ({
    name: "hold",
    status: "queued",
    conclusion: null,
    runnerName: null,
    startedAt: null,
    ...more,
  });
  const table: [string, WorkflowJob[], RunStart][] = [
    ["waits while GitHub lists no job", [], { kind: "waiting" }],
    ["waits while its job is queued", [job({})], { kind: "waiting" }],
    ["waits in every other state GitHub may have", [job({ status: "pending" })], { kind: "waiting" }],
    [
      "waits while GitHub does not name the runner of its job",
      [job({ status: "in_progress" })],
      { kind: "waiting" },
    ],
    [
      "has begun when its job is on a runner",
      [job({ status: "in_progress", runnerName: "a" })],
      { kind: "begun", runnerName: "a" },
    ],
    [
      "has begun if its job succeeded before the first look",
      [job({ status: "completed", conclusion: "success", runnerName: "a" })],
      { kind: "begun", runnerName: "a" },
    ],
    [
      "has ended when its job was cancelled in the queue",
      [job({ status: "completed", conclusion: "cancelled" })],
      { kind: "ended", conclusion: "cancelled", runnerName: "" },
    ],
  ];
  for (const [rule, jobs, start] of table) {
    it(rule, () => {
      expect(judgeStart(jobs)).to.deep.equal(start);
    });
  }
});

describe("following a run", () => {
  it("looks rarely far from the expected end, and at the given interval near it", () => {
    const pace = (remainingMinutes?: number, failures = 0) =>
      nextPollMs({ pollMs: 15_000, failures, remainingMinutes });
    expect(pace(300)).to.equal(60_000);
    expect(pace(5)).to.equal(15_000);
    expect(pace(undefined)).to.equal(15_000);
    expect([1, 2, 9].map((failures) => pace(5, failures))).to.deep.equal([30_000, 60_000, 300_000]);
  });

  it("never looks more often than the given interval", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3_600_000 }),
        fc.nat(50),
        fc.nat(600),
        (pollMs, failures, remaining) => {
          expect(nextPollMs({ pollMs, failures, remainingMinutes: remaining })).to.be.at.least(pollMs);
        },
      ),
    );
  });

  it("shows the elapsed and the expected minutes, the runner and the step", () => {
    const startedAt = "2026-03-01T10:00:00Z";
    const job: WorkflowJob = {
      name: "hold",
      status: "in_progress",
      conclusion: null,
      runnerName: "dev-cloud-1-i-1",
      startedAt,
      currentStep: "Beat once a minute",
    };
    const at = (minutes: number) => Date.parse(startedAt) + minutes * 60_000;
    expect(progressLine(job, 360, at(14.5))).to.deep.equal({
      line: 'Minute 14 of 360 on dev-cloud-1-i-1, step "Beat once a minute".',
      remainingMinutes: 346,
    });
    // This computer's clock is behind GitHub's.
    expect(progressLine(job, undefined, at(-2)).line).to.include("Minute 0 on");
  });
});

describe("the run that a command line means", () => {
  const request = {
    target: {
      environment: "dev",
      aws: { account: "1", region: "r", endpoints: {} },
      github: { apiUrl: "https://ghes.example/api/v3", url: "https://ghes.example", owner: "acme" },
    },
    machine: { runner: "dev-cloud-1", instanceId: "i-0123456789abcdef0" },
    smoke: { owner: "acme", repository: "app", workflow: "longhaul-smoke.yml" },
  };

  it("is named by a URL: of github.com, a tenant of ghe.com or another server", () => {
    const at = (url: string) => placeOf(`${url}/acme/app/actions/runs/7/job/8?pr=1`, {}, undefined);
    const place = { owner: "acme", repository: "app", run: { id: 7 } };
    expect(at("https://github.com")).to.deep.equal({ ...place, apiUrl: "https://api.github.com" });
    expect(at("https://octo.ghe.com")).to.deep.equal({ ...place, apiUrl: "https://api.octo.ghe.com" });
    expect(at("http://127.0.0.1:80")).to.deep.equal({ ...place, apiUrl: "http://127.0.0.1:80/api/v3" });
  });

  it("is named by a number and --repo, or by a number and the request", () => {
    expect(placeOf("7", { repo: "o/r" }, undefined)).to.deep.equal({
      apiUrl: "https://api.github.com",
      owner: "o",
      repository: "r",
      run: { id: 7 },
    });
    expect(placeOf("7", {}, request)).to.include({
      apiUrl: "https://ghes.example/api/v3",
      repository: "app",
    });
  });

  it("is the newest one of the request's machine if no argument is given", () => {
    expect(placeOf(undefined, {}, request).run).to.deep.equal({ ofInstance: "i-0123456789abcdef0" });
  });

  it("is looked up at --api-url, even if a URL names another server", () => {
    const place = placeOf("https://github.com/a/b/actions/runs/7", { apiUrl: "http://proxy" }, request);
    expect(place.apiUrl).to.equal("http://proxy");
  });
});

describe("a run without a job", () => {
  const smoke = { owner: "acme", repository: "app", workflow: "mine.yml" };
  const explain = (status: string, conclusion: string | null) =>
    explainRunWithoutJob({ id: 1, title: "", url: "", status, conclusion }, smoke);

  for (const status of openRunStates) {
    it(`may still get one while it is ${status}`, () => {
      expect(explain(status, null)).to.equal(undefined);
    });
  }

  for (const conclusion of ["startup_failure", "failure", "action_required", null]) {
    it(`that ended with ${conclusion} names the policies as the likely cause, and an error in the user's own file`, () => {
      expect(explain("completed", conclusion))
        .to.include(
          `GitHub ended the run of mine.yml (${conclusion ?? "no conclusion"}) before it had a job.`,
        )
        .and.include("Most likely an Actions policy of acme or of acme/app forbids")
        .and.include("an error in the file")
        .and.include("#dispatch-forbidden");
    });
  }

  it("that was cancelled does not name the policies", () => {
    expect(explain("completed", "cancelled"))
      .to.include("The run of mine.yml was cancelled before it had a job")
      .and.include("run the same command again")
      .and.not.include("policy");
  });
});
