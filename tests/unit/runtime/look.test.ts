import { expect } from "chai";
import type { Action } from "../../../runtime/agent/decide.ts";
import type { AgentMemory } from "../../../runtime/agent/look.ts";
import {
  afterAskingForToken,
  afterBootTimer,
  afterListenerStart,
  afterRefusal,
  lookOver,
  newAgentMemory,
} from "../../../runtime/agent/look.ts";
import type { SleepRequest } from "../../../runtime/agent/sleep-time.ts";
import { idle } from "./observation.ts";

const { idleMinutes, ...fleet } = {
  listing: "service",
  mayRetire: true,
  power: { power: "on", by: "stack", reason: "" },
  jobLimit: undefined,
  idleMinutes: 30,
} as const;

/** One look with a given decision. */
function lookAt({
  action = "stay",
  memory = newAgentMemory(0),
}: { action?: Action; memory?: AgentMemory } = {}) {
  const now = 1000;
  const requests: SleepRequest[] = [];
  const look = lookOver(
    memory,
    now,
    { ...idle, lastActivityAt: 400, lastUsedAt: 300 },
    { ...fleet, idleMinutes },
    {
      sleepTime: (request) => {
        requests.push(request);
        return 777;
      },
      quietMs: 60_000,
      decide: () => ({ action, state: "idle", detail: "" }),
    },
  );
  return { ...look, requests };
}

describe("a look of the agent", () => {
  it("decides by the observation, the fleet's settings and the time of last use", () => {
    const { seen, requests, memory } = lookAt();
    expect(seen).to.deep.equal({
      ...idle,
      lastActivityAt: 400,
      ...fleet,
      now: 1000,
      sleepAt: 777,
      quietMs: 60_000,
      bootTimer: "armed",
    });
    expect(requests).to.deep.equal([{ power: "on", idleMinutes: 30, lastUsedAt: 300 }]);
    expect(memory.lastUsedAt).to.equal(300);
  });

  const waiting: AgentMemory = { ...newAgentMemory(0), tokenDueAt: 5000, leavingDueAt: 9000 };
  const next: [action: Action, dueAt: number, nextMs: number][] = [
    ["stay", -Infinity, 1000],
    ["start-listener", -Infinity, 1000],
    ["thaw", -Infinity, 1000],
    ["register", 5000, 1000],
    ["sleep", 9000, 1000],
    ["retire", 9000, 1000],
    ["freeze", -Infinity, 20],
    ["end-listener", -Infinity, 20],
  ];
  for (const [action, dueAt, nextMs] of next) {
    it(`knows when to ${action}, and when to look again`, () => {
      expect(lookAt({ action, memory: waiting })).to.include({ dueAt, nextMs });
    });
  }

  it("requests a token once in each interval", () => {
    expect(afterAskingForToken(waiting, 6000, 30_000)).to.deep.equal({ ...waiting, tokenDueAt: 36_000 });
  });

  it("asks EC2 at growing intervals up to five minutes, and at once after a listener was started", () => {
    let memory = waiting;
    const waits = Array.from({ length: 9 }, () => {
      memory = afterRefusal(memory, 0);
      return memory.leavingDueAt / 1000;
    });
    expect(waits).to.deep.equal([5, 10, 20, 40, 80, 160, 300, 300, 300]);
    expect(memory.refusals).to.equal(9);
    expect(afterListenerStart(memory)).to.deep.equal({ ...waiting, leavingDueAt: -Infinity, refusals: 0 });
  });

  it("remembers that the boot timer is cancelled", () => {
    const { seen } = lookAt({ memory: afterBootTimer(waiting) });
    expect(seen.bootTimer).to.equal("cancelled");
  });
});
