import { expect } from "chai";
import fc from "fast-check";
import type { JobEvent } from "../../../runtime/agent/job-events.ts";
import { listenerReader, parsePerfLine } from "../../../runtime/agent/job-events.ts";
import { advance, freshListener } from "../../../runtime/agent/jobs.ts";

const id = "5fa50a01-94c3-4f7e-824a-c7779915615a";
const other = "3799756a-db8a-44d3-8c70-240a57ef4e73";
const day = "2026-05-01";
const head = (source: string, level = "INFO", time = "10:00:02") =>
  `[RUNNER ${day} ${time}Z ${level} ${source}] `;
const trace = (source: string, text: string, level?: string) => `${head(source, level)}${text}`;
const dispatcher = (text: string) => trace("JobDispatcher", text);
const at = `${day}T10:00:02Z`;

/** The events that a reader finds in lines. Lines without an event are left out. */
function read(...lines: string[]): JobEvent[] {
  const reader = listenerReader();
  return lines.flatMap((line) => reader(line) ?? []);
}

/** The lines that the runner writes when it prints text: a trace of each line, and the lines themselves. */
function printed(text: string): string[] {
  const traced = `WRITE LINE: ${text}`.split("\n").map((line) => trace("Terminal", line));
  return [...traced, ...text.split("\n")];
}

/** The lines of one job from its acquisition to its end. */
function lifeOf(name: string): string[] {
  return [
    dispatcher(`Job request 4 for plan cca8d29e-5897-4fed-8d77-010e3066d1a4 job ${id} received.`),
    trace("BrokerMessageListener", "Received job status event. JobState: Busy"),
    ...printed(`${day} 10:00:02Z: Running job: ${name}`),
    dispatcher(`Start renew job request 4 for job ${id}.`),
    dispatcher(`Successfully renew job ${id}, job is valid till 05/01/2026 10:10:02`),
    trace("ProcessInvokerWrapper", "Process started with process id 14058, waiting for process exit."),
    dispatcher(`Send job request message to worker for job ${id}.`),
    dispatcher(`Worker finished for job ${id}. Code: 100`),
    dispatcher(`finish job request for job ${id} with result: Succeeded`),
    ...printed(`${day} 10:00:02Z: Job ${name} completed with result: Succeeded`),
    dispatcher(`Stop renew job request for job ${id}.`),
    trace("BrokerMessageListener", "Received job status event. JobState: Online"),
  ];
}
const life: JobEvent[] = [
  { kind: "acquired", id, at },
  { kind: "running", id, at },
  { kind: "worker", id, pid: 14058 },
  { kind: "ended", id, result: "Succeeded", at },
  { kind: "free", at },
];

