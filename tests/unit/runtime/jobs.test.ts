import { expect } from "chai";
import fc from "fast-check";
import type { JobEvent } from "../../../runtime/agent/job-events.ts";
import { parseListenerLine, parsePerfLine } from "../../../runtime/agent/job-events.ts";
import type { EndedJob } from "../../../runtime/agent/jobs.ts";
import { advance, freshListener, lose } from "../../../runtime/agent/jobs.ts";

const received = { kind: "received", at: "2026-05-01T10:00:00.000Z" } as const;
const running = { kind: "running", at: "2026-05-01T10:00:02Z" } as const;
const ended = { kind: "ended", result: "Succeeded", at: "2026-05-01T10:05:00Z" } as const;
const free = { kind: "ended", at: "2026-05-01T10:05:01Z" } as const;

function play(events: readonly JobEvent[]) {
  const jobs: EndedJob[] = [];
  let state = freshListener;
  for (const event of events) {
    const next = advance(state, event);
    state = next.state;
    if (next.ended) jobs.push(next.ended);
  }
  return { state, jobs };
}

describe("what the listener's lines mean", () => {
  const lines: [string, JobEvent | undefined][] = [
    ["2026-05-01 10:00:02Z: Running job: build", running],
    ["2026-05-01 10:05:00Z: Job build completed with result: Succeeded", ended],
    [
      "2026-05-01 10:05:00Z: Job a: Job b completed with result: Failed completed with result: Canceled",
      { ...ended, result: "Canceled" },
    ],
    ["[RUNNER 2026-05-01 10:05:01Z INFO MessageListener] Received job status event. JobState: Online", free],
    [
      "[RUNNER 2026-05-01 10:00:01Z INFO MessageListener] Received job status event. JobState: Busy",
      undefined,
    ],
    ["[RUNNER 2026-05-01 10:00:01Z INFO Runner] Skipping message Job. Not found.", { kind: "not-acquired" }],
    [
      "[RUNNER 2026-05-01 10:00:01Z ERR  Runner] Caught exception from acquiring job message: System.X",
      { kind: "not-acquired" },
    ],
    [
      "[RUNNER 2026-05-01 10:00:01Z INFO Runner] Skip message deletion for job request message '7'.",
      { kind: "not-acquired" },
    ],
    // The mirror of a console line in the trace must not count twice.
    [
      "[RUNNER 2026-05-01 10:00:02Z INFO Terminal] WRITE LINE: 2026-05-01 10:00:02Z: Running job: build",
      undefined,
    ],
    // What a worker traces is for the job to choose.
    ["[WORKER 2026-05-01 10:00:02Z INFO Worker] Skipping message Job.", undefined],
    ["[WORKER 2026-05-01 10:00:02Z INFO X] The runner no longer exists on the server", undefined],
    ["echo 2026-05-01 10:05:00Z: Job build completed with result: Succeeded", undefined],
    [
      "Failed to create a session. The runner registration has been deleted from the server, please re-configure.",
      { kind: "registration-gone" },
    ],
    [
      "An error occurred: The runner no longer exists on the server. Please reconfigure.",
      { kind: "registration-gone" },
    ],
    ["2026-05-01 10:00:00Z: Listening for Jobs", undefined],
    ["", undefined],
  ];
  for (const [line, event] of lines) {
    it(line === "" ? "(an empty line)" : line, () => {
      expect(parseListenerLine(line)).to.deep.equal(event);
    });
  }

  it("the performance log tells of a message the moment it arrives", () => {
    const at = "2026-05-01T10:00:00.1234567Z";
    expect(parsePerfLine(`MessageReceived_RunnerJobRequest:${at}`)).to.deep.equal({
      kind: "received",
      at: "2026-05-01T10:00:00.123Z",
    });
    expect(parsePerfLine(`MessageReceived_PipelineAgentJobRequest:${at}`)).to.include({ kind: "received" });
    expect(parsePerfLine(`MessageReceived_JobCancellation:${at}`)).to.equal(undefined);
    expect(parsePerfLine(`SessionCreated:${at}`)).to.deep.equal({ kind: "session-created" });
    expect(parsePerfLine("MessageReceived_RunnerJobRequest:garbled")).to.include({ kind: "received" });
  });
});

describe("what is known of the listener's jobs", () => {
  it("a job is open from its message to its end", () => {
    expect(play([received]).state.open).to.have.length(1);
    expect(play([received, running]).state.open).to.have.length(1);
    const { state, jobs } = play([received, running, ended]);
    expect(state.open).to.have.length(0);
    expect(jobs).to.deep.equal([
      { receivedAt: received.at, startedAt: running.at, endedAt: ended.at, result: "Succeeded" },
    ]);
  });

  it("a job that was not acquired is no job, and no record", () => {
    const { state, jobs } = play([received, { kind: "not-acquired" }]);
    expect(state.open).to.have.length(0);
    expect(jobs).to.have.length(0);
  });

  it("being free again after the end that was told ends nothing else", () => {
    const { state, jobs } = play([received, running, ended, received, free]);
    expect(state.open).to.have.length(1);
    expect(jobs).to.have.length(1);
  });

  it("a job that ends without a word ends when the listener is free again", () => {
    expect(play([received, running, free]).jobs[0]?.result).to.equal("Abandoned");
  });

  it("a message in another job's last moments opens its own job", () => {
    const { state, jobs } = play([received, running, received, ended]);
    expect(state.open).to.deep.equal([{ receivedAt: received.at, startedAt: null }]);
    expect(jobs).to.have.length(1);
  });

  it("a job that began is lost with its listener; one that had not goes to another runner", () => {
    expect(lose(play([received, running]).state, "2026-05-01T11:00:00Z")).to.deep.include({
      receivedAt: received.at,
      startedAt: running.at,
      endedAt: "2026-05-01T11:00:00Z",
      result: "Lost",
    });
    expect(lose(play([received]).state, "2026-05-01T11:00:00Z")).to.deep.equal([]);
  });

  it("whatever order the lines come in, every message is open, acquired by nobody, or ended once", () => {
    const event = fc.constantFrom<JobEvent>(received, running, ended, free, { kind: "not-acquired" });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const count = (kind: string) => events.filter((one) => one.kind === kind).length;
        const { state, jobs } = play(events);
        expect(state.open.length + jobs.length).to.be.at.most(count("received") + count("running"));
        expect(state.open.length + jobs.length + count("not-acquired")).to.be.at.least(count("received"));
      }),
    );
  });
});
