import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "chai";
import { endProcesses, findProcesses } from "../../../local/machines/processes.ts";
import { buildRunnerTarball } from "../../../local/runner/tarball.ts";
import { systemClock } from "../../../runtime/agent/clock.ts";
import { commandRunner } from "../../../runtime/agent/command.ts";
import type { FleetView } from "../../../runtime/agent/fleet-memory.ts";
import type { EndedJob } from "../../../runtime/agent/jobs.ts";
import type { JobLimit } from "../../../runtime/agent/runner-observation.ts";
import { watchListener } from "../../../runtime/agent/listener-watch.ts";
import { pathsBelow } from "../../../runtime/agent/paths.ts";
import { processTable } from "../../../runtime/agent/processes.ts";
import { register } from "../../../runtime/agent/registration.ts";
import { watchIncidents } from "../../../runtime/agent/incidents.ts";
import { supervise } from "../../../runtime/agent/supervisor.ts";
import { findTools, toolsLimitMs } from "../../find-tools.ts";
import { acme, startGithub, until } from "../../local/github/cloud.ts";
import type { StartedGithub } from "../../local/github/cloud.ts";
import { configuration, temporaryFolder } from "../../unit/runtime/fixture.ts";
import { putCommands, setprivCommand, systemdRunCommand } from "../../unit/runtime/stand-ins.ts";

/*
 * The agent's own code, the runner's stand-in and the emulated GitHub, put
 * together without a machine around them. Each test continues from the one before.
 */
