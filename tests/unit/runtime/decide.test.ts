import { expect } from "chai";
import fc from "fast-check";
import type { Action, Observation } from "../../../runtime/agent/decide.ts";
import { decide, stuckAfterMs, updateLimitMs } from "../../../runtime/agent/decide.ts";
import { idle, observation, withoutListener } from "./observation.ts";

const { now } = idle;
const budgetOff = { power: "off", by: "budget", reason: "400 of 400 USD are spent" } as const;
const hoursOff = { power: "off", by: "hours", reason: "it is night" } as const;
const restartAt = (at: number) => ({ at, after: { then: "restart", afterMs: 5000, reason: "r" } }) as const;

describe("what the agent decides", () => {
  const rules: [string, Observation, Action, string][] = [
    ["an idle machine in service stays", idle, "stay", "idle"],
    [
      "a listener without a session is starting",
      { ...idle, listener: { listening: false } },
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
    ["the budget keeps the listener off", { ...withoutListener, power: budgetOff }, "stay", "waiting"],
    [
      "working hours do not keep the listener off: the machine was started for something",
      { ...withoutListener, power: hoursOff },
      "start-listener",
      "starting",
    ],
    [
      "without a registration it asks for a token",
      { ...withoutListener, registered: false },
      "register",
      "needs-token",
    ],
    [
      "a registration that GitHub dropped is made anew",
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
      "a version that GitHub refuses is not started again",
      { ...withoutListener, exit: { at: 0, after: { then: "version-refused" } } },
      "stay",
      "failed",
    ],
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
    ["a machine on neither list retires", { ...idle, listing: "none" }, "retire", "leaving"],
    [
      "a machine on neither list that was never on one stays",
      { ...idle, listing: "none", mayRetire: false },
      "stay",
      "idle",
    ],
    [
      "a machine to which a job came as it left stays for a while",
      { ...idle, listing: "none", mayLeaveAt: now + 1 },
      "stay",
      "idle",
    ],
    [
      "a machine to which a job came as it left starts its listener again, though no list names it",
      { ...withoutListener, listing: "none", mayLeaveAt: now + 1, power: budgetOff },
      "start-listener",
      "starting",
    ],
    [
      "nor need the lists be readable for that",
      { ...withoutListener, listing: "unknown", mayLeaveAt: now + 1, power: undefined },
      "start-listener",
      "starting",
    ],
    [
      "a machine that is on no list and was unregistered as it left asks for no token",
      { ...withoutListener, listing: "none", mayLeaveAt: now + 1, registered: false },
      "stay",
      "waiting",
    ],
    [
      "a machine that has received a job does not retire",
      { ...idle, listing: "none", job: true, jobSignAt: now },
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
      "a job that neither began nor ended for eleven minutes frees its listener",
      { ...idle, job: true, jobSignAt: now - stuckAfterMs },
      "restart-listener",
      "starting",
    ],
    [
      "a job whose worker runs is never stuck",
      { ...idle, job: true, worker: true, jobSignAt: now - stuckAfterMs },
      "stay",
      "busy",
    ],
  ];
  for (const [title, seen, action, state] of rules) {
    it(title, () => {
      expect(decide(seen)).to.include({ action, state });
    });
  }

  it("says why when it waits or fails", () => {
    expect(decide({ ...withoutListener, power: budgetOff }).detail).to.include(budgetOff.reason);
    fc.assert(
      fc.property(observation, (seen) => {
        const { state, detail } = decide(seen);
        if (state === "waiting" || state === "failed" || state === "needs-token")
          expect(detail).to.not.equal("");
        expect(detail.length).to.be.at.most(256);
      }),
    );
  });
});

describe("the invariant of the decisions", () => {
  it("no machine retires while a job has been received and has not ended, or a worker runs", () => {
    fc.assert(
      fc.property(observation, (seen) => {
        if (seen.job || seen.worker) expect(decide(seen).action).to.not.equal("retire");
      }),
    );
  });

  it("a listener that holds a job is ended only when GitHub has given the job up", () => {
    fc.assert(
      fc.property(observation, (seen) => {
        if (decide(seen).action !== "restart-listener") return;
        expect(seen.worker).to.equal(false);
        expect(seen.now - seen.jobSignAt).to.be.at.least(stuckAfterMs);
      }),
    );
  });

  it("no listener starts unless the lists name the machine, power was read and the boot timer is off", () => {
    fc.assert(
      fc.property(observation, (seen) => {
        if (decide(seen).action !== "start-listener") return;
        expect(seen.listener).to.equal(undefined);
        expect(seen.worker || seen.job).to.equal(false);
        if (seen.now < seen.mayLeaveAt) return; // It ran a moment ago, and a job had arrived.
        expect(seen.listing).to.be.oneOf(["service", "candidate"]);
        expect(seen.bootTimer).to.equal("cancelled");
        expect(seen.power).to.not.equal(undefined);
        expect(seen.power?.power === "off" && seen.power.by === "budget").to.equal(false);
      }),
    );
  });
});
