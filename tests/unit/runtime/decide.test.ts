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
      "an agent that finds a listener at work cancels the boot timer, listed or not",
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
      "a candidate starts its listener: it has to prove itself",
      { ...withoutListener, listing: "candidate" },
      "start-listener",
      "starting",
    ],
    [
      "unreadable lists mean wait",
      { ...withoutListener, listing: "unknown", mayRetire: false },
      "stay",
      "waiting",
    ],
    ["unreadable lists end nothing that runs", { ...idle, listing: "unknown" }, "stay", "idle"],
    [
      "a power setting that was never read means wait",
      { ...withoutListener, power: undefined },
      "stay",
      "waiting",
    ],
    [
      "the budget keeps the listener off, however new the machine",
      { ...withoutListener, power: budgetOff, sleepAt: now + 1 },
      "sleep",
      "leaving",
    ],
    [
      "working hours keep no listener off at once: the machine was started for something",
      { ...withoutListener, power: hoursOff, sleepAt: now + 1 },
      "start-listener",
      "starting",
    ],
    [
      "a machine whose time has come sleeps without a listener to end",
      { ...withoutListener, power: hoursOff, sleepAt: now },
      "sleep",
      "leaving",
    ],
    [
      "power off means first: freeze the listener",
      { ...idle, power: hoursOff, sleepAt: now },
      "freeze",
      "leaving",
    ],
    ["idle for as long as its fleet allows", { ...idle, sleepAt: now }, "freeze", "leaving"],
    ["idle, but not for that long", { ...idle, sleepAt: now + 1 }, "stay", "idle"],
    [
      "idle for that long, and its listener has been ended for it",
      { ...withoutListener, sleepAt: now },
      "sleep",
      "leaving",
    ],
    [
      "idle for that long when a job arrived",
      { ...idle, job: true, lastActivityAt: now, sleepAt: now },
      "stay",
      "busy",
    ],
    [
      "idle for that long, but in no fleet's power that it could read",
      { ...idle, power: undefined, sleepAt: 0 },
      "stay",
      "idle",
    ],
    [
      "not before its turn among the machines that share the power setting",
      { ...idle, power: hoursOff, sleepAt: now + 1 },
      "stay",
      "idle",
    ],
    [
      "power off by the budget waits for no turn",
      { ...idle, power: budgetOff, sleepAt: now + 1 },
      "freeze",
      "leaving",
    ],
    [
      "lists that cannot be read keep no machine awake that is to sleep",
      { ...idle, listing: "unknown", power: budgetOff },
      "freeze",
      "leaving",
    ],
    [
      "without a registration it asks for a token",
      { ...withoutListener, registered: false },
      "register",
      "needs-token",
    ],
    [
      "a registration that GitHub dropped is made again",
      { ...withoutListener, exit: { at: now, after: { then: "needs-token" } } },
      "register",
      "needs-token",
    ],
    [
      "a listener that ended is started again after its delay",
      { ...withoutListener, exit: restartAt(now - 5000) },
      "start-listener",
      "starting",
    ],
    ["and not before", { ...withoutListener, exit: restartAt(now - 4999) }, "stay", "starting"],
    [
      "a version that GitHub refuses is not tried again before its time",
      { ...withoutListener, refusals: 1, exit: refusedAt(now - 599_999) },
      "stay",
      "failed",
    ],
    [
      "and then it is: GitHub has refused versions by mistake",
      { ...withoutListener, refusals: 1, exit: refusedAt(now - 600_000) },
      "start-listener",
      "starting",
    ],
    [
      "until that listener has run for a while, the machine stays failed",
      { ...idle, refusals: 1 },
      "stay",
      "failed",
    ],
    ["but not with a job", { ...idle, refusals: 1, job: true, lastActivityAt: now }, "stay", "busy"],
    [
      "a machine with a refused version sleeps as well",
      { ...withoutListener, refusals: 1, exit: refusedAt(now), sleepAt: now },
      "sleep",
      "leaving",
    ],
    ["a listener that no longer polls is frozen, to be started again", hung, "freeze", "starting"],
    ["frozen, it is ended", { ...hung, listener: frozen.listener }, "end-listener", "starting"],
    [
      "unless a job has reached it in that moment",
      { ...hung, listener: frozen.listener, pendingJobEvidence: "bytes wait" },
      "thaw",
      "idle",
    ],
    [
      "or it has been connected again",
      { ...hung, listener: frozen.listener, disconnectedAt: undefined },
      "thaw",
      "idle",
    ],
    [
      "it is not frozen while a job may be on its way to it",
      { ...hung, pendingJobEvidence: "bytes wait" },
      "stay",
      "idle",
    ],
    [
      "nor before it has been silent for three minutes",
      { ...hung, disconnectedAt: now - 179_999 },
      "stay",
      "idle",
    ],
    ["nor if GitHub cannot be reached", { ...hung, reachableAt: undefined }, "stay", "idle"],
    [
      "nor right after it could not be: the listener waits for a minute between two tries",
      { ...hung, reachableAt: now - 74_999 },
      "stay",
      "idle",
    ],
    [
      "one that hangs before it has a session is started again as well",
      { ...hung, listener: { listening: false, frozen: false } },
      "freeze",
      "starting",
    ],
    ["but not one with a job", { ...hung, job: true, lastActivityAt: now }, "stay", "busy"],
    ["nor with a worker", { ...hung, worker: true }, "stay", "busy"],
    [
      "a self-update is waited for",
      { ...withoutListener, updating: true, exit: { at: now - 1000, after: { then: "update" } } },
      "stay",
      "starting",
    ],
    [
      "an update script that hangs is not waited for for ever",
      { ...withoutListener, updating: true, exit: { at: now - updateLimitMs, after: { then: "update" } } },
      "start-listener",
      "starting",
    ],
    [
      "after a self-update the listener is started again",
      { ...withoutListener, exit: { at: now, after: { then: "update" } } },
      "start-listener",
      "starting",
    ],
    ["a machine on neither list freezes its listener", { ...idle, listing: "none" }, "freeze", "leaving"],
    [
      "a listener that has not been quiet for long enough is not even frozen",
      { ...idle, listing: "none", lastActivityAt: now - 179_999 },
      "stay",
      "idle",
    ],
    [
      "nor one that shows a trace of a job on its way",
      { ...idle, listing: "none", pendingJobEvidence: "bytes wait in a socket of the listener" },
      "stay",
      "idle",
    ],
    ["a frozen listener that holds nothing is ended", frozen, "end-listener", "leaving"],
    [
      "a frozen listener with a trace of a job is thawed",
      { ...frozen, pendingJobEvidence: "a connection of the listener is new" },
      "thaw",
      "idle",
    ],
    [
      "a frozen listener that has received a job is thawed",
      { ...frozen, job: true, lastActivityAt: now },
      "thaw",
      "busy",
    ],
    [
      "also on a machine that is not to leave, until GitHub has given the job up",
      { ...frozen, listing: "service", job: true, lastActivityAt: now - stuckAfterMs + 1 },
      "thaw",
      "busy",
    ],
    [
      "one that was frozen because of a job that GitHub has given up is ended",
      { ...frozen, listing: "service", job: true, lastActivityAt: now - stuckAfterMs },
      "end-listener",
      "starting",
    ],
    [
      "unless another job may be on its way to it",
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
      "which is believed for as long again",
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
    [
      "a listener that an agent left frozen is thawed when its machine is not to leave",
      { ...frozen, listing: "service" },
      "thaw",
      "idle",
    ],
    [
      "and when an agent that starts again has read nothing yet",
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
      "a machine that was listed again in that moment continues",
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
      "a machine to which a job came as it left stays for a while",
      { ...idle, listing: "none", missedAt: now - returnMs + 1 },
      "stay",
      "idle",
    ],
    ["and no longer", { ...idle, listing: "none", missedAt: now - returnMs }, "freeze", "leaving"],
    [
      "a machine to which a job came as it left starts its listener again, though no list names it",
      { ...withoutListener, listing: "none", missedAt: now, power: budgetOff },
      "start-listener",
      "starting",
    ],
    [
      "nor need the lists be readable for that",
      { ...withoutListener, listing: "unknown", missedAt: now, power: undefined },
      "start-listener",
      "starting",
    ],
    [
      "a machine that is on no list and was unregistered as it left asks for no token",
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
      "a machine whose worker runs does not retire, whatever the log says",
      { ...idle, listing: "none", worker: true },
      "stay",
      "busy",
    ],
    [
      "a worker that has lost its listener is left alone",
      { ...withoutListener, listing: "none", worker: true },
      "stay",
      "busy",
    ],
    [
      "a machine does not retire in the middle of a self-update",
      { ...withoutListener, listing: "none", updating: true, exit: { at: now, after: { then: "update" } } },
      "stay",
      "starting",
    ],
    [
      "a job that neither began nor ended for eleven minutes frees its listener, which is frozen first",
      { ...idle, job: true, lastActivityAt: now - stuckAfterMs },
      "freeze",
      "starting",
    ],
    [
      "not while another job may be on its way to it",
      { ...idle, job: true, lastActivityAt: now - stuckAfterMs, pendingJobEvidence: "bytes wait" },
      "stay",
      "busy",
    ],
    [
      "a job whose worker runs is never stuck",
      { ...idle, job: true, worker: true, lastActivityAt: now - stuckAfterMs },
      "stay",
      "busy",
    ],
    ["a job that runs for too long continues if that is only a warning", overdue, "stay", "busy"],
    ["if the limit is enforced, its worker is asked to end it", enforced, "end-job", "busy"],
    ["not in the last moment of its time", { ...enforced, workerAt: now - hourMs + 1 }, "stay", "busy"],
    ["but in the next one", { ...enforced, workerAt: now - hourMs }, "end-job", "busy"],
    [
      "a worker that is ending its job is not told again",
      { ...enforced, toldToEndAt: now - endLimitMs + 1 },
      "stay",
      "busy",
    ],
    [
      "one that has not done so within a minute is killed",
      { ...enforced, toldToEndAt: now - endLimitMs },
      "kill-job",
      "busy",
    ],
    ["a limit that was never read ends nothing", { ...enforced, jobLimit: undefined }, "stay", "busy"],
    [
      "a job that has no worker yet, or none any more, is not overdue",
      { ...enforced, worker: false, workerAt: undefined, lastActivityAt: now },
      "stay",
      "busy",
    ],
    [
      "a worker of which it is not known when it began is left alone",
      { ...enforced, workerAt: undefined },
      "stay",
      "busy",
    ],
    [
      "a worker that has lost its listener is no exception",
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
      "how long, which limit, and what to do",
      { ...overdue, workerAt: now - 1.56 * hourMs },
      "Its job has run for 1.5 h, longer than maxJobHours allows (1 h), and runs on: cancel it at GitHub if it hangs, or raise the limit.",
    ],
    [
      "that it is being ended",
      { ...enforced, workerAt: now - 2 * hourMs },
      "Its job has run for 2 h, longer than maxJobHours allows (1 h), and is being ended, because the limit is enforced.",
    ],
    [
      "that the machine is to leave, too",
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

  it("decides nothing if a number is NaN, because each comparison with it would be false", () => {
    for (const name of ["now", "lastActivityAt", "sleepAt", "quietMs", "workerAt"] as const)
      expect(() => decide({ ...idle, [name]: Number.NaN })).to.throw(name);
  });

  it("reports what to do about a refused version, and when it is tried again", () => {
    expect(decide({ ...withoutListener, refusals: 1, exit: refusedAt(now) }).detail).to.equal(
      "GitHub refuses this version of the runner: raise runner.version, run pulumi up. The listener is tried again at 2026-05-01 10:10 UTC.",
    );
  });

  it("reports why it waits, leaves, stays although it should leave, or fails", () => {
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
  it("says what put it to sleep, and claims nothing that may change while it is off", () => {
    expect(lastWords({ power: budgetOff, sleepAt: now })).to.include({
      action: "sleep",
      detail: "Put to sleep by budget: 400 of 400 USD are spent.",
    });
    expect(lastWords({ sleepAt: now })).to.include({
      action: "sleep",
      detail: "Put to sleep by its idle timeout.",
    });
  });

  it("is recognised by the controller", () => {
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
    "no machine leaves while a job is on, a worker or a listener runs",
    ({ job, worker, listener }, action) => {
      if (action !== "sleep" && action !== "retire") return;
      expect({ job, worker, listener }).to.deep.equal({ job: false, worker: false, listener: undefined });
    },
  );

  holds(
    "a listener is ended only frozen, and without a trace or long after GitHub has given its job up",
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

  holds("a job is ended only where its limit is enforced and it has run for so long", (seen, action) => {
    if (action !== "end-job" && action !== "kill-job") return;
    expect(seen.jobLimit?.enforce).to.equal(true);
    expect(seen.worker).to.equal(true);
    expect(seen.now - seen.workerAt!).to.be.at.least(seen.jobLimit!.hours * hourMs);
    if (action === "kill-job") expect(seen.now - seen.toldToEndAt!).to.be.at.least(endLimitMs);
  });

  it("without enforce, a limit changes only the report", () => {
    let late = 0;
    fc.assert(
      fc.property(observation, fc.constantFrom(0.5, 2, 24), (seen, hours) => {
        const limited = { ...seen, jobLimit: { hours, enforce: false } };
        if (seen.worker && isOverdue(limited)) late++;
        const { action, state } = decide({ ...seen, jobLimit: undefined });
        expect(decide(limited)).to.include({ action, state });
      }),
      // One in twelve is overdue: of a hundred, all were in time once.
      { numRuns: 2000 },
    );
    expect(late, "overdue jobs among them").to.be.above(0);
  });

  holds("a frozen listener is ended or thawed at once", ({ listener }, action) => {
    if (listener?.frozen) expect(action).to.be.oneOf(["end-listener", "thaw"]);
    else expect(action).to.not.equal("thaw");
  });

  holds(
    "a listener is frozen only to leave, after the time of quiet, for a job given up, or because it hangs",
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
      if (seen.missedAt !== undefined && seen.now - seen.missedAt < returnMs) return; // A job may come back to it.
      expect(seen.listing).to.be.oneOf(["service", "candidate"]);
      expect(seen.bootTimer).to.equal("cancelled");
      expect(seen.power).to.not.equal(undefined);
      expect(seen.power?.power === "off" && seen.power.by === "budget").to.equal(false);
    },
  );
});
