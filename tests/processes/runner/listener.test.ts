import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { createClock } from "../../../local/clock.ts";
import { programPath } from "../../../local/own-files.ts";
import { buildRunnerTarball } from "../../../local/runner/tarball.ts";
import { listenerReader } from "../../../runtime/agent/job-events.ts";
import { advance, freshListener } from "../../../runtime/agent/jobs.ts";
import type { RunnerSite, RunningListener } from "./runner-fixture.ts";
import { jobOf, oneStep, openRunnerSite, until, version } from "./runner-fixture.ts";

describe("the stand-in runner's listener", () => {
  let site: RunnerSite;
  beforeEach(async () => {
    site = await openRunnerSite();
    site.register();
  });
  afterEach(() => site.close());

  const listening = async (changes?: Record<string, string>) => {
    const listener = site.listen(changes);
    await until("the listener to listen", () => listener.output().includes("Listening for Jobs"));
    return listener;
  };
  const says = (listener: RunningListener, text: string) =>
    until(`the listener to say "${text}"`, () => listener.output().includes(text));
  /** Gives the listener a job, and waits until its step is running. */
  const working = async (changes?: Record<string, string>) => {
    const listener = await listening(changes);
    site.github.job = jobOf(site.github, oneStep, { renewEverySeconds: 0.02 });
    site.github.send("RunnerJobRequest", { requestId: "r1" });
    const pid = await until(
      "act to work",
      () => site.has("../act.pid") && /^\d+\n/.exec(site.read("../act.pid"))?.[0].trim(),
    );
    return { listener, pid };
  };
  const finish = () => {
    writeFileSync(join(site.root, "../go"), "");
  };
  const workerOf = (pid: string) =>
    Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]);
  const comm = (pid: string | number) => readFileSync(`/proc/${pid}/comm`, "utf8").trim();

  it("takes a job in the real listener's order, and logs it in the same words", async () => {
    const { listener, pid } = await working();
    const { planGuid, jobGuid } = site.github.job!;
    expect(comm(listener.child.pid!)).to.equal("Runner.Listener");
    expect(comm(workerOf(pid))).to.equal("Runner.Worker");
    const worker = workerOf(pid);
    finish();
    await until("the job's end", () => site.github.result);
    await says(listener, "Job the job completed with result: Succeeded");
    expect(site.github.result).to.equal("succeeded");
    const expected = [
      "√ Connected to GitHub",
      `Current runner version: '${version}'`,
      "Listening for Jobs",
      "Acknowledging runner request 'r1'.",
      `Job request r1 for plan ${planGuid} job ${jobGuid} received.`,
      "JobState: Busy",
      "Running job: the job",
      `Start renew job request r1 for job ${jobGuid}.`,
      `Successfully renew job ${jobGuid}`,
      `Process started with process id ${worker}, waiting for process exit.`,
      `Send job request message to worker for job ${jobGuid}.`,
      `Worker finished for job ${jobGuid}. Code: 100`,
      `finish job request for job ${jobGuid} with result: Succeeded`,
      "completed with result: Succeeded",
      "JobState: Online",
    ];
    await says(listener, expected.at(-1)!);
    const at = expected.map((text) => listener.output().indexOf(text));
    expect(at)
      .to.deep.equal([...at].sort((a, b) => a - b))
      .and.not.include(-1);
    expect(listener.output()).to.match(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ: Running job: the job$/m);
    expect(listener.output()).to.match(
      /^\[RUNNER \d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ INFO Terminal\] WRITE LINE: .*Running job/m,
    );
    const exchange = site.github.calls.map((call) => call.replace("/_runner/", ""));
    expect(exchange.slice(0, 5)).to.deep.equal([
      "POST sessions",
      "GET sessions/s1/message",
      "POST messages/1/acknowledge",
      "POST jobs/r1/acquire",
      exchange[4],
    ]);
    expect(exchange.indexOf("POST jobs/r1/renew")).to.be.within(4, exchange.indexOf("POST jobs/r1/steps"));
    expect(site.github.statuses).to.include("Busy");
    await until("a poll that says it is free again", () => site.github.statuses.at(-1) === "Online");
  });

  it("marks a message in its perf file before it acknowledges it", async () => {
    const { listener } = await working();
    const counters = site.perf().map((line) => line.replace(/:.*/, ""));
    expect(counters.slice(0, 4)).to.deep.equal([
      "RunnerProcessStarted",
      "SessionCreated",
      "MessageReceived_RunnerJobRequest",
      "JobRequestRenewed_r1",
    ]);
    expect(site.perf()[2]).to.match(/^MessageReceived_RunnerJobRequest:\d{4}-.*Z$/);
    finish();
    await says(listener, "completed with result");
  });

  for (const [signal, code] of [
    ["SIGTERM", 143],
    ["SIGINT", 0],
  ] as const) {
    it(`${signal} shuts down the running job, which fails it, deletes the session and ends the listener with ${code}`, async () => {
      const { listener } = await working();
      listener.child.kill(signal);
      expect(await listener.ended).to.equal(code);
      expect(site.github.result).to.equal("failed");
      expect(listener.output()).to.include("completed with result: Canceled");
      expect(site.github.calls.at(-1)).to.equal("DELETE /_runner/sessions/s1");
    });

    it(`${signal} ends an idle listener at once with ${code}, and deletes its session`, async () => {
      const listener = await listening({ LONGHAUL_RUNNER_UNLOAD_SECONDS: "1000" });
      // Polls and the rest have a connection each, so a poll on its way could come after the session's end.
      await until("a poll", () => site.github.calls.includes("GET /_runner/sessions/s1/message"));
      listener.child.kill(signal);
      expect(await listener.ended).to.equal(code);
      expect(site.github.calls.at(-1)).to.equal("DELETE /_runner/sessions/s1");
    });
  }

  it("takes 13.5 s by the machine's clock to shut down a job", async () => {
    const clock = createClock(join(site.root, "../clock"), 100);
    const program = programPath("machine-clock");
    const { listener } = await working({
      NODE_OPTIONS: `--require="${program}"`,
      LONGHAUL_CLOCK: clock.file,
      LONGHAUL_RUNNER_UNLOAD_SECONDS: "13.5",
    });
    const signalledAt = clock.now();
    listener.child.kill("SIGTERM");
    expect(await listener.ended).to.equal(143);
    expect(clock.now() - signalledAt).to.be.at.least(13_500);
  });

  it("cancels its job when a second one arrives, and begins the second when the first has ended", async () => {
    const { listener } = await working();
    const first = site.github.job!;
    const second = {
      ...first,
      requestId: "r2",
      jobGuid: first.jobGuid.replace("99", "77"),
      jobName: "second",
    };
    site.github.job = second;
    site.github.send("RunnerJobRequest", { requestId: "r2" });
    await says(listener, "Running job: second");
    finish();
    await says(listener, `finish job request for job ${second.jobGuid} with result: Succeeded`);
    const order = [
      `job ${second.jobGuid} received.`,
      `We are not yet checking the state of jobrequest ${first.jobGuid} status.`,
      `finish job request for job ${first.jobGuid} with result: Canceled`,
      "JobState: Online",
      "Running job: second",
      `finish job request for job ${second.jobGuid} with result: Succeeded`,
    ].map((text) => listener.output().indexOf(text));
    expect(order)
      .to.deep.equal([...order].sort((a, b) => a - b))
      .and.not.include(-1);
  });

  it("cancels its job and ends with 2 after ten poll errors without a message, even if polls between them succeed", async () => {
    const { listener } = await working();
    const trouble = Array<number>(5).fill(503); // Five tries are one error.
    site.github.pollAnswers = Array.from({ length: 10 }, () => [...trouble, 204]).flat();
    site.github.wake();
    expect(await listener.ended).to.equal(2);
    expect(site.github.result).to.equal("cancelled");
    expect(listener.output().match(/Catch exception during get next message\./g)).to.have.length(10);
  });

  it("resets the count of poll errors only when a message arrives", async () => {
    const { listener } = await working();
    const nine = Array<number>(5 * 9).fill(503);
    for (const round of [1, 2]) {
      site.github.pollAnswers = [...nine];
      site.github.wake();
      await until("the errors to be over", () => site.github.pollAnswers.length === 0);
      site.github.send("JobCancellation", { requestId: `another ${round}` });
      await says(listener, `another ${round}`);
    }
    expect(listener.child.exitCode).to.equal(null);
    finish();
    await says(listener, "completed with result: Succeeded");
  });

  it("cancels the job that a cancellation message names, and goes on listening", async () => {
    const { listener } = await working();
    site.github.send("JobCancellation", { requestId: "another" });
    site.github.send("JobCancellation", { requestId: "r1" });
    await says(listener, "completed with result: Canceled");
    expect(site.github.result).to.equal("cancelled");
    expect(listener.child.exitCode).to.equal(null);
  });

  for (const status of [404, 409]) {
    it(`ends the job as abandoned when GitHub answers a renewal of its lock with ${status}`, async () => {
      const { listener } = await working();
      site.github.renewStatus = status;
      await says(listener, "completed with result: Abandoned");
    });
  }

  it("takes the next job after SIGTERM has ended the worker and failed its job", async () => {
    const { listener, pid } = await working();
    process.kill(workerOf(pid), "SIGINT"); // The worker ignores SIGINT: only the listener handles it.
    process.kill(workerOf(pid), "SIGTERM");
    await until("the job's end", () => site.github.result === "failed");
    await says(listener, "completed with result: Failed");
    await until("a poll that says it is free again", () => site.github.statuses.at(-1) === "Online");
    delete site.github.result;
    finish();
    site.github.send("RunnerJobRequest", { requestId: "r1" });
    await until("the end of the next job", () => site.github.result === "succeeded");
    expect(listener.child.exitCode).to.equal(null);
  });

  it("reports the job as failed when its worker dies", async () => {
    const { listener, pid } = await working();
    process.kill(workerOf(pid), "SIGKILL");
    await until("the job's end", () => site.github.result === "failed");
    await says(listener, "completed with result: Failed");
  });

  it("leaves its worker to complete the job and log the result when it dies", async () => {
    const { listener, pid } = await working();
    const worker = workerOf(pid);
    listener.child.kill("SIGKILL");
    await listener.ended;
    finish();
    await until("the job's end", () => site.github.result === "succeeded");
    await until("the worker to end", () => !processExists(String(worker)));
    const log = readdirSync(join(site.root, "_diag")).find((name) => name.startsWith("Worker_"))!;
    expect(site.read(`_diag/${log}`)).to.match(
      /JobRunner\] Job result after all job steps finish: Succeeded\n[^]*Worker\] Job completed\.\n$/,
    );
  });

  it("cancels its job, deletes its configuration and ends with 0 when its registration is deleted during the job", async () => {
    const { listener } = await working();
    site.github.registered = false;
    site.github.wake();
    expect(await listener.ended).to.equal(0);
    expect(listener.output()).to.include(
      "The runner no longer exists on the server. Cleaning up local configuration.",
    );
    expect(site.has(".runner") || site.has(".credentials") || site.has(".credentials_rsaparams")).to.equal(
      false,
    );
  });

  it("ends with 1 and keeps its files when its registration is already deleted at its start", async () => {
    site.github.registered = false;
    const listener = site.listen();
    expect(await listener.ended).to.equal(1);
    expect(listener.output()).to.include("The runner registration has been deleted from the server");
    expect(site.has(".runner")).to.equal(true);
  });

  it("ends with 1 without a configuration", async () => {
    site.config("remove", "--local");
    expect(await site.listen().ended).to.equal(1);
  });

  it("waits for an old session to end, and ends with 5 when it does not", async () => {
    site.github.sessionAnswers = [409, 409];
    const listener = await listening();
    expect(listener.output()).to.include("A session for this runner already exists.");
    expect(listener.output()).to.include("Runner reconnected.");
    listener.child.kill();
    await listener.ended;
    site.github.sessionAnswers = Array<number>(8).fill(409);
    const second = site.listen();
    expect(await second.ended).to.equal(5);
    expect(second.output()).to.include("Stop retry on SessionConflictException");
  });

  const returnsDeprecationCode = { ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE: "1" };

  it("ends with 7 when GitHub refuses its version in a poll and that exit code is enabled, and otherwise with 1", async () => {
    site.github.pollAnswers = [403, 403];
    expect(await site.listen(returnsDeprecationCode).ended).to.equal(7);
    expect(await site.listen().ended).to.equal(1);
    site.github.sessionAnswers = [403];
    expect(await site.listen(returnsDeprecationCode).ended).to.equal(1);
  });

  it("cancels its job when GitHub refuses its version, and the agent records that as the cause", async () => {
    const { listener } = await working(returnsDeprecationCode);
    site.github.pollAnswers = [403];
    site.github.wake();
    expect(await listener.ended).to.equal(7);
    expect(site.github.result).to.equal("cancelled");
    const lines = listener.output().split("\n");
    const reader = listenerReader();
    let state = freshListener;
    const ended = lines.flatMap((line) => {
      const event = reader(line);
      const change = event ? advance(state, event) : { state };
      ({ state } = change);
      return change.ended ?? [];
    });
    expect(ended.map(({ result, cause }) => [result, cause])).to.deep.equal([
      ["Canceled", "version-refused"],
    ]);
    const [end, why] = ["with result: Canceled", "is deprecated and cannot receive messages"].map((words) =>
      lines.findIndex((line) => line.includes(words)),
    );
    expect(why, "the reason is logged after the end").to.be.greaterThan(end!);
  });

  for (const [status, words] of [
    [409, "Skipping message Job."],
    [500, "Caught exception from acquiring job message"],
  ] as const) {
    it(`skips a job that it cannot acquire (${status})`, async () => {
      const listener = await listening();
      site.github.acquireStatus = status;
      site.github.send("RunnerJobRequest", { requestId: "r1" });
      await says(listener, words);
      expect(listener.output()).to.not.include("Running job");
      expect(listener.child.exitCode).to.equal(null);
    });
  }

  it("retries until it reaches GitHub", async () => {
    site.github.sessionAnswers = [500];
    const listener = await listening();
    expect(listener.output()).to.include("Retrying until reconnected.");
  });

  it("waits for its job before it updates itself, ends with 3, and leaves the new version installed", async () => {
    const { listener } = await working();
    site.github.tarball = readFileSync(buildRunnerTarball(dirname(site.root), "2.339.0").path);
    site.github.send("AgentRefresh", { targetVersion: "2.339.0" });
    await says(listener, "Waiting for current job finish running.");
    expect(site.has("bin.2.339.0/Runner.Listener"), "while the job still runs").to.equal(true);
    site.github.send("RunnerJobRequest", { requestId: "r2" });
    await says(listener, "Skip message deletion for job request message '3'.");
    finish();
    expect(await listener.ended).to.equal(3);
    expect(site.github.result).to.equal("succeeded");
    await until("the update to finish", () => site.has("update.finished"));
    expect(readlinkSync(join(site.root, "bin"))).to.match(/bin\.2\.339\.0$/);
    for (const left of [`bin.${version}`, `externals.${version}`, "_work/_update/bin"])
      expect(site.has(left), left).to.equal(true);
    const updated = await listening();
    expect(updated.output()).to.include("Current runner version: '2.339.0'");
  });
});

function processExists(pid: string): boolean {
  try {
    process.kill(Number(pid), 0);
    return true;
  } catch {
    return false;
  }
}