describe("a job that runs for longer than its fleet allows", function () {
  this.timeout(240_000); // Takes seconds on an idle computer.
  const name = "dev-cloud-1-i-1";
  const workflow = `
on: { workflow_dispatch: { inputs: { seconds: {} } } }
jobs:
  work:
    runs-on: ${name}
    steps:
      - name: Long
        run: sleep \${{ inputs.seconds }}
      - name: Always
        if: always()
        run: echo tidied
`;
  const folder = temporaryFolder();
  const reports: string[] = [];
  const ended: EndedJob[] = [];
  let jobLimit: JobLimit = { hours: 24, enforce: false };
  let github: StartedGithub;
  let over = false;
  let supervised: Promise<unknown>;

  before(async function () {
    this.timeout(toolsLimitMs);
    const { act } = await findTools();
    github = await startGithub({ wireNow: () => Date.now() });
    github.github.push("acme/app", ".github/workflows/long.yml", workflow);
    supervised = startAgent(await installRunner(act.path));
  });
  after(async () => {
    over = true;
    await supervised;
    await endProcesses(() => findProcesses((entries) => entries.includes(`LONGHAUL_TEST=${folder.path}`)));
    await github.close();
    folder.remove();
  });

  const soon = (what: string, holds: () => boolean) => until(what, holds);
  const send = async (seconds: number) => {
    const [job] = github.github.dispatch("acme/app", "long.yml", { seconds: String(seconds) }).jobs;
    await soon("the step is at work", () =>
      job!.steps.some(({ status, name: step }) => step === "Long" && status === "in_progress"),
    );
    return job!;
  };
  const listener = () => processTable("/proc", pathsBelow(folder.path, "runner").runner).findListener()?.pid;
  let job: Awaited<ReturnType<typeof send>>;
  let listenerBefore: number | undefined;

  it("is reported, and runs on", async () => {
    job = await send(600);
    listenerBefore = listener();
    jobLimit = { hours: 0.0001, enforce: false };
    await soon(
      "the agent reports it",
      () => reports.at(-1)?.includes("longer than maxJobHours allows") === true,
    );
    const looks = reports.length;
    await soon("some looks have passed", () => reports.length > looks + 2);
    expect(reports.at(-1)).to.match(/^busy: Its job has run for 0 h, .* runs on: cancel it at GitHub/);
    expect(job.status).to.equal("in_progress");
  });

  it("is ended if the limit is enforced, and GitHub shows why", async () => {
    jobLimit = { hours: 0.0001, enforce: true };
    await soon("the job has ended", () => job.status === "completed");
    expect(job.conclusion).to.equal("failure");
    expect(github.github.logOf(job)).to.include("The runner has received a shutdown signal.");
    expect(github.github.logOf(job)).to.not.include("tidied");
    await soon("the ledger has it", () => ended.length === 1);
    expect(ended[0]).to.include({ result: "Failed", cause: "overdue" });
  });

  it("is followed by the next job on the same listener", async () => {
    jobLimit = { hours: 24, enforce: true };
    await soon("the machine is idle", () => reports.at(-1) === "idle: ");
    const next = await send(1);
    await soon("the next job has ended", () => next.status === "completed");
    expect(next.conclusion).to.equal("success");
    await soon("the ledger has it", () => ended.length === 2);
    expect(ended[1]).to.include({ result: "Succeeded" }).and.not.have.property("cause");
    expect(listener()).to.be.a("number").and.equal(listenerBefore);
  });

  async function installRunner(act: string) {
    const paths = pathsBelow(folder.path, "runner");
    mkdirSync(paths.runner, { recursive: true });
    const { path } = buildRunnerTarball(folder.path, "2.338.0");
    execFileSync("tar", ["-xzf", path, "-C", paths.runner]);
    for (const file of [paths.listenerLog, paths.listenerProcess]) {
      mkdirSync(file.replace(/[^/]+$/, ""), { recursive: true });
    }
    putCommands(`${folder.path}/commands`, { setpriv: setprivCommand, "systemd-run": systemdRunCommand });
    const environment = {
      PATH: `${folder.path}/commands:${process.env.PATH!}`,
      RUNNER_ALLOW_RUNASROOT: "1",
      LONGHAUL_TEST: folder.path,
      LONGHAUL_ACT: act,
    };
    const account = { name: "runner", groupId: "1001", home: `${folder.path}/home/runner` };
    const { data } = await github.octokit.rest.actions.createRegistrationTokenForRepo(acme);
    const registered = await register({
      ...{ paths, account, machine: name },
      configuration: { ...configuration, github: { registrationUrl: `${github.url}/acme/app` } },
      token: {
        read: () => Promise.resolve({ token: data.token }),
        markUsed: () => Promise.resolve(),
        isKept: () => Promise.resolve(false),
      },
      run: commandRunner(environment),
      sleep: systemClock.sleep,
    });
    expect(registered).to.deep.equal({ outcome: "registered" });
    return { paths, account, environment };
  }

  /** Starts the agent as runtime/agent/main.ts does, but without AWS. */
  function startAgent(runner: Awaited<ReturnType<typeof installRunner>>): Promise<unknown> {
    const end = new Error("the test is over");
    const quietMs = 180_000;
    const clock = {
      ...systemClock,
      sleep: async (milliseconds: number) => {
        if (milliseconds > 1000) return new Promise<never>(() => undefined); // The agent never reads the fleet's parameters again.
        await delay(milliseconds);
        if (over) throw end;
      },
    };
    const add = (one: EndedJob) => {
      ended.push(one);
    };
    const nothing = () => Promise.resolve();
    const report = ({ state, detail }: { state: string; detail: string }) => {
      reports.push(`${state}: ${detail}`);
    };
    const view = (): FleetView => ({
      listing: "service",
      mayRetire: true,
      power: { power: "on", by: "stack", reason: "the fleet was created" },
      jobLimit,
      idleMinutes: undefined,
    });
    return supervise({
      ...{ quietMs, clock, pollSeconds: 30 },
      listener: watchListener(
        {
          ...{ ...runner, clock, quietMs, machine: name, log: () => undefined },
          processes: processTable("/proc", runner.paths.runner),
          reachGithub: () => Promise.resolve(true),
          run: () => Promise.resolve({ code: 0, output: "" }),
          log: () => undefined,
        },
        add,
      ),
      fleet: { read: nothing, view, nextReadMs: () => 30_000 },
      sleepTime: () => Infinity,
      power: {
        ...{ cancelBootTimer: nothing, endAtPowerOff: nothing, stopAtPowerOff: nothing, powerOff: nothing },
        isPoweringOff: () => false,
      },
      tags: { report, reportNow: nothing },
      ledger: { add, noteStart: () => undefined, noteStop: () => undefined, flush: nothing },
      ballast: { look: nothing },
      runnerLogs: { look: () => undefined },
      incidents: watchIncidents(clock, () => undefined),
      register: () => Promise.resolve({ outcome: "registered" }),
      overwriteUsedToken: () => Promise.resolve(),
      publish: nothing,
      log: () => undefined,
    }).catch((error: unknown) => {
      if (error !== end) throw error;
    });
  }
});
