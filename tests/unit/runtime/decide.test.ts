import { expect } from "chai";
import fc from "fast-check";
import { tellOfPowerOff } from "../../../contract/last-words.ts";
import type { Action } from "../../../runtime/agent/decide.ts";
import type { RunnerObservation } from "../../../runtime/agent/runner-observation.ts";
import { endLimitMs, isOverdue } from "../../../runtime/agent/job-limit.ts";
import {
  decide,
  returnMs,
  stuckAfterMs,
  updateLimitMs,
  wantsToLeave,
} from "../../../runtime/agent/decide.ts";
import { isHung } from "../../../runtime/agent/hung-listener.ts";
import { frozen, idle, observation, overdue, withoutListener } from "./observation.ts";

const { now } = idle;
const budgetOff = { power: "off", by: "budget", reason: "400 of 400 USD are spent" } as const;
const hoursOff = { power: "off", by: "working-hours", reason: "it is night" } as const;
const enforced = { ...overdue, jobLimit: { hours: 1, enforce: true } };
const hourMs = 3_600_000;
const hung: RunnerObservation = { ...idle, disconnectedAt: now - 180_000, reachableAt: now - 75_000 };
const refusedAt = (at: number) =>
  ({ at, after: { then: "version-refused", afterMs: 600_000, again: "2026-05-01 10:10 UTC" } }) as const;
const restartAt = (at: number) => ({ at, after: { then: "restart", afterMs: 5000, reason: "r" } }) as const;

