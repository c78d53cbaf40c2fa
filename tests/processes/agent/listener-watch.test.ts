import { execFileSync } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { expect } from "chai";
import type { RunnerJobFacts } from "../../../runtime/agent/job-facts.ts";
import type { EndedJob } from "../../../runtime/agent/jobs.ts";
import type { ListenerWatchHost } from "../../../runtime/agent/listener-watch.ts";
import { watchListener } from "../../../runtime/agent/listener-watch.ts";
import { commandRunner } from "../../../runtime/agent/command.ts";
import { pathsBelow } from "../../../runtime/agent/paths.ts";
import type { MachinePaths } from "../../../runtime/agent/paths.ts";
import { processTable } from "../../../runtime/agent/processes.ts";
import { fakeClock, put, temporaryFolder, until } from "../../unit/runtime/fixture.ts";
import { putCommands, setprivCommand, systemdRunCommand } from "../../unit/runtime/stand-ins.ts";

/**
 * A listener that runs each line that is written to the pipe `told` with
 * bash. `begin` and `finish` log a job, `worker` starts a child named like
 * the real worker, and `exit 3` ends the listener.
 */
const listenerScript = `#!/bin/bash
env >environment.new && mv environment.new environment # At once: a test waits for the file.
trace() { echo "[RUNNER 2026-05-01 $1Z INFO $2] $3"; }
begin() {
  trace 10:00:01 JobDispatcher "Job request 7 for plan p job $1 received."
  trace 10:00:02 JobDispatcher "Start renew job request 7 for job $1."
}
worker() {
  cd bin; ./Runner.Worker & cd ..
  trace 10:00:02 ProcessInvokerWrapper "Process started with process id $!, waiting for process exit."
  trace 10:00:02 JobDispatcher "Send job request message to worker for job $1."
}
finish() { trace 10:05:00 JobDispatcher "finish job request for job $1 with result: \${2-Succeeded}"; }
perf() { mkdir -p "$RUNNER_PERFLOG"; printf '%s:%s\\n' "$1" "$2" >>"$RUNNER_PERFLOG/Runner.perf"; }
exec {told}<>told
while read -r line <&"$told"; do eval "$line"; done
`;
const workerScript = `#!/bin/bash
exec {never}<>never
read -r <&"$never"
`;

