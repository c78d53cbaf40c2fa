import { StopInstancesCommand, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { expect } from "chai";
import type { LedgerRecord } from "../../../contract/ledger.ts";
import { logGroupName, machineName } from "../../../contract/names.ts";
import { fleetParameters, tokenParameter } from "../../../contract/parameters.ts";
import { tags } from "../../../contract/tags.ts";
import { eventually, startEnvironment } from "../../environment.ts";
import type { TestEnvironment } from "../../environment.ts";
import { toolsLimitMs } from "../../find-tools.ts";
import { successor, fleetControlsOf } from "../../fleet-controls.ts";
import type { FleetControls } from "../../fleet-controls.ts";
import { githubApi } from "../github-api.ts";
import { programsOf } from "../machine-processes.ts";
import { entryOf, instanceOf, oneRunner, rosterOf, runner } from "../one-runner.ts";
import type { UserJobs } from "../user-jobs.ts";
import { impatient, userJobs } from "../user-jobs.ts";

/*
 * Situations that cost users of other tools their jobs, on the one machine of a
 * fleet: wrong answers of GitHub, mistakes of operators, an agent without AWS,
 * an agent that dies. Each test continues where the one before ended.
 */
describe("a machine that must leave", function () {
  this.timeout(600_000);
  /** The tests take seconds on a free computer. After this limit it is not just slow. */
  let environment: TestEnvironment;
  let controls: FleetControls;
  let jobs: UserJobs;
  let id: string;

  before(async function () {
    this.timeout(toolsLimitMs);
    environment = await startEnvironment(impatient);
    controls = fleetControlsOf(environment);
    jobs = userJobs(environment);
    await environment.configure(oneRunner({}, { enabled: false }));
    await environment.up();
    id = rosterOf(environment)[0]!;
  });
  after(async () => {
    controls.close();
    await environment.close();
  });

  const machine = () => instanceOf(environment, id);
  const tag = (key: string) => machine().tags[key] ?? "";
  const programs = () => programsOf(environment, id);
  const soon = (what: string, holds: () => boolean) => eventually(what, holds);
  const isIdle = () => soon("the machine is idle", () => tag(tags.state) === "idle");
  const isStopped = () => soon("the machine has stopped", () => machine().state === "stopped");
  const wake = async () => {
    await controls.wake("cloud", id);
    await isIdle();
  };
  /** Waits until the agent has read the lists so often that it would have left because of them. */
  const listsAreAskedFor = async () => {
    const calls = () =>
      environment.cloud.aws.calls().filter(({ action }) => action === "ssm:GetParameters").length;
    const before = calls();
    await soon("the lists have been asked for", () => calls() > before + 12);
  };

  it("stays until its job has ended, although GitHub calls it free for the job's first minute", async () => {
    await isIdle();
    const { clock, github } = environment.cloud;
    const job = await jobs.start();
    const seesJobAfterMs = 60_000;
    const heal = github.faults.add({
      kind: "busy",
      report: (truth) => truth && clock.now() - job.startedAt! > seesJobAfterMs,
    });
    expect((await githubApi(environment).runner(entryOf(environment, id)!.id)).busy).to.equal(false);
    await controls.sleep("cloud");
    await soon("it says that it stays", () => tag(tags.detail).startsWith("Leaves when its job has ended."));
    expect(machine().state).to.equal("running");
    await jobs.letEnd();
    heal();
    expect(job.conclusion).to.equal("success");
    await isStopped();
    await wake();
  });

  it("is neither stopped nor terminated by an operator who may do anything, and its job succeeds", async () => {
    const job = await jobs.start();
    const { ec2 } = environment;
    const InstanceIds = [id];
    const calls = [
      () => ec2.send(new StopInstancesCommand({ InstanceIds })),
      () => ec2.send(new StopInstancesCommand({ InstanceIds, Force: true })),
      () => ec2.send(new TerminateInstancesCommand({ InstanceIds })),
    ];
    for (const call of calls) {
      const refusal: unknown = await call().catch((error: unknown) => error);
      expect(refusal).to.have.property("name", "OperationNotPermitted");
    }
    expect(machine().state).to.equal("running");
    await jobs.letEnd();
    expect(job.conclusion).to.equal("success");
  });

  it("takes the job that came while its listener was frozen and its agent was dead, and leaves after it", async () => {
    await isIdle();
    await controls.sleep("cloud");
    const { agent, listener } = programs();
    // This is the state in which an agent leaves it that is killed between freezing and looking again.
    process.kill(agent!, "SIGKILL");
    process.kill(listener!, "SIGSTOP");
    const job = jobs.send();
    await soon("the job is in progress", () => job.status === "in_progress");
    expect(programs().listener, "the listener").to.equal(listener);
    await jobs.letEnd();
    expect(job.conclusion).to.equal("success");
    await isStopped();
    await wake();
  });

  it("leaves when its agent died while its listener was frozen, and no job came", async () => {
    await controls.sleep("cloud");
    const { agent, listener } = programs();
    process.kill(agent!, "SIGKILL");
    process.kill(listener!, "SIGSTOP");
    await isStopped();
    await wake();
  });

  const { candidates, roster } = fleetParameters("local", "cloud");
  const damages: [what: string, damage: () => Promise<void>][] = [
    ["were emptied by hand", () => controls.list("cloud", [])],
    ["are damaged", () => both((name) => controls.write(name, '{"machines":'))],
    ["were deleted", () => both((name) => controls.erase(name))],
  ];
  const both = async (act: (name: string) => Promise<void>) => {
    for (const name of [candidates, roster]) await act(name);
  };
  for (const [what, damage] of damages)
    it(`is not retired by lists that ${what}, and continues to work`, async () => {
      await isIdle();
      const { listener } = programs();
      await damage();
      await listsAreAskedFor();
      expect(tag(tags.detail), "what it says").to.equal("");
      const job = await jobs.start();
      await jobs.letEnd();
      expect(job.conclusion).to.equal("success");
      expect(machine().state).to.equal("running");
      expect(programs().listener, "the same listener").to.equal(listener);
      await controls.list("cloud", [id]);
    });

  it("asks for a token when its entry was deleted during a job, and continues with another", async () => {
    await isIdle();
    const api = githubApi(environment);
    const job = await jobs.start();
    await api.removeRunner(entryOf(environment, id)!.id);
    await soon("it asks for a token", () => tag(tags.state) === "needs-token");
    // The runner itself cancels its job when it learns that its registration is
    // gone. Nothing else has ended a job.
    expect(job).to.include({ status: "completed", conclusion: "cancelled" });
    expect(machine().state).to.equal("running");

    await controls.write(tokenParameter("local", "cloud", id), await api.newToken());
    await isIdle();
    await api.addLabels(entryOf(environment, id)!.id, ["self-hosted", "cloud"]);
    const next = await jobs.start();
    await jobs.letEnd();
    expect(next.conclusion).to.equal("success");
    expect(next.runner!.name).to.equal(machineName(runner, id));
  });

  it("completes its job and takes another while AWS answers none of its calls, and retires once AWS answers", async () => {
    await isIdle();
    const { aws } = environment.cloud;
    const job = await jobs.start();
    const heal = [
      { action: "ssm:GetParameters", error: "ThrottlingException" },
      { action: "ec2:CreateTags", error: "RequestLimitExceeded" },
      { action: "ec2:ModifyInstanceAttribute", error: "Unavailable" },
      { action: "logs:PutLogEvents", error: "ServiceUnavailableException" },
      { action: "cloudwatch:PutMetricData", error: "InternalFailure" },
    ].map((fault) => aws.faults.add({ ...fault, times: Infinity }));
    await controls.list("cloud", [successor]);
    await jobs.letEnd();
    expect(job.conclusion).to.equal("success");
    const { listener } = programs();
    await listsAreAskedFor();
    expect(programs().listener, "the same listener").to.equal(listener);
    const next = await jobs.start();
    await jobs.letEnd();
    expect(next.conclusion, "a job of the time in which it cannot know that it was dropped").to.equal(
      "success",
    );
    expect(machine().state).to.equal("running");

    for (const fault of heal) fault();
    await soon("the machine has terminated itself", () => machine().state === "terminated");
    const { [machineName(runner, id)]: ledger = [] } = aws.account.logs[logGroupName("local", "cloud")]!;
    const records = ledger.map(({ message }) => JSON.parse(message) as LedgerRecord);
    for (const { run } of [job, next]) {
      const ofTheRun = records.filter(({ runId }) => runId === String(run.id));
      expect(
        ofTheRun.map(({ result }) => result),
        "in the ledger",
      ).to.deep.equal(["Succeeded"]);
    }
    // The ledger covers sleep and wake, dead agents, and a restarted listener.
    const runs = records.flatMap(({ runId = null }) => runId ?? []);
    expect(new Set(runs), "no run is written twice").to.have.property("size", runs.length);
    const cancelled = records.filter(({ result }) => result === "Canceled");
    expect(cancelled.map(({ cause }) => cause)).to.deep.equal(["registration-gone"]);
  });
});