describe("what the agent decides", () => {
  const rules: [string, RunnerObservation, Action, string][] = [
    ["an idle machine in service stays", idle, "stay", "idle"],
    [
      "a listener without a session is starting",
      { ...idle, listener: { listening: false, frozen: false } },
      "stay",
      "starting",
    ],
    [
      "a listed machine cancels its boot timer before anything else",
      { ...withoutListener, bootTimer: "armed" },
      "cancel-boot-timer",
      "starting",
    ],
    [
      "the agent cancels the boot timer if the listener has a job, even on a machine that is not listed",
      { ...idle, listing: "unknown", bootTimer: "armed", job: true },
      "cancel-boot-timer",
      "busy",
    ],
    [
      "a machine that was never listed keeps its boot timer",
      { ...withoutListener, listing: "none", mayRetire: false, bootTimer: "armed" },
      "stay",
      "waiting",
    ],
    ["a machine in service starts its listener", withoutListener, "start-listener", "starting"],
    [
      "a candidate starts its listener, because it has to prove itself",
      { ...withoutListener, listing: "candidate" },
      "start-listener",
      "starting",
    ],
    [
      "a machine waits while the lists cannot be read",
      { ...withoutListener, listing: "unknown", mayRetire: false },
      "stay",
      "waiting",
    ],
    [
      "a running listener stays while the lists cannot be read",
      { ...idle, listing: "unknown" },
      "stay",
      "idle",
    ],
    [
      "a machine waits until it has read the power setting",
      { ...withoutListener, power: undefined },
      "stay",
      "waiting",
    ],
    [
      "a machine that the budget turns off starts no listener, even before its sleep time",
      { ...withoutListener, power: budgetOff, sleepAt: now + 1 },
      "sleep",
      "leaving",
    ],
    [
      "a machine outside working hours starts its listener before its sleep time, because it was started for a reason",
      { ...withoutListener, power: hoursOff, sleepAt: now + 1 },
      "start-listener",
      "starting",
    ],
    [
      "a machine without a listener sleeps at its sleep time",
      { ...withoutListener, power: hoursOff, sleepAt: now },
      "sleep",
      "leaving",
    ],
    [
      "a machine with power off freezes its listener first",
      { ...idle, power: hoursOff, sleepAt: now },
      "freeze",
      "leaving",
    ],
    [
      "an idle machine freezes its listener at its sleep time",
      { ...idle, sleepAt: now },
      "freeze",
      "leaving",
    ],
    ["an idle machine stays until its sleep time", { ...idle, sleepAt: now + 1 }, "stay", "idle"],
    [
      "a machine sleeps at its sleep time once its listener has ended",
      { ...withoutListener, sleepAt: now },
      "sleep",
      "leaving",
    ],
    [
      "a machine at its sleep time stays if a job has arrived",
      { ...idle, job: true, lastActivityAt: now, sleepAt: now },
      "stay",
      "busy",
    ],
    [
      "an idle machine stays if it could not read its power setting",
      { ...idle, power: undefined, sleepAt: 0 },
      "stay",
      "idle",
    ],
    [
      "a machine with power off stays until its own sleep time",
      { ...idle, power: hoursOff, sleepAt: now + 1 },
      "stay",
      "idle",
    ],
    [
      "a machine that the budget turns off does not wait for its sleep time",
      { ...idle, power: budgetOff, sleepAt: now + 1 },
      "freeze",
      "leaving",
    ],
    [
      "a machine goes to sleep even if the lists cannot be read",
      { ...idle, listing: "unknown", power: budgetOff },
      "freeze",
      "leaving",
    ],
    [
      "a machine without a registration asks for a token",
      { ...withoutListener, registered: false },
      "register",
      "needs-token",
    ],
    [
      "a machine registers again if GitHub has dropped its registration",
      { ...withoutListener, exit: { at: now, after: { then: "needs-token" } } },
      "register",
      "needs-token",
    ],
    [
      "a listener that ended is restarted after its delay",
      { ...withoutListener, exit: restartAt(now - 5000) },
      "start-listener",
      "starting",
    ],
    [
      "a listener that ended is not restarted before its delay",
      { ...withoutListener, exit: restartAt(now - 4999) },
      "stay",
      "starting",
    ],
    [
      "a version that GitHub refuses is not retried before its delay",
      { ...withoutListener, refusals: 1, exit: refusedAt(now - 599_999) },
      "stay",
      "failed",
    ],
    [
      "a version that GitHub refuses is retried after its delay, because GitHub has refused versions by mistake",
      { ...withoutListener, refusals: 1, exit: refusedAt(now - 600_000) },
      "start-listener",
      "starting",
    ],
    [
      "a machine stays failed until its refused listener has run for a while",
      { ...idle, refusals: 1 },
      "stay",
      "failed",
    ],
    [
      "a machine with a refused version is busy if it has a job",
      { ...idle, refusals: 1, job: true, lastActivityAt: now },
      "stay",
      "busy",
    ],
    [
      "a machine with a refused version still sleeps at its sleep time",
      { ...withoutListener, refusals: 1, exit: refusedAt(now), sleepAt: now },
      "sleep",
      "leaving",
    ],
    ["a hung listener is frozen before it is restarted", hung, "freeze", "starting"],
    [
      "a hung listener is ended once it is frozen",
      { ...hung, listener: frozen.listener },
      "end-listener",
      "starting",
    ],
    [
      "a hung and frozen listener is thawed if there is evidence of a pending job",
      { ...hung, listener: frozen.listener, pendingJobEvidence: "bytes wait" },
      "thaw",
      "idle",
    ],
    [
      "a hung and frozen listener is thawed if it has a connection again",
      { ...hung, listener: frozen.listener, disconnectedAt: undefined },
      "thaw",
      "idle",
    ],
    [
      "a hung listener is not frozen while there is evidence of a pending job",
      { ...hung, pendingJobEvidence: "bytes wait" },
      "stay",
      "idle",
    ],
    [
      "a listener is not frozen before it has been disconnected for three minutes",
      { ...hung, disconnectedAt: now - 179_999 },
      "stay",
      "idle",
    ],
    [
      "a disconnected listener is not frozen if GitHub cannot be reached",
      { ...hung, reachableAt: undefined },
      "stay",
      "idle",
    ],
    [
      "a disconnected listener is not frozen until GitHub has been reachable for 75 seconds, because it retries once a minute",
      { ...hung, reachableAt: now - 74_999 },
      "stay",
      "idle",
    ],
    [
      "a listener that hangs before it has a session is frozen as well",
      { ...hung, listener: { listening: false, frozen: false } },
      "freeze",
      "starting",
    ],
    ["a hung listener with a job is left alone", { ...hung, job: true, lastActivityAt: now }, "stay", "busy"],
    ["a hung listener with a worker is left alone", { ...hung, worker: true }, "stay", "busy"],
    [
      "a machine waits for a self-update",
      { ...withoutListener, updating: true, exit: { at: now - 1000, after: { then: "update" } } },
      "stay",
      "starting",
    ],
    [
      "a machine stops waiting for an update script that hangs",
      { ...withoutListener, updating: true, exit: { at: now - updateLimitMs, after: { then: "update" } } },
      "start-listener",
      "starting",
    ],
    [
      "a machine starts its listener again after a self-update",
      { ...withoutListener, exit: { at: now, after: { then: "update" } } },
      "start-listener",
      "starting",
    ],
    ["a machine on neither list freezes its listener", { ...idle, listing: "none" }, "freeze", "leaving"],
    [
      "a listener is not frozen before it has been quiet for long enough",
      { ...idle, listing: "none", lastActivityAt: now - 179_999 },
      "stay",
      "idle",
    ],
    [
      "a listener is not frozen while there is evidence of a pending job",
      { ...idle, listing: "none", pendingJobEvidence: "bytes wait in a socket of the listener" },
      "stay",
      "idle",
    ],
    ["a frozen listener without a job is ended", frozen, "end-listener", "leaving"],
    [
      "a frozen listener is thawed if there is evidence of a pending job",
      { ...frozen, pendingJobEvidence: "a connection of the listener is new" },
      "thaw",
      "idle",
    ],
    [
      "a frozen listener is thawed if it has received a job",
      { ...frozen, job: true, lastActivityAt: now },
      "thaw",
      "busy",
    ],
    [
      "a frozen listener in service is thawed if GitHub has not yet given up its job",
      { ...frozen, listing: "service", job: true, lastActivityAt: now - stuckAfterMs + 1 },
      "thaw",
      "busy",
    ],
    [
      "a frozen listener in service is ended if GitHub has given up its job",
      { ...frozen, listing: "service", job: true, lastActivityAt: now - stuckAfterMs },
      "end-listener",
      "starting",
    ],
    [
      "a frozen listener with a job that GitHub gave up is thawed if there is evidence of another job",
      {
        ...frozen,
        listing: "service",
        job: true,
        lastActivityAt: now - stuckAfterMs,
        pendingJobEvidence: "bytes wait",
      },
      "thaw",
      "busy",
    ],
    [
      "a frozen listener with a job that GitHub gave up is ended after twice the time, despite evidence of another job",
      {
        ...frozen,
        listing: "service",
        job: true,
        lastActivityAt: now - 2 * stuckAfterMs,
        pendingJobEvidence: "bytes wait",
      },
      "end-listener",
      "starting",
    ],
    ["a frozen listener with a worker is thawed", { ...frozen, worker: true }, "thaw", "busy"],
    ["a frozen listener in service is thawed", { ...frozen, listing: "service" }, "thaw", "idle"],
    [
      "a frozen listener is thawed if a restarted agent has not read its parameters yet",
      { ...frozen, listing: "unknown", power: undefined, bootTimer: "armed" },
      "thaw",
      "idle",
    ],
    [
      "a machine on neither list retires once its listener has ended",
      { ...withoutListener, listing: "none", exit: restartAt(now) },
      "retire",
      "leaving",
    ],
    [
      "a machine starts its listener again if the lists name it again",
      { ...withoutListener, exit: restartAt(now - 5000) },
      "start-listener",
      "starting",
    ],
    [
      "a machine on neither list that was never on one stays",
      { ...idle, listing: "none", mayRetire: false },
      "stay",
      "idle",
    ],
    [
      "a machine that received a job as it left stays for a while",
      { ...idle, listing: "none", missedAt: now - returnMs + 1 },
      "stay",
      "idle",
    ],
    [
      "a machine that received a job as it left leaves after that time",
      { ...idle, listing: "none", missedAt: now - returnMs },
      "freeze",
      "leaving",
    ],
    [
      "a machine that received a job as it left starts its listener again, even if no list names it",
      { ...withoutListener, listing: "none", missedAt: now, power: budgetOff },
      "start-listener",
      "starting",
    ],
    [
      "a machine that received a job as it left starts its listener again, even if the lists cannot be read",
      { ...withoutListener, listing: "unknown", missedAt: now, power: undefined },
      "start-listener",
      "starting",
    ],
    [
      "a machine that is on no list and lost its registration as it left does not ask for a token",
      { ...withoutListener, listing: "none", missedAt: now, registered: false },
      "stay",
      "waiting",
    ],
    [
      "a machine that has received a job does not retire",
      { ...idle, listing: "none", job: true, lastActivityAt: now },
      "stay",
      "busy",
    ],
    [
      "a machine does not retire while a worker runs, even if the log shows no job",
      { ...idle, listing: "none", worker: true },
      "stay",
      "busy",
    ],
    [
      "a worker that has outlived its listener is left alone",
      { ...withoutListener, listing: "none", worker: true },
      "stay",
      "busy",
    ],
    [
      "a machine does not retire during a self-update",
      { ...withoutListener, listing: "none", updating: true, exit: { at: now, after: { then: "update" } } },
      "stay",
      "starting",
    ],
    [
      "a listener is frozen if its job neither began nor ended for eleven minutes",
      { ...idle, job: true, lastActivityAt: now - stuckAfterMs },
      "freeze",
      "starting",
    ],
    [
      "a listener with a stuck job is not frozen while there is evidence of another job",
      { ...idle, job: true, lastActivityAt: now - stuckAfterMs, pendingJobEvidence: "bytes wait" },
      "stay",
      "busy",
    ],
    [
      "a job with a running worker is never stuck",
      { ...idle, job: true, worker: true, lastActivityAt: now - stuckAfterMs },
      "stay",
      "busy",
    ],
    ["an overdue job runs on if its limit is not enforced", overdue, "stay", "busy"],
    ["an overdue job is ended if its limit is enforced", enforced, "end-job", "busy"],
    ["a job is not ended before its limit", { ...enforced, workerAt: now - hourMs + 1 }, "stay", "busy"],
    ["a job is ended exactly at its limit", { ...enforced, workerAt: now - hourMs }, "end-job", "busy"],
    [
      "a worker that is ending its job gets no second signal within a minute",
      { ...enforced, toldToEndAt: now - endLimitMs + 1 },
      "stay",
      "busy",
    ],
    [
      "a worker that has not ended its job within a minute is killed",
      { ...enforced, toldToEndAt: now - endLimitMs },
      "kill-job",
      "busy",
    ],
    ["no job is ended by a limit that was never read", { ...enforced, jobLimit: undefined }, "stay", "busy"],
    [
      "a job without a worker is not overdue",
      { ...enforced, worker: false, workerAt: undefined, lastActivityAt: now },
      "stay",
      "busy",
    ],
    [
      "a worker with an unknown start time is left alone",
      { ...enforced, workerAt: undefined },
      "stay",
      "busy",
    ],
    [
      "an overdue job is ended even if its worker has outlived the listener",
      { ...enforced, listener: undefined },
      "end-job",
      "busy",
    ],
    [
      "a frozen listener is thawed before its overdue job is ended",
      { ...enforced, listener: frozen.listener },
      "thaw",
      "busy",
    ],
  ];
  for (const [title, seen, action, state] of rules) {
    it(title, () => {
      expect(decide(seen)).to.include({ action, state });
    });
  }

  const sentences: [string, RunnerObservation, string][] = [
    [
      "how long it has run, which limit it exceeds, and what to do",
      { ...overdue, workerAt: now - 1.56 * hourMs },
      "Its job has run for 1.5 h, longer than maxJobHours allows (1 h), and runs on: cancel it at GitHub if it hangs, or raise the limit.",
    ],
    [
      "that it is being ended",
      { ...enforced, workerAt: now - 2 * hourMs },
      "Its job has run for 2 h, longer than maxJobHours allows (1 h), and is being ended, because the limit is enforced.",
    ],
    [
      "that the machine will leave, too",
      { ...enforced, workerAt: now - 2 * hourMs, listing: "none" },
      "Its job has run for 2 h, longer than maxJobHours allows (1 h), and is being ended, because the limit is enforced. Leaves when its job has ended. On neither list of its fleet any more.",
    ],
    ["nothing while there is time", { ...overdue, workerAt: now - hourMs + 1 }, ""],
  ];
  for (const [what, seen, detail] of sentences) {
    it(`reports for an overdue job: ${what}`, () => {
      expect(decide(seen).detail).to.equal(detail);
    });
  }

  it("throws on NaN, because each comparison with it is false", () => {
    for (const name of ["now", "lastActivityAt", "sleepAt", "quietMs", "workerAt"] as const)
      expect(() => decide({ ...idle, [name]: Number.NaN })).to.throw(name);
  });

  it("says what to do about a refused version, and when it is retried", () => {
    expect(decide({ ...withoutListener, refusals: 1, exit: refusedAt(now) }).detail).to.equal(
      "GitHub refuses this version of the runner: raise runner.version, run pulumi up. The listener is tried again at 2026-05-01 10:10 UTC.",
    );
  });

  it("gives a reason when it waits, leaves, stays although it should leave, or fails", () => {
    expect(decide({ ...idle, listing: "none", pendingJobEvidence: "bytes wait" }).detail).to.match(
      /neither list.*bytes wait/,
    );
    expect(decide({ ...idle, listing: "none", job: true, lastActivityAt: now }).detail).to.include(
      "neither list",
    );
    expect(decide({ ...withoutListener, power: budgetOff }).detail).to.include(budgetOff.reason);
    fc.assert(
      fc.property(observation, (seen) => {
        const { state, detail } = decide(seen);
        if (["waiting", "failed", "needs-token", "leaving"].includes(state)) expect(detail).to.not.equal("");
        expect(detail.length).to.be.at.most(256);
      }),
    );
  });
});

