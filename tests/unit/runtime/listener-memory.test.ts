import { expect } from "chai";
import type { ListenerState, OpenJob } from "../../../runtime/agent/jobs.ts";
import { freshListener } from "../../../runtime/agent/jobs.ts";
import type { ListenerMemory } from "../../../runtime/agent/listener-memory.ts";
import {
  afterReading,
  afterRegistration,
  afterSighting,
  afterStart,
  newMemory,
} from "../../../runtime/agent/listener-memory.ts";

const before = newMemory(0);
const now = 1000;
const silent = freshListener;
const session: ListenerState = { ...freshListener, listening: true };
const received: OpenJob = { receivedAt: "", id: null, startedAt: null, worker: null };
const message: ListenerState = { ...session, open: [received] };
const begun: ListenerState = { ...session, open: [{ ...received, id: "7", startedAt: "" }] };

function readingOf(
  after: ListenerState,
  { from = silent, code }: { from?: ListenerState; code?: number } = {},
) {
  const ended = code === undefined ? undefined : { code, registered: true, clockAt: 0 };
  return { now, before: from, after, ended };
}

/** The memory of a listener with three failures, two refusals and an exit that needs a token. */
const troubled: ListenerMemory = {
  ...before,
  failures: 3,
  refusals: 2,
  startedAt: 0,
  exit: { at: 5, after: { then: "needs-token" } },
};

describe("the agent's memory of its listener", () => {
  const steps: [what: string, memory: ListenerMemory, changed: Partial<ListenerMemory>][] = [
    ["nothing changes without new lines", afterReading(before, readingOf(silent)), {}],
    [
      "a session counts as activity, but not as use",
      afterReading(before, readingOf(session)),
      { lastActivityAt: now },
    ],
    [
      "a message counts as activity and use",
      afterReading(before, readingOf(message, { from: session })),
      { lastActivityAt: now, lastUsedAt: now },
    ],
    [
      "a job's end counts as activity and use",
      afterReading(before, readingOf(session, { from: begun })),
      { lastActivityAt: now, lastUsedAt: now },
    ],
    [
      "a worker counts as activity and use",
      afterSighting(before, { now, runs: true, worker: true }),
      { lastActivityAt: now, lastUsedAt: now },
    ],
    ["a running listener counts as neither", afterSighting(before, { now, runs: true, worker: false }), {}],
    [
      "the first start counts as activity and use",
      afterStart(before, now),
      { lastActivityAt: now, lastUsedAt: now, startedAt: now },
    ],
  ];
  for (const [what, memory, changed] of steps) {
    it(what, () => {
      expect(memory).to.deep.equal({ ...before, ...changed });
    });
  }

  it("a start after an exit counts as activity but not as use, and clears the exit", () => {
    expect(afterStart(troubled, now)).to.deep.equal({
      ...troubled,
      lastActivityAt: now,
      startedAt: now,
      exit: undefined,
    });
  });

  it("a new registration clears the exit and the failures before it", () => {
    expect(afterRegistration(troubled)).to.deep.equal({ ...troubled, exit: undefined, failures: 0 });
  });

  it("an end is kept with its code, and counts consecutive failures without a session and refusals of the version", () => {
    const plain = { then: "restart", afterMs: 40_000, reason: "it ended with code 2" };
    expect(afterReading(troubled, readingOf(silent, { code: 2 }))).to.deep.equal({
      ...troubled,
      failures: 4,
      refusals: 0,
      exit: { at: now, after: plain },
    });
    const refused = afterReading(troubled, readingOf(session, { from: session, code: 7 }));
    expect([refused.failures, refused.refusals]).to.deep.equal([0, 3]);
    expect(refused.exit?.after.then).to.equal("version-refused");
  });

  it("a message without a job is kept as missed when the listener ends", () => {
    const missed = (state: ListenerState) => afterReading(before, readingOf(state, { code: 2 })).missedAt;
    expect([missed(message), missed(begun), missed(session)]).to.deep.equal([now, undefined, undefined]);
  });

  it("refusals of the version are kept until a listener has run for two minutes", () => {
    const refusals = (at: number, runs: boolean) =>
      afterSighting(troubled, { now: at, runs, worker: false }).refusals;
    expect([refusals(119_999, true), refusals(120_000, true), refusals(120_000, false)]).to.deep.equal([
      2, 0, 2,
    ]);
  });
});
