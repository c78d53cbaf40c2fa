import { expect } from "chai";
import fc from "fast-check";
import type { JobEvent } from "../../../runtime/agent/job-events.ts";
import type { EndedJob } from "../../../runtime/agent/jobs.ts";
import {
  advance,
  begunJobs,
  freshListener,
  giveCause,
  isRegistrationGone,
} from "../../../runtime/agent/jobs.ts";

const received = { kind: "received", at: "2026-05-01T10:00:00.000Z" } as const;
const acquired = (id: string) => ({ kind: "acquired", id, at: "2026-05-01T10:00:01Z" }) as const;
const running = (id: string) => ({ kind: "running", id, at: "2026-05-01T10:00:02Z" }) as const;
const ended = (id: string, result = "Succeeded") =>
  ({ kind: "ended", id, result, at: "2026-05-01T10:05:00Z" }) as const;
const ending = (id: string, cause: "cancelled" | "listener-ended" | "second-job") =>
  ({ kind: "ending", id, cause }) as const;
const free = { kind: "free", at: "2026-05-01T10:05:01Z" } as const;
const pollError = { kind: "poll-error" } as const;
const begin = (id: string): JobEvent[] => [received, acquired(id), running(id)];
const times = (count: number, event: JobEvent) => Array<JobEvent>(count).fill(event);

function play(events: readonly JobEvent[], from = freshListener) {
  const jobs: EndedJob[] = [];
  let state = from;
  for (const event of events) {
    const next = advance(state, event);
    state = next.state;
    if (next.ended) jobs.push(next.ended);
  }
  return { state, jobs };
}