describe("the last report of a machine that goes to sleep", () => {
  const lastWords = (changes: Partial<RunnerObservation>) => decide({ ...withoutListener, ...changes });
  it("name what put it to sleep, and nothing that may change while it is off", () => {
    expect(lastWords({ power: budgetOff, sleepAt: now })).to.include({
      action: "sleep",
      detail: "Put to sleep by budget: 400 of 400 USD are spent.",
    });
    expect(lastWords({ sleepAt: now })).to.include({
      action: "sleep",
      detail: "Put to sleep by its idle timeout.",
    });
  });

  it("let the controller distinguish power off from the idle timeout", () => {
    expect(tellOfPowerOff(lastWords({ power: hoursOff, sleepAt: now }).detail)).to.equal(true);
    expect(tellOfPowerOff(lastWords({ sleepAt: now }).detail)).to.equal(false);
  });
});

describe("the invariant of the decisions", () => {
  const holds = (title: string, check: (seen: RunnerObservation, action: Action) => void) => {
    it(title, () => {
      fc.assert(
        fc.property(observation, (seen) => {
          check(seen, decide(seen).action);
        }),
      );
    });
  };

  holds(
    "no machine leaves while it has a job, a worker or a listener",
    ({ job, worker, listener }, action) => {
      if (action !== "sleep" && action !== "retire") return;
      expect({ job, worker, listener }).to.deep.equal({ job: false, worker: false, listener: undefined });
    },
  );

  holds(
    "a listener is ended only while frozen, and only without evidence of a job or long after GitHub has given up its job",
    (seen, action) => {
      if (action !== "end-listener") return;
      expect(seen.worker).to.equal(false);
      expect(seen.listener!.frozen).to.equal(true);
      const silentMs = seen.now - seen.lastActivityAt;
      expect(isHung(seen) && seen.job).to.equal(false);
      if (seen.job) expect(silentMs).to.be.at.least(stuckAfterMs);
      if (seen.pendingJobEvidence !== undefined) expect(silentMs).to.be.at.least(2 * stuckAfterMs);
    },
  );

  holds("a job is ended only if its limit is enforced and it has reached that limit", (seen, action) => {
    if (action !== "end-job" && action !== "kill-job") return;
    expect(seen.jobLimit?.enforce).to.equal(true);
    expect(seen.worker).to.equal(true);
    expect(seen.now - seen.workerAt!).to.be.at.least(seen.jobLimit!.hours * hourMs);
    if (action === "kill-job") expect(seen.now - seen.toldToEndAt!).to.be.at.least(endLimitMs);
  });

  it("a limit that is not enforced changes only the detail", () => {
    let late = 0;
    fc.assert(
      fc.property(observation, fc.constantFrom(0.5, 2, 24), (seen, hours) => {
        const limited = { ...seen, jobLimit: { hours, enforce: false } };
        if (seen.worker && isOverdue(limited)) late++;
        const { action, state } = decide({ ...seen, jobLimit: undefined });
        expect(decide(limited)).to.include({ action, state });
      }),
      // One in twelve is overdue. With a hundred runs, there once was no overdue job.
      { numRuns: 2000 },
    );
    expect(late, "number of overdue jobs").to.be.above(0);
  });

  holds("a frozen listener is ended or thawed at once", ({ listener }, action) => {
    if (listener?.frozen) expect(action).to.be.oneOf(["end-listener", "thaw"]);
    else expect(action).to.not.equal("thaw");
  });

  holds(
    "a listener is frozen only because it hangs, because its job was given up, or to leave after the quiet time",
    (seen, action) => {
      if (action !== "freeze") return;
      expect(seen.worker).to.equal(false);
      const silentMs = seen.now - seen.lastActivityAt;
      if (seen.job) return expect(silentMs).to.be.at.least(stuckAfterMs);
      if (isHung(seen)) return;
      expect(wantsToLeave(seen)).to.not.equal(undefined);
      expect(silentMs).to.be.at.least(seen.quietMs);
    },
  );

  holds(
    "no listener starts unless the lists name the machine, power was read and the boot timer is off",
    (seen, action) => {
      if (action !== "start-listener") return;
      expect(seen.listener).to.equal(undefined);
      expect(seen.worker || seen.job).to.equal(false);
      if (seen.missedAt !== undefined && seen.now - seen.missedAt < returnMs) return; // GitHub may offer it the job again.
      expect(seen.listing).to.be.oneOf(["service", "candidate"]);
      expect(seen.bootTimer).to.equal("cancelled");
      expect(seen.power).to.not.equal(undefined);
      expect(seen.power?.power === "off" && seen.power.by === "budget").to.equal(false);
    },
  );
});