describe("the listener watch", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let pids: number[];
  beforeEach(() => {
    folder = temporaryFolder();
    pids = [];
  });
  afterEach(() => {
    for (const pid of pids) {
      try {
        process.kill(-pid, "SIGKILL"); // The listener leads its own session, which includes its worker.
      } catch (error) {
        expect((error as NodeJS.ErrnoException).code).to.equal("ESRCH");
      }
    }
    folder.remove();
  });

  /** Ids of the listener's children. */
  const children = () =>
    readFileSync(`/proc/${pids.at(-1)}/task/${pids.at(-1)}/children`, "utf8")
      .split(" ")
      .filter(Boolean);
  const comm = (pid: string) => readFileSync(`/proc/${pid}/comm`, "utf8").trim();

  function machine() {
    const paths = pathsBelow(folder.path, "runner");
    putCommands(`${folder.path}/commands`, { setpriv: setprivCommand, "systemd-run": systemdRunCommand });
    put(paths.listener, listenerScript, 0o755);
    put(`${paths.runner}/bin/Runner.Worker`, workerScript, 0o755);
    execFileSync("mkfifo", [`${paths.runner}/told`, `${paths.runner}/bin/never`]);
    put(paths.registration, "{}");
    for (const [file, text] of [
      [paths.listenerProcess, "null"],
      [`${paths.listenerLog}.1`, ""],
      [paths.ledgerMark, "[]"],
    ] as const)
      put(file, text);
    const host: ListenerWatchHost & { clock: ReturnType<typeof fakeClock> } = {
      paths,
      account: { name: "runner", groupId: "1001", home: `${folder.path}/home/runner` },
      machine: "local-1",
      log: (line) => {
        throw new Error(line);
      },
      processes: processTable("/proc", paths.runner),
      environment: { PATH: `${folder.path}/commands:/usr/bin:/bin` },
      clock: fakeClock(),
      quietMs: 180_000,
      reachGithub: () => Promise.resolve(true),
      run: (program, parameters) => commandRunner({ PATH: process.env.PATH! })(program, parameters),
    };
    const ended: { job: EndedJob; facts: RunnerJobFacts }[] = [];
    // The ledger takes a job once.
    const take = (job: EndedJob, facts: RunnerJobFacts, written: () => void) => {
      if (!ended.some((other) => other.job.id === job.id)) ended.push({ job, facts });
      written();
    };
    const watch = () => watchListener(host, take);
    const listener = watch();
    const start = () => {
      listener.start();
      pids.push((JSON.parse(readFileSync(paths.listenerProcess, "utf8")) as { pid: number }).pid);
    };
    const tell = (line: string) => {
      appendFileSync(`${paths.runner}/told`, `${line}\n`);
    };
    /** Writes what the hook of the running worker's job would write. */
    const hook = (runId: number) => {
      const worker = children().find(host.processes.isWorker)!;
      put(`${paths.jobFacts}/${worker}`, `acme/app\n${runId}\n1\nbuild\nNightly\n`);
    };
    return { host, paths, listener, watch, start, tell, ended, hook };
  }
  const receive = "perf MessageReceived_RunnerJobRequest 2026-05-01T10:00:00.0000000Z";
  const idOf = (number: number) => `00000000-0000-4000-8000-00000000000${number}`;
  const run = `begin ${idOf(1)}`;
  const work = `worker ${idOf(1)}`;
  const complete = `finish ${idOf(1)}`;

  it("starts the listener in its own session, with its settings in the environment and not on the command line", async () => {
    const { listener, start, paths } = machine();
    expect(listener.look(false).listener).to.equal(undefined);
    start();
    await until(() => existsSync(`${paths.runner}/environment`), "the listener has started");
    expect(listener.look(false).listener).to.deep.equal({ listening: false, frozen: false });
    const environment = readFileSync(`${paths.runner}/environment`, "utf8").split("\n");
    expect(environment).to.include.members([
      `HOME=${folder.path}/home/runner`,
      "USER=runner",
      "LOGNAME=runner",
      `RUNNER_PERFLOG=${paths.perfFolder}`,
      "ACTIONS_RUNNER_PRINT_LOG_TO_STDOUT=1",
      "ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE=1",
    ]);
    const scope =
      "systemd-run --scope --quiet --collect --description=Longhaul listener " +
      "--property=Before=longhaul-shutdown.service --property=Delegate=yes --property=TasksMax=infinity --";
    const command = `setpriv --reuid runner --regid 1001 --init-groups -- ${paths.listener} run`;
    expect(readFileSync(`${folder.path}/commands/calls`, "utf8").trim().split("\n")).to.deep.equal([
      `${scope} true`,
      `${scope} ${command}`,
      command,
    ]);
    const [, , , , , session] = readFileSync(`/proc/${pids[0]}/stat`, "utf8").split(" ");
    expect(Number(session)).to.equal(pids[0]);
  });

  it("knows since when the listener has had no connection, and whether GitHub answers", async () => {
    const { listener, start, tell, host } = machine();
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    start();
    tell(`exec {github}<>/dev/tcp/127.0.0.1/${(server.address() as AddressInfo).port}`);
    await once(server, "connection");
    host.clock.advance(20_000);
    expect(listener.look(false)).to.include({
      disconnectedAt: undefined,
      pendingJobEvidence: "the listener has not been examined closely yet",
    });
    tell("exec {github}>&-");
    await until(() => {
      host.clock.advance(20_000);
      return listener.look(false).disconnectedAt !== undefined;
    }, "the end of the connection is seen");
    const { disconnectedAt, reachableAt } = listener.look(false);
    expect([disconnectedAt, reachableAt]).to.deep.equal([host.clock.monotonic(), undefined]);
    host.clock.advance(90_000);
    listener.look(false);
    await until(() => listener.look(false).reachableAt !== undefined, "GitHub has answered");
    expect(listener.look(false).pendingJobEvidence).to.equal(undefined);
    server.close();
  });

  it("counts consecutive refusals of the runner's version, until a listener has run for two minutes", async () => {
    const { listener, start, tell, host } = machine();
    for (const refusals of [1, 2]) {
      start();
      tell("exit 7");
      await until(() => listener.look(false).exit !== undefined, "it has ended");
      const { exit, refusals: counted } = listener.look(false);
      expect([counted, exit!.after]).to.deep.equal([
        refusals,
        { then: "version-refused", afterMs: refusals * 600_000, again: `2026-05-01 10:${refusals}0 UTC` },
      ]);
    }
    start();
    expect(listener.look(false).refusals).to.equal(2);
    host.clock.advance(120_000);
    expect(listener.look(false).refusals).to.equal(0);
  });

  it("counts the first start and jobs as use of the machine, but not a session or a start after an exit", async () => {
    const { listener, start, tell, host } = machine();
    const seen = () => {
      const { lastActivityAt, lastUsedAt } = listener.look(false);
      return { lastActivityAt, lastUsedAt };
    };
    host.clock.advance(1000);
    start();
    expect(seen()).to.deep.equal({ lastActivityAt: 1000, lastUsedAt: 1000 });
    for (const code of [7, 2, 1]) {
      tell(`exit ${code}`);
      await until(() => listener.look(false).exit !== undefined, "it has ended");
      host.clock.advance(1000);
      start();
      expect(seen(), `after exit ${code}`).to.deep.equal({
        lastActivityAt: host.clock.monotonic(),
        lastUsedAt: 1000,
      });
    }
    host.clock.advance(1000);
    tell("perf SessionCreated 2026-05-01T09:59:00.0000000Z");
    await until(() => listener.look(false).listener?.listening === true, "it has a session");
    expect(seen()).to.deep.equal({ lastActivityAt: 5000, lastUsedAt: 1000 });
    tell(receive);
    await until(() => listener.look(false).job, "the message has arrived");
    expect(seen()).to.deep.equal({ lastActivityAt: 5000, lastUsedAt: 5000 });
    tell("exit 2");
    await until(() => listener.look(false).exit !== undefined, "it has ended");
    listener.forgetExit(); // The runner has registered again.
    host.clock.advance(1000);
    start();
    expect(seen()).to.deep.equal({ lastActivityAt: 6000, lastUsedAt: 6000 });
  });

  for (const [title, command] of [
    ["refuses it a scope", "exit 1"],
    ["has no systemd-run", undefined],
  ] as const) {
    it(`starts the listener even if the system ${title}, and reports how it ended`, async () => {
      const { listener, start, tell, paths, host } = machine();
      rmSync(`${folder.path}/commands/systemd-run`);
      if (command !== undefined) putCommands(`${folder.path}/commands`, { "systemd-run": command });
      else {
        for (const name of ["bash", "timeout", "env", "mv", "mkdir"])
          symlinkSync(`/usr/bin/${name}`, `${folder.path}/commands/${name}`);
        host.environment = { PATH: `${folder.path}/commands` };
      }
      start();
      await until(() => existsSync(`${paths.runner}/environment`), "the listener has started");
      expect(readFileSync(paths.listenerLog, "utf8")).to.include("no scope for the listener");
      tell("exit 7");
      await until(() => listener.look(false).exit !== undefined, "it has ended");
      expect(listener.look(false).exit?.after.then).to.equal("version-refused");
    });
  }

  it("follows a job from its message to its end", async () => {
    const { listener, start, tell, ended, hook, paths } = machine();
    start();
    tell("perf SessionCreated 2026-05-01T09:59:00.0000000Z");
    await until(() => listener.look(false).listener?.listening === true, "it has a session");
    tell(receive);
    await until(() => listener.look(false).job, "the message has arrived");
    tell(run);
    tell(work);
    await until(() => listener.look(false).worker, "the worker is seen");
    hook(4711);
    expect(listener.look(false).facts.runId).to.equal("4711");
    tell("trace 10:00:03 Listener 'Version: 2.338.0'");
    tell(complete);
    await until(() => !listener.look(false).job, "the end has been read");
    expect(listener.look(false).version).to.equal("2.338.0");
    expect(ended).to.have.length(1);
    expect(ended[0]!.job).to.include({ receivedAt: "2026-05-01T10:00:00.000Z", result: "Succeeded" });
    expect(ended[0]!.facts.repository).to.equal("acme/app");
    expect(readdirSync(paths.jobFacts)).to.deep.equal([]);
  });

  it("keeps two jobs apart even if the agent pauses or dies before it records the first one's end", async () => {
    const { listener, start, tell, ended, hook, paths, watch } = machine();
    start();
    tell(receive);
    for (const number of [1, 2]) {
      tell(`begin ${idOf(number)}; worker ${idOf(number)}`);
      await until(() => children().some((pid) => comm(pid) === "Runner.Worker"), "the worker runs");
      hook(number);
      process.kill(Number(children()[0]), "SIGKILL");
      await until(() => children().length === 0, "its worker has ended");
      tell(`finish ${idOf(number)}`);
    }
    await until(
      () => readFileSync(paths.listenerLog, "utf8").includes(`finish job request for job ${idOf(2)}`),
      "both have ended",
    );
    watch().look(false);
    expect(ended.map((each) => each.facts.runId)).to.deep.equal(["1", "2"]);
    expect(readdirSync(paths.jobFacts)).to.deep.equal([]);
    expect(listener.look(false).job).to.equal(false);
  });

  it("finds the running listener and its job after the agent restarts", async () => {
    const { listener, start, tell, watch } = machine();
    start();
    tell(receive);
    tell(run);
    await until(() => listener.look(false).job, "the message has arrived");
    const again = watch();
    expect(again.look(false)).to.deep.include({ job: true, listener: { listening: false, frozen: false } });
    tell(complete);
    await until(() => !again.look(false).job, "the end has been read");
    await again.end();
    expect(again.look(false).listener).to.equal(undefined);
    expect(again.look(false).exit?.after.then).to.equal("restart");
  });

  it("finds a listener after a restart even if the earlier agent could not record its process", async () => {
    const { listener, start, watch, paths } = machine();
    start();
    await until(() => existsSync(`${paths.runner}/environment`), "the listener has started");
    put(paths.listenerProcess, "null");
    const again = watch();
    expect(again.look(false).listener).to.not.equal(undefined);
    await again.end();
    await until(() => listener.look(false).listener === undefined, "it has ended");
  });

  it("reports how the listener ended", async () => {
    const { listener, start, tell } = machine();
    start();
    tell("exit 5");
    await until(() => listener.look(false).exit !== undefined, "it has ended");
    expect(listener.look(false).exit?.after).to.include({ then: "restart", afterMs: 15_000 });
    start();
    tell("exit 5");
    await until(() => listener.look(false).exit !== undefined, "it has ended again");
    expect(listener.look(false).exit?.after).to.include({ afterMs: 30_000 });
    listener.forgetExit();
    expect(listener.look(false).exit).to.equal(undefined);
  });

  const gone =
    "WRITE ERROR: Failed to create a session. The runner registration has been deleted from the server, please re-configure.";
  for (const words of [`trace 10:00:00 Terminal '${gone}'`, "rm .runner"]) {
    it(`recognises a deleted registration by its missing file or the listener's message at its start: ${words}`, async () => {
      const { listener, start, tell } = machine();
      start();
      tell(words);
      tell("exit 1");
      await until(() => listener.look(false).exit !== undefined, "it has ended");
      expect(listener.look(false).exit?.after).to.deep.equal({ then: "needs-token" });
    });
  }

  it("ignores other messages about the registration, and that message with another exit code", async () => {
    const { listener, start, tell } = machine();
    for (const [words, code] of [
      ["echo 'The runner no longer exists on the server. Cleaning up local configuration.'", 1],
      [`trace 10:00:00 Terminal '${gone}'`, 2],
      [`perf SessionCreated 2026-05-01T09:59:00.0000000Z; trace 10:00:00 Terminal '${gone}'`, 1],
    ] as const) {
      start();
      tell(`${words}; exit ${code}`);
      await until(() => listener.look(false).exit !== undefined, "it has ended");
      expect(listener.look(false).exit?.after.then, words).to.equal("restart");
    }
  });

  it("reports each failed poll once, and none that an earlier agent may have reported", async () => {
    const { listener, start, tell, watch } = machine();
    start();
    for (let errors = 0; errors < 3; errors++)
      tell("trace 10:00:02 BrokerMessageListener 'Catch exception during get next message.'");
    let fresh = 0;
    await until(() => {
      const { pollErrors } = listener.look(false);
      fresh += pollErrors.fresh;
      return pollErrors.sinceMessage === 3;
    }, "all failures have been counted");
    expect(fresh).to.equal(3);
    expect(listener.look(false).pollErrors).to.deep.equal({ fresh: 0, sinceMessage: 3 });
    expect(watch().look(false).pollErrors).to.deep.equal({ fresh: 0, sinceMessage: 3 });
  });

  it("takes a job's age from its worker's process, even after the agent restarts", async () => {
    const { host, listener, start, tell, watch } = machine();
    start();
    expect(listener.look(false).workerAt).to.equal(undefined);
    const before = host.clock.monotonic();
    tell(work);
    await until(() => listener.look(false).worker, "the worker is seen");
    const { workerAt } = listener.look(false);
    expect(workerAt).to.be.within(before - 10_000, before);
    host.clock.advance(3_600_000);
    expect(listener.look(false).workerAt).to.equal(workerAt);
    // The other agent's clock starts at another moment.
    expect(watch().look(false).workerAt).to.be.within(before + 3_590_000, before + 3_600_000);
    process.kill(Number(children()[0]), "SIGKILL");
    await until(() => listener.look(false).workerAt === undefined, "the worker has ended");
  });

  it("ends a job through its worker, and records the cause in the ledger", async () => {
    const { host, listener, start, tell, ended } = machine();
    start();
    for (const line of [receive, run, work]) tell(line);
    await until(() => listener.look(false).worker, "the worker is seen");
    expect(listener.look(false).toldToEndAt).to.equal(undefined);
    host.clock.advance(1000);
    listener.endJob("SIGTERM");
    expect(listener.look(false).toldToEndAt).to.be.oneOf([host.clock.monotonic(), undefined]); // It may have ended.
    await until(() => children().length === 0, "the worker has ended");
    expect(listener.look(false).listener).to.deep.equal({ listening: false, frozen: false });
    tell(complete);
    await until(() => !listener.look(false).job, "the end has been read");
    for (const line of [receive.replace("10:00", "11:00"), `begin ${idOf(2)}`, `finish ${idOf(2)}`])
      tell(line);
    await until(() => (listener.look(false), ended.length === 2), "the next one has ended, too");
    expect(ended.map(({ job }) => job.cause)).to.deep.equal(["overdue", undefined]);
  });

  it("remembers when it sent SIGTERM to a worker that ignores it, and kills that worker", async () => {
    const { host, listener, start, tell, paths } = machine();
    put(`${paths.runner}/bin/Runner.Worker`, `#!/bin/bash\ntrap '' TERM\n: >ready\n${workerScript}`, 0o755);
    start();
    tell(work);
    await until(() => existsSync(`${paths.runner}/bin/ready`), "the worker is deaf");
    listener.look(false);
    listener.endJob("SIGTERM");
    const toldAt = host.clock.monotonic();
    host.clock.advance(60_000);
    expect(listener.look(false)).to.include({ worker: true, toldToEndAt: toldAt });
    listener.endJob("SIGKILL");
    await until(() => !listener.look(false).worker, "the worker has ended");
  });

  it("sends no signal to a worker that has replaced the one it saw", async () => {
    const { host, listener, start, tell } = machine();
    const { isWorker } = host.processes;
    start();
    tell(work);
    await until(() => listener.look(false).worker, "the worker is seen");
    const [first] = children();
    process.kill(Number(first), "SIGKILL");
    await until(() => children().length === 0, "it has ended");
    tell(work);
    // The new process is a copy of its parent at first. It has the worker's name once it runs the worker's program.
    await until(() => children().some(isWorker), "the next worker runs");
    listener.endJob("SIGTERM");
    listener.endJob("SIGKILL");
    const second = children().find(isWorker);
    expect(second).to.be.a("string").and.not.equal(first);
    expect(listener.look(false)).to.include({ worker: true, toldToEndAt: undefined });
    // A signal stays pending until it has been handled.
    const status = readFileSync(`/proc/${second}/status`, "utf8");
    expect(status).to.not.match(/^State:\t[ZX]/m);
    expect(status)
      .to.match(/^SigPnd:\t0+$/m)
      .and.match(/^ShdPnd:\t0+$/m);
  });

  describe("keeps a job open while its worker outlives the listener", () => {
    const log = (...lines: string[]) => lines.map((line) => `[2026-05-01 10:05:00Z INFO ${line}\n`).join("");
    const words: [string, string | undefined, string][] = [
      [
        "and then records the result from the worker's log",
        log(
          `JobRunner] Job ID ${idOf(1)}`,
          "JobRunner] Job result after all job steps finish: Failed",
          "Worker] Job completed.",
        ),
        "Failed",
      ],
      ["and then records a lost job if the log has no result", log(`JobRunner] Job ID ${idOf(1)}`), "Lost"],
      ["and then records an unknown result if there is no log", undefined, "Unknown"],
    ];
    for (const [what, text, result] of words) {
      it(what, async () => {
        const { listener, start, tell, ended, paths, host } = machine();
        start();
        for (const line of [receive, run, work]) tell(line);
        await until(() => listener.look(false).worker, "the worker is seen");
        tell("exit 1");
        await until(() => listener.look(false).listener === undefined, "it has ended");
        expect(listener.look(false)).to.include({ job: true, worker: true });
        if (text !== undefined) put(`${paths.diagnostics}/Worker_20260501-100002-utc.log`, text);
        host.clock.advance(60_000);
        listener.look(false);
        const endedAt = host.clock.now();
        process.kill(-pids[0]!, "SIGKILL");
        host.clock.advance(3_600_000); // The agent looks much later.
        await until(() => !listener.look(false).worker, "the worker has ended");
        expect(listener.look(false).job).to.equal(false);
        expect(ended.map(({ job }) => job.result)).to.deep.equal([result]);
        expect(ended[0]!.job.cause).to.equal("listener-ended");
        expect(Date.parse(ended[0]!.job.endedAt)).to.be.at.least(endedAt);
      });
    }
  });

  for (const keepsLog of [true, false])
    it(`records a job that a power cut interrupted as ended when it was last seen, with the facts from its hook (the listener's log is ${keepsLog ? "kept" : "lost"})`, async () => {
      const { host, paths, listener, start, tell, hook, watch, ended } = machine();
      start();
      for (const line of [receive, run, work]) tell(line);
      await until(() => listener.look(false).worker, "the worker is seen");
      hook(4711);
      listener.look(false);
      host.clock.advance(10 * 60_000);
      const lastSeenAt = host.clock.now();
      listener.look(false);
      host.clock.advance(30_000); // Too short for the agent to write the time again.
      listener.look(false);
      process.kill(-pids[0]!, "SIGKILL");
      const hasEnded = () =>
        host.processes.mark(pids[0]!) === undefined && host.processes.scan().worker === undefined;
      await until(hasEnded, "all has ended");
      for (const gone of [`${folder.path}/run`, ...(keepsLog ? [] : [paths.listenerLog])])
        rmSync(gone, { recursive: true, force: true });
      host.clock.advance(60 * 3_600_000); // A weekend.
      const next = watch();
      expect(next.look(false).job).to.equal(false);
      expect(ended).to.have.length(1);
      expect(ended[0]!.facts.runId).to.equal("4711");
      expect(ended[0]!.job).to.include({
        id: idOf(1),
        result: "Lost",
        cause: "machine-ended",
        endedAt: new Date(lastSeenAt).toISOString(),
      });
      next.look(false);
      watch().look(false);
      expect(ended, "recorded once").to.have.length(1);
    });

  it("freezes the listener with all its threads, and thaws it", async () => {
    const { listener, start, tell } = machine();
    start();
    tell("perf SessionCreated 2026-05-01T09:59:00.0000000Z");
    await until(() => listener.look(false).listener?.listening === true, "it has a session");
    listener.freeze();
    await until(() => listener.look(false).listener?.frozen === true, "it is frozen");
    tell(receive);
    expect(listener.look(true)).to.deep.include({ job: false, pendingJobEvidence: undefined });
    listener.thaw();
    await until(() => listener.look(false).job, "the message has arrived");
    expect(listener.look(false).listener?.frozen).to.equal(false);
  });

  it("finds a frozen listener after the agent restarts", async () => {
    const { listener, start, watch } = machine();
    start();
    listener.freeze();
    await until(() => listener.look(false).listener?.frozen === true, "it is frozen");
    expect(watch().look(false).listener?.frozen).to.equal(true);
  });

  it("ends a frozen listener", async () => {
    const { listener, start, paths } = machine();
    start();
    await until(() => existsSync(`${paths.runner}/environment`), "the listener has started");
    listener.freeze();
    await until(() => listener.look(false).listener?.frozen === true, "it is frozen");
    await listener.end();
    expect(listener.look(false)).to.deep.include({ listener: undefined, missedAt: undefined });
  });

  it("finds evidence of a pending job only in a close look, which shows every child of the listener", async () => {
    const { listener, start, tell } = machine();
    start();
    expect(listener.look(false).pendingJobEvidence).to.include("not been examined closely");
    await until(
      () => listener.look(true).pendingJobEvidence === undefined,
      "the evidence from its start is gone",
    );
    tell("sleep 60 & echo '2026-05-01 10:00:02Z: Listening for Jobs'");
    await until(() => listener.look(true).pendingJobEvidence !== undefined, "the child is seen");
    expect(listener.look(true).pendingJobEvidence).to.include("a child process");
    expect(listener.look(true).worker).to.equal(false);
  });

  it("looks closely while the listener has a job that has not begun", async () => {
    const { listener, start, tell } = machine();
    start();
    tell(receive);
    await until(() => listener.look(false).job, "the message has arrived");
    expect(listener.look(false).pendingJobEvidence).to.equal(undefined);
    tell("sleep 60 & echo '2026-05-01 10:00:02Z: Listening for Jobs'");
    await until(
      () => listener.look(false).pendingJobEvidence?.includes("a child process") === true,
      "the child is seen",
    );
    tell(work);
    await until(() => listener.look(false).worker, "the worker is seen");
    expect(listener.look(false).pendingJobEvidence).to.include("not been examined closely");
  });

  it("keeps the performance log off the disk, in a folder that every user can write to", () => {
    const { start, paths } = machine();
    start();
    expect(paths.perfLog).to.match(/\/run\/longhaul\/perf\/Runner\.perf$/);
    expect(statSync(paths.perfFolder).mode & 0o777).to.equal(0o777);
  });

  it("remembers a message without a job when the listener has ended", async () => {
    const { listener, start, tell, host } = machine();
    start();
    tell(receive);
    await until(() => listener.look(false).job, "the message has arrived");
    host.clock.advance(1000);
    await listener.end();
    const { job, missedAt } = listener.look(false);
    expect(job).to.equal(false);
    expect(missedAt).to.be.within(1000, host.clock.monotonic());
  });

  it("recognises a self-update by the runner's own script", async () => {
    const { listener, start, tell, paths } = machine();
    put(`${paths.runner}/_work/_update.sh`, "exec {never}<>bin/never; read -r <&$never\n");
    start();
    tell(`bash ${paths.runner}/_work/_update.sh & exit 3`);
    await until(() => listener.look(false).exit !== undefined, "it has ended");
    await until(() => listener.look(false).updating, "the script is seen");
    expect(listener.look(false).exit?.after).to.deep.equal({ then: "update" });
    process.kill(-pids[0]!, "SIGKILL");
    await until(() => !listener.look(false).updating, "the script has ended");
  });

  it("dates the last activity by a job's message or worker, on the monotonic clock", async () => {
    const { listener, start, tell, host } = machine();
    start();
    host.clock.advance(1000);
    tell(receive);
    await until(() => listener.look(false).job, "the message has arrived");
    expect(listener.look(false).lastActivityAt).to.equal(1000);
    host.clock.advance(1000);
    expect(listener.look(false).lastActivityAt).to.equal(1000);
    tell(work);
    await until(() => listener.look(false).worker, "the worker is seen");
    expect(listener.look(false).lastActivityAt).to.equal(2000);
  });

  it("ignores an earlier listener's lines after a new start, and keeps the earlier log", async () => {
    const { listener, start, tell, paths } = machine();
    start();
    tell(receive);
    await until(() => listener.look(false).job, "the message has arrived");
    tell("exit 2");
    await until(() => listener.look(false).exit !== undefined, "it has ended");
    expect(listener.look(false).job).to.equal(false);
    start();
    expect(listener.look(false)).to.include({ job: false });
    expect(existsSync(`${paths.listenerLog}.1`)).to.equal(true);
  });

  describe("the listener's growing log", () => {
    const traces = (megabytes: number) => `[WORKER ${"x".repeat(1015)}]\n`.repeat(megabytes << 10);
    const heldBytes = (path: string) => statSync(path).blocks * 512;
    const append = (paths: MachinePaths, megabytes: number, look: () => unknown) => {
      for (let megabyte = 0; megabyte < megabytes; megabyte++) {
        appendFileSync(paths.listenerLog, traces(1));
        look();
      }
    };

    it("gives up the space of lines that were read, even during a job, and a restarted agent still knows the job", async () => {
      const { listener, start, tell, paths, watch, ended, hook } = machine();
      start();
      for (const words of [receive, run, work]) tell(words);
      await until(() => listener.look(false).worker, "the job has begun");
      await until(
        () => readFileSync(paths.listenerLog, "utf8").includes("Send job request message"),
        "the job is logged",
      );
      hook(4711);
      append(paths, 24, () => listener.look(false));
      await until(() => (listener.look(false), heldBytes(paths.listenerLog) < 4 << 20), "the log is freed");
      expect(statSync(paths.listenerLog).size, "nothing is cut").to.be.greaterThan(24 << 20);
      const again = watch();
      expect(again.look(false)).to.deep.include({ job: true, worker: true });
      expect(again.look(false).facts.runId).to.equal("4711");
      tell(complete);
      await until(() => !again.look(false).job, "the end has been read");
      expect(ended.map(({ job }) => job.result)).to.deep.equal(["Succeeded"]);
    });

    it("gives up the space of all earlier lines once no job is open", async () => {
      const { listener, start, tell, paths } = machine();
      start();
      tell(receive);
      tell(run);
      tell(complete);
      await until(
        () => existsSync(paths.listenerLog) && readFileSync(paths.listenerLog, "utf8").includes("finish job"),
        "the end is logged",
      );
      await until(() => !listener.look(false).job, "the end is read");
      append(paths, 3, () => listener.look(false));
      await until(
        () => (listener.look(false), !readFileSync(paths.listenerLog, "utf8").includes("finish job")),
        "the log is freed",
      );
    });

    it("stays as it is if the file system cannot free its space, which is reported once", async () => {
      const { start, paths, host, watch } = machine();
      const lines: string[] = [];
      host.log = (line) => lines.push(line);
      host.run = () => Promise.resolve({ code: 1, output: "Operation not supported\n" });
      start();
      const listener = watch();
      append(paths, 6, () => listener.look(false));
      await until(() => lines.length > 0, "that is reported");
      append(paths, 3, () => listener.look(false));
      expect(lines).to.deep.equal([
        "The space of the listener's log cannot be freed: Operation not supported",
      ]);
    });
  });
});