describe("what is known of the listener's jobs", () => {
  it("a job is open from its message to its end", () => {
    expect(play([received]).state.open).to.have.length(1);
    expect(play(begin("a")).state.open).to.have.length(1);
    const { state, jobs } = play([...begin("a"), { kind: "worker", id: "a", pid: 7 }, ended("a"), free]);
    expect(state.open).to.have.length(0);
    expect(jobs).to.deep.equal([
      {
        id: "a",
        receivedAt: received.at,
        startedAt: running("a").at,
        endedAt: ended("a").at,
        result: "Succeeded",
        worker: 7,
      },
    ]);
  });

  it("another job's end leaves a job open", () => {
    const { state, jobs } = play([...begin("a"), ended("b")]);
    expect(state.open).to.have.length(1);
    expect(jobs).to.have.length(0);
  });

  it("a job without a logged message is open from its acquisition or its beginning", () => {
    for (const events of [[acquired("a"), running("a")], [running("a")]]) {
      expect(play(events).state.open).to.have.length(1);
      expect(play([...events, ended("a")]).jobs.map(({ id }) => id)).to.deep.equal(["a"]);
    }
  });

  it("a job that was not acquired is not open and gets no record", () => {
    const { state, jobs } = play([received, { kind: "not-acquired" }]);
    expect(state.open).to.have.length(0);
    expect(jobs).to.have.length(0);
    expect(
      play([...begin("a"), received, { kind: "not-acquired" }]).state.open.map(({ id }) => id),
    ).to.deep.equal(["a"]);
  });

  it("a listener that becomes free after a job's logged end ends no other job", () => {
    const { state, jobs } = play([...begin("a"), ended("a"), received, acquired("b"), free]);
    expect(state.open.map(({ id }) => id)).to.deep.equal(["b"]);
    expect(jobs).to.have.length(1);
  });

  it("a job without a logged end ends when the listener is free again", () => {
    expect(play([...begin("a"), free]).jobs[0]).to.include({ result: "Abandoned", cause: "lock-lost" });
    const cancelled = [...begin("a"), ending("a", "cancelled"), free];
    expect(play(cancelled).jobs[0]).to.include({ result: "Canceled", cause: "cancelled" });
  });

  it("a message that arrives before another job's end opens its own job", () => {
    const { state, jobs } = play([...begin("a"), received, ended("a")]);
    expect(state.open).to.deep.equal([{ receivedAt: received.at, id: null, startedAt: null, worker: null }]);
    expect(jobs).to.have.length(1);
  });

  it("only jobs that had begun are lost with their listener", () => {
    expect(begunJobs(play([...begin("a"), received]).state).map(({ id }) => id)).to.deep.equal(["a"]);
    expect(begunJobs(play([received, acquired("a")]).state)).to.deep.equal([]);
  });

  const causes: [string, JobEvent[], string | undefined][] = [
    ["no cause if it ended by itself", [], undefined],
    ["GitHub's cancellation", [ending("a", "cancelled")], "cancelled"],
    [
      "the first cause that was logged",
      [ending("a", "second-job"), ending("a", "listener-ended")],
      "second-job",
    ],
    ["ten poll errors", [...times(10, pollError), ending("a", "listener-ended")], "poll-errors"],
    [
      "nine poll errors do not end it",
      [...times(9, pollError), ending("a", "listener-ended")],
      "listener-ended",
    ],
    [
      "a replaced session does not count as a poll error",
      [...times(10, pollError), { kind: "session-replaced" }, ending("a", "listener-ended")],
      "listener-ended",
    ],
    [
      "errors before a message do not count",
      [
        ...times(5, pollError),
        received,
        { kind: "not-acquired" },
        ...times(5, pollError),
        ending("a", "listener-ended"),
      ],
      "listener-ended",
    ],
    [
      "a registration that is gone",
      [{ kind: "registration-gone" }, ending("a", "listener-ended")],
      "registration-gone",
    ],
    ["a refused version", [{ kind: "poll-refused" }, ending("a", "listener-ended")], "version-refused"],
    [
      "a refused poll that was retried",
      [{ kind: "poll-refused" }, { kind: "poll-retried" }, ending("a", "listener-ended")],
      "listener-ended",
    ],
    [
      "a refused poll that has become a poll error",
      [{ kind: "poll-refused" }, pollError, ending("a", "listener-ended")],
      "listener-ended",
    ],
  ];
  for (const [what, events, cause] of causes) {
    it(`why a job ended: ${what}`, () => {
      expect(play([...begin("a"), ...events, ended("a", "Canceled")]).jobs[0]!.cause).to.equal(cause);
    });
  }

  it("the machine's own cause is kept, and applies only to jobs that have begun", () => {
    const { state } = play([...begin("a"), received]);
    const { jobs } = play(
      [ending("a", "listener-ended"), ended("a"), acquired("b"), running("b"), ended("b")],
      giveCause(state, "overdue"),
    );
    expect(jobs.map(({ cause }) => cause)).to.deep.equal(["overdue", undefined]);
  });

  it("in every order of events, each message is open, not acquired, or ended once", () => {
    const event = fc.constantFrom<JobEvent>(
      ...["a", "b"].flatMap((id) => [acquired(id), running(id), ended(id), ending(id, "cancelled")]),
      ...[received, free, { kind: "not-acquired" } as const],
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const count = (...kinds: string[]) => events.filter(({ kind }) => kinds.includes(kind)).length;
        const { state, jobs } = play(events);
        const known = state.open.length + jobs.length;
        expect(known).to.be.at.most(count("received", "acquired", "running"));
        expect(known + count("not-acquired")).to.be.at.least(count("received"));
        const ids = state.open.flatMap(({ id }) => id ?? []);
        expect(new Set(ids)).to.have.property("size", ids.length);
      }),
    );
  });
});

describe("whether the registration is gone", () => {
  const said = play([{ kind: "registration-gone" }]).state;
  const rules: [string, boolean, typeof said, number | undefined, boolean][] = [
    ["its file is gone from the disk", true, freshListener, 0, false],
    ["nothing indicates it", false, freshListener, 1, true],
    ["the listener logs it and ends with 1 at its start", true, said, 1, true],
    ["the listener logs it and ends with another code", false, said, 0, true],
    ["the listener logs it and its exit code is unknown", false, said, undefined, true],
    [
      "the listener logs it after it had a session, so it may have had a job",
      false,
      { ...said, listening: true },
      1,
      true,
    ],
  ];
  for (const [what, gone, state, code, onDisk] of rules) {
    it(`${gone ? "yes" : "no"}: ${what}`, () => {
      expect(isRegistrationGone(state, code, onDisk)).to.equal(gone);
    });
  }
});