describe("the listener's lines", () => {
  const lines: [string, JobEvent | undefined][] = [
    [
      dispatcher(
        `Unable to renew job request for job ${id} for the first time, stop dispatching job to worker.`,
      ),
      { kind: "ended", id, result: "Abandoned", at },
    ],
    [
      dispatcher(`Job cancellation request ${id} received, cancellation timeout 5 minutes.`),
      { kind: "ending", id, cause: "cancelled" },
    ],
    [
      trace(
        "JobDispatcher",
        `We are not yet checking the state of jobrequest ${id} status. Cancel running worker right away.`,
        "ERR ",
      ),
      { kind: "ending", id, cause: "second-job" },
    ],
    [
      dispatcher(`Ensure WorkerDispatcher for job ${id} run to finish, cancel any running job.`),
      { kind: "ending", id, cause: "listener-ended" },
    ],
    [dispatcher(`Worker finished for job ${id}. Code: 137`), { kind: "ending", id, cause: "worker-ended" }],
    [dispatcher(`Worker finished for job ${id}. Code: 102`), undefined],
    [
      trace("BrokerMessageListener", "Catch exception during get next message.", "ERR "),
      { kind: "poll-error" },
    ],
    [
      trace(
        "BrokerMessageListener",
        "TaskAgentSessionExpiredException received, recovered by recreate session.",
      ),
      { kind: "session-replaced" },
    ],
    [
      trace(
        "GitHubActionsService",
        "GET request to https://broker.example/message?sessionId=s&status=Busy&runnerVersion=2.336.0 failed. HTTP Status: Forbidden",
        "ERR ",
      ),
      { kind: "poll-refused" },
    ],
    [
      trace(
        "GitHubActionsService",
        "POST request to https://broker.example/session failed. HTTP Status: Forbidden",
        "ERR ",
      ),
      undefined,
    ],
    [trace("BrokerServer", "Catch exception during request", "ERR "), { kind: "poll-retried" }],
    [trace("Runner", "Skipping message Job. Job message not found"), { kind: "not-acquired" }],
    [
      trace("Runner", "Caught exception from acquiring job message: System.X", "ERR "),
      { kind: "not-acquired" },
    ],
    [trace("Runner", "Skip message deletion for job request message '7'."), { kind: "not-acquired" }],
    [
      trace("Runner", "Runner registration no longer exists while retrieving messages."),
      { kind: "registration-gone" },
    ],
    [
      trace(
        "Terminal",
        "WRITE ERROR: Failed to create a session. The runner registration has been deleted from the server, please re-configure.",
        "ERR ",
      ),
      { kind: "registration-gone" },
    ],
    [trace("Listener", "Version: 2.338.0"), { kind: "version", version: "2.338.0" }],
    // The runner prints this once for each wait, and for session conflicts too.
    [
      trace(
        "Terminal",
        `WRITE ERROR: ${day} 10:00:02Z: Runner connect error: x. Retrying until reconnected.`,
        "ERR ",
      ),
      undefined,
    ],
    // Only the listener's trace counts, not what it prints.
    [`${day} 10:00:02Z: Running job: build`, undefined],
    ["The runner no longer exists on the server. Cleaning up local configuration.", undefined],
    ["Current runner version: '9.9.9'", undefined],
    // A job can choose what its worker traces.
    [
      `[WORKER ${day} 10:00:02Z INFO JobDispatcher] finish job request for job ${id} with result: Succeeded`,
      undefined,
    ],
    [trace("JobDispatcher", `finish job request for job ${id} with result: Succeeded, or so`), undefined],
    ["", undefined],
  ];
  for (const [line, event] of lines) {
    it(line === "" ? "(an empty line)" : line, () => {
      expect(read(line)).to.deep.equal(event ? [event] : []);
    });
  }

  const names = [
    "build",
    "one\rtwo",
    "one\ntwo",
    "one\u2028two",
    "one\u2029two",
    "x completed with result: Failed",
    "",
  ];
  for (const name of names) {
    it(`finds the beginning and the end of a job named ${JSON.stringify(name)}`, () => {
      expect(read(...lifeOf(name))).to.deep.equal(life);
    });
  }

  it("finds no event in a job's name, whatever text and line breaks it contains", () => {
    const forged = [...lifeOf("x").map((line) => line.replaceAll(id, other)), ...lines.map(([line]) => line)];
    const piece = fc.oneof(fc.constantFrom(...forged), fc.string());
    const separator = fc.constantFrom("\n", "\r", "\r\n", "\u2028");
    fc.assert(
      fc.property(fc.array(fc.tuple(piece, separator), { maxLength: 8 }), (pieces) => {
        expect(read(...lifeOf(pieces.flat().join("")))).to.deep.equal(life);
      }),
    );
  });

  it("reads a trace even if a console line is written into it", () => {
    const end = `finish job request for job ${id} with result: Succeeded`;
    expect(read(`${head("JobDispatcher")}[WORKER ${day} 10:00:02Z INFO X] y`, end)).to.deep.equal([
      { kind: "ended", id, result: "Succeeded", at },
    ]);
    const [traced, line] = printed(`${day} 10:00:02Z: Running job: x`);
    const torn = [traced!, head("ProcessInvokerWrapper") + line!, "Process exited."];
    expect(read(...torn, dispatcher(end))).to.deep.equal([{ kind: "ended", id, result: "Succeeded", at }]);
  });

  it("finds no event about the registration in the name of an orphan process that contains a carriage return", () => {
    const names = ["x\rThe runner no longer exists on the server", "x\rFailed to create a session."];
    const orphans = names.map(
      (name) => `[WORKER ${day} 10:00:02Z INFO JobExtension] Terminate orphan process: pid (7) (${name})`,
    );
    // .NET's ReadLine splits lines in the same way.
    expect(read(...orphans.flatMap((line) => line.split("\r")))).to.deep.equal([]);
  });

  it("reads the job's own end, whatever the names of orphan processes contain", () => {
    const lives = lifeOf("x");
    const forged = [
      ...lives.map((line) => line.replaceAll(id, other)),
      ...lines.map(([line]) => line).filter((line) => !line.includes(id)),
    ];
    const names = fc.array(fc.oneof(fc.constantFrom(...forged), fc.string()), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(names, (printed) => {
        // .NET's ReadLine splits the worker's traces in the same way while the worker ends these processes.
        const orphans = printed.flatMap((name) =>
          `[WORKER ${day} 10:00:02Z INFO JobExtension] Terminate orphan process: pid (7) (x\r${name})`.split(
            "\r",
          ),
        );
        const workerEnd = lives.findIndex((line) => line.includes("Worker finished"));
        const events = read(
          ...lives.slice(0, workerEnd),
          ...orphans.map((line) => line.replace(/\)$/, "")),
          ...lives.slice(workerEnd),
        );
        let state = freshListener;
        const ends = events.flatMap((event) => {
          const change = advance(state, event);
          state = change.state;
          return change.ended ?? [];
        });
        const own = ends.filter((job) => job.id === id);
        expect(own.map(({ result }) => result)).to.deep.equal(["Succeeded"]);
      }),
    );
  });

  it("reads messages and sessions from the performance log", () => {
    const time = "2026-05-01T10:00:00.1234567Z";
    expect(parsePerfLine(`MessageReceived_RunnerJobRequest:${time}`)).to.deep.equal({
      kind: "received",
      at: "2026-05-01T10:00:00.123Z",
    });
    expect(parsePerfLine(`MessageReceived_PipelineAgentJobRequest:${time}`)).to.include({ kind: "received" });
    expect(parsePerfLine(`MessageReceived_JobCancellation:${time}`)).to.equal(undefined);
    expect(parsePerfLine(`SessionCreated:${time}`)).to.deep.equal({ kind: "session-created" });
    expect(parsePerfLine("MessageReceived_RunnerJobRequest:garbled")).to.include({ kind: "received" });
  });
});
