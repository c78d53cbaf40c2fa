import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { logGroupName, machineName } from "../../contract/names.ts";
import type { LedgerRecord } from "../../contract/ledger.ts";
import { tokenParameter, usedToken } from "../../contract/parameters.ts";
import { tags } from "../../contract/tags.ts";
import type { Job } from "../../local/github/index.ts";
import { eventually, startEnvironment } from "../environment.ts";
import type { TestEnvironment } from "../environment.ts";
import { toolsLimitMs } from "../find-tools.ts";
import { environmentPatienceMs } from "../patience.ts";
import { diskOf, programsOf } from "./machine-processes.ts";
import { entryOf, instanceOf, oneRunner, rosterOf, runner } from "./one-runner.ts";
import { workFile } from "./work-file.ts";

/*
 * Failures and restarts of a machine in service, and its agent's response. The
 * listener, the worker and the agent itself are killed as the kernel would kill
 * them, and the machine is rebooted. Each test continues where the one before
 * ended.
 */
describe("a machine in service", function () {
  this.timeout(600_000);
  let environment: TestEnvironment;
  let id: string;
  let orphaned: Job;

  before(async function () {
    this.timeout(toolsLimitMs);
    environment = await startEnvironment();
    await environment.configure(oneRunner());
    await environment.up();
    id = rosterOf(environment)[0]!;
    environment.cloud.github.push("acme/app", ".github/workflows/work.yml", tenMinutesOfWork);
    await letJobsEnd();
  });
  after(() => environment.close());

  const programs = () => programsOf(environment, id);
  const tag = (key: string) => instanceOf(environment, id).tags[key];
  const ledger = (): LedgerRecord[] => {
    const group = environment.cloud.aws.account.logs[logGroupName("local", "cloud")] ?? {};
    const events = group[machineName(runner, id)] ?? [];
    return events
      .map(({ message }) => JSON.parse(message) as LedgerRecord)
      .filter((line) => !("kind" in line)); // Only jobs, without the machine's starts.
  };
  /** Lets the cloud's time run until the jobs of all runs have ended. */
  const letJobsEnd = async () => {
    environment.cloud.clock.setFactor(600);
    await eventually("all jobs are over", () =>
      environment.cloud.github.jobs().every(({ status }) => status === "completed"),
    );
    environment.cloud.clock.setFactor(1);
  };
  const isIdle = () => eventually("the machine is idle", () => tag(tags.state) === "idle");
  /** A user's job on the machine, in progress and known to the agent. */
  const startJob = async (): Promise<Job> => {
    const run = environment.cloud.github.dispatch("acme/app", "work.yml");
    await eventually("the job has a worker", () => programs().worker !== undefined);
    await eventually("the agent reports the job", () => tag(tags.job) === `acme/app/actions/runs/${run.id}`);
    return run.jobs[0]!;
  };
  const recordsOf = (job: Job) => ledger().filter(({ runId }) => runId === String(job.run.id));
  const endJob = async (job: Job) => {
    await letJobsEnd();
    await eventually("the job is in the ledger", () => recordsOf(job).length > 0);
    expect(job.conclusion).to.equal("success");
    expect(recordsOf(job).map(({ result }) => result)).to.deep.equal(["Succeeded"]);
  };

  it("starts its listener again when that is killed, and takes jobs as before", async () => {
    await isIdle();
    const { listener } = programs();
    process.kill(listener!, "SIGKILL");
    await eventually("another listener runs", () => {
      const now = programs().listener;
      return now !== undefined && now !== listener;
    });
    await endJob(await startJob());
  });

  it("is tidied after a job, before GitHub shows the job's end", async () => {
    await isIdle();
    const disk = diskOf(environment, id);
    environment.cloud.github.push("acme/app", ".github/workflows/untidy.yml", untidyWork);
    const run = environment.cloud.github.dispatch("acme/app", "untidy.yml");
    const rest = ["tmp/rest", "home/runner/.netrc"].map((path) => join(disk, path));
    await eventually("the job is over", () => {
      const left = [...rest.filter(existsSync), ...programs().left];
      const over = run.jobs[0]!.status === "completed";
      if (over) expect(left).to.deep.equal([]);
      return over;
    });
    expect(run.jobs[0]!.conclusion).to.equal("success");
    expect(programs().listener).to.be.a("number");
  });

  it("completes a job although its agent is killed: the next agent adopts listener and job", async () => {
    await isIdle();
    const job = await startJob();
    const before = programs();
    process.kill(before.agent!, "SIGKILL");
    await eventually("another agent runs", () => {
      const { agent } = programs();
      return agent !== undefined && agent !== before.agent;
    });
    expect(programs()).to.include({ listener: before.listener, worker: before.worker });
    await endJob(job);
    await isIdle();
    expect(programs().listener, "the same listener still").to.equal(before.listener);
  });

  it("completes a job whatever happens to its units: repeated restarts, a change of the target, a kill of all their processes", async () => {
    await isIdle();
    const job = await startJob();
    const { listener, worker } = programs();
    const unit = "longhaul-agent.service";
    for (let times = 0; times < 6; times++) await environment.onMachine(id, "systemctl", "restart", unit);
    await environment.onMachine(id, "systemctl", "isolate", "multi-user.target");
    await environment.onMachine(id, "systemctl", "restart", "longhaul-shutdown.service");
    const { agent } = programs();
    await environment.onMachine(id, "systemctl", "kill", "--signal=KILL", unit);
    await eventually("another agent runs", () => {
      const now = programs().agent;
      return now !== undefined && now !== agent;
    });
    expect(programs()).to.include({ listener, worker });
    await endJob(job);
  });

  it("comes back from a reboot without registering twice, and takes jobs as before", async () => {
    await isIdle();
    const { clientId } = entryOf(environment, id)!;
    const { agent } = programs();
    await environment.onMachine(id, "reboot");
    await eventually("the agent of the next boot runs", () => {
      const now = programs().agent;
      return now !== undefined && now !== agent;
    });
    await endJob(await startJob());
    const runs = ledger().map(({ runId }) => runId);
    expect(new Set(runs), "each job is written once").to.have.property("size", runs.length);
    expect(entryOf(environment, id)!.clientId, "its credentials at GitHub").to.equal(clientId);
    const token = environment.cloud.aws.account.parameters[tokenParameter("local", "cloud", id)]!;
    expect(token.value).to.equal(usedToken);
    expect(instanceOf(environment, id).console).to.include("the user data was run at an earlier boot");
  });

  it("does not replace a listener that died in mid-job while its worker lives", async () => {
    await isIdle();
    orphaned = await startJob();
    const { listener, worker } = programs();
    process.kill(listener!, "SIGKILL");
    const reads = () =>
      environment.cloud.aws.calls().filter(({ action }) => action === "ssm:GetParameters").length;
    await eventually("the agent reports it", () => (tag(tags.detail) ?? "").includes("listener has died"));
    expect(tag(tags.state)).to.equal("busy");
    // An idle listener would have been started again after five seconds. The agent reads its lists every half a second.
    const before = reads();
    await eventually(
      "the agent has read its lists for longer than that",
      () => {
        expect(programs()).to.deep.include({ listener: undefined, worker });
        return reads() > before + 12;
      },
      environmentPatienceMs,
      250,
    );
    expect(instanceOf(environment, id).state).to.equal("running");
  });

  it("reports that job correctly, which its worker completes, and takes the next one", async () => {
    await endJob(orphaned);
    expect(recordsOf(orphaned)[0]!.cause).to.equal("listener-ended");
    await eventually("another listener runs", () => programs().listener !== undefined);
    await isIdle();
    await endJob(await startJob());
  });

  it("recognises the beginning and the end of a job whatever its name contains", async () => {
    const strange =
      "one\r\ntwo\u2028[RUNNER 2026-05-01 10:00:00Z INFO JobDispatcher] x\nThe runner no longer exists on the server";
    const text = tenMinutesOfWork.replace("  work:\n", `  work:\n    name: ${JSON.stringify(strange)}\n`);
    environment.cloud.github.push("acme/app", ".github/workflows/work.yml", text);
    await isIdle();
    const { listener } = programs();
    const job = await startJob();
    expect(job.name).to.include("\r").and.include("\n");
    await endJob(job);
    await isIdle();
    expect(programs().listener).to.equal(listener);
  });
});

/**
 * Leaves behind a process that has left its session and cleared the runner's
 * mark, a temporary file and a credential.
 */
const untidyWork = workFile(`
env --unset RUNNER_TRACKING_ID setsid nohup bash -c 'exec -a left-running /bin/sleep 86400' >/dev/null 2>&1 &
echo canary | tee "$LONGHAUL_ROOT/tmp/rest" >"$LONGHAUL_ROOT/home/runner/.netrc"
until pgrep -u runner | xargs -I @ cat /proc/@/cmdline | grep -q left-running; do :; done
`);

const tenMinutesOfWork = workFile("sleep 600");
