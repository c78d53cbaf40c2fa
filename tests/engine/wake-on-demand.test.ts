import { join } from "node:path";
import { expect } from "chai";
import type { FunctionName } from "../../contract/names.ts";
import type { EnvironmentStatus } from "../../observe/environment-status.ts";
import { appKeyFile } from "../../local/cloud.ts";
import { installedApp } from "../../local/github/installed-app.ts";
import { eventually, startEnvironment } from "../environment.ts";
import type { TestEnvironment } from "../environment.ts";
import { toolsLimitMs } from "../find-tools.ts";
import { openWorkplace } from "../journey/command-line.ts";
import type { Workplace } from "../journey/command-line.ts";
import { functionLog, instanceOf, oneRunner, rosterOf } from "../journey/one-runner.ts";
import { impatient, userJobs } from "../journey/user-jobs.ts";
import type { UserJobs } from "../journey/user-jobs.ts";

/*
 * GitHub's webhook, the receiver, the table, the queue and the controller, each
 * as deployed. Each test continues where the one before ended.
 */
describe("a fleet that is woken by jobs", function () {
  this.timeout(600_000);
  let environment: TestEnvironment;
  let jobs: UserJobs;
  let machine: string;
  let workplace: Workplace;

  before(async function () {
    this.timeout(toolsLimitMs);
    [environment, workplace] = await Promise.all([startEnvironment(impatient), openWorkplace()]);
    await environment.configure((config) => {
      // Longer than GitHub takes to assign a job again that it had offered to a machine which was gone.
      oneRunner({ autoShutdown: { idleMinutes: 0.4 } }, { enabled: false })(config);
      config["longhaul:wakeOnDemand"] = { enabled: true, app: installedApp };
    });
    await environment.up();
    [machine] = rosterOf(environment) as [string];
    jobs = userJobs(environment);
  });
  after(async () => {
    await environment.close();
    await workplace.close();
  });

  const state = () => instanceOf(environment, machine).state;
  const logOf = (name: FunctionName) => functionLog(environment, name);
  const appKey = (...words: string[]) =>
    workplace.longhaul(environment.cloud.environment, "app-key", "--stack", "local", ...words);
  const deliveries = () =>
    environment.cloud.github
      .deliveries()
      .map(({ event, action, status }) => `${action ?? event} ${status ?? ""}`);

  it("has a webhook that its receiver answers", () => {
    expect(deliveries()).to.deep.equal(["ping 200"]);
  });

  it("sleeps when it has no jobs", async () => {
    await eventually("the machine sleeps", () => state() === "stopped");
  });

  it("wakes as soon as a job is queued, without waiting for the minute, and the job ends well", async () => {
    const job = jobs.send();
    await eventually("the machine is started", () => state() !== "stopped");
    await eventually("the log says why", () =>
      logOf("controller").some((line) => /^Started .*job \d+ of acme\/app waits/.test(line)),
    );
    await eventually("the job is in progress", () => job.status === "in_progress");
    await jobs.letEnd();
    expect(job.conclusion).to.equal("success");
  });

  it("counts that wake on the job, and keeps the job as a tombstone", async () => {
    const items = () =>
      Object.values(environment.cloud.aws.account.tables["longhaul-local-waiting-jobs"] ?? {});
    await eventually("the job's end is written", () => JSON.stringify(items()).includes("completed"));
    expect(items()).to.have.lengthOf(1);
    expect(JSON.stringify(items())).to.include(machine);
  });

  it("wakes for a job with a lost webhook delivery, once the controller has asked GitHub", async () => {
    const { clock, dir, github } = environment.cloud;
    const { code, stderr } = await appKey("--file", join(dir, appKeyFile));
    expect(code, stderr).to.equal(0);
    await eventually("the machine sleeps", () => state() === "stopped");
    const undo = github.faults.add({ kind: "delivery", effect: "lose", action: "queued" });
    const job = jobs.send();
    clock.advance(fiveMinutes - (clock.now() % fiveMinutes));
    await eventually("the sweep finds the job", () =>
      logOf("controller").includes(
        `Job ${job.id} of acme/app is queued: no webhook delivery has said so, the sweep found it.`,
      ),
    );
    expect(deliveries().filter((delivery) => delivery.startsWith("queued"))).to.have.lengthOf(1);
    undo();
    clock.advance(60_000);
    await eventually("the machine is started", () => state() !== "stopped");
    await eventually("the job is in progress", () => job.status === "in_progress");
    await jobs.letEnd();
    expect(job.conclusion).to.equal("success");
  });

  it("sleeps again afterwards, and a job with other labels starts no machine", async () => {
    await eventually("the machine sleeps", () => state() === "stopped");
    const { github } = environment.cloud;
    github.push("acme/app", ".github/workflows/hosted.yml", hosted);
    const before = deliveries().length;
    github.dispatch("acme/app", "hosted.yml");
    await eventually("the delivery is answered", () => deliveries().slice(before).includes("queued 204"));
    expect(state()).to.equal("stopped");
  });

  it("stays asleep by its idle timeout when an operator's override is cleared, and says so", async () => {
    const { clock, environment: env } = environment.cloud;
    const longhaul = async (...words: string[]) => {
      const { code, stdout, stderr } = await workplace.longhaul(env, ...words, "--stack", "local");
      expect(code, stderr).to.equal(0);
      return stdout;
    };
    const detail = async () =>
      (JSON.parse(await longhaul("status", "--json")) as EnvironmentStatus).runners[0]!.detail;
    await longhaul("sleep", "--fleet", "cloud", "--reason", "repair");
    expect(await detail()).to.match(/^Power is off by \S+: repair\.$/);
    await longhaul("sleep", "--fleet", "cloud", "--clear");
    const before = logOf("controller").length;
    clock.advance(minute);
    await eventually("the controller has run", () => logOf("controller").length > before);
    expect(state()).to.equal("stopped");
    expect(await detail()).to.include("its fleet has an idle timeout of 0.4 min");
  });

  it("is started when that timeout is removed from the configuration", async () => {
    await environment.configure((config) => {
      oneRunner({}, { enabled: false })(config);
      config["longhaul:wakeOnDemand"] = { enabled: true, app: installedApp };
    });
    await environment.up();
    environment.cloud.clock.advance(minute);
    await eventually("the machine is started", () => state() !== "stopped");
    await eventually("the log says why", () =>
      logOf("controller").some((line) =>
        line.startsWith(`Started ${machine} of cloud: nothing keeps it asleep`),
      ),
    );
  });

  it("had all permissions that it needed, and none of its functions failed", () => {
    const refused = environment.cloud.aws
      .calls()
      .filter(
        ({ caller, error }) => caller?.includes("assumed-role/local-") && error?.startsWith("AccessDenied"),
      );
    expect(refused).to.deep.equal([]);
    for (const name of ["controller", "receiver"] as const) {
      expect(
        logOf(name).filter((line) => line.startsWith("ERROR")),
        name,
      ).to.deep.equal([]);
    }
  });

  it("leaves nothing behind", async () => {
    expect((await appKey("--remove")).code).to.equal(0);
    await environment.destroy();
    expect(environment.cloud.aws.account.parameters).to.deep.equal({});
    expect(Object.values(environment.cloud.aws.account.resources).flatMap(Object.keys)).to.deep.equal([]);
  });
});

const minute = 60_000;
const fiveMinutes = 5 * minute;
const hosted = "on: workflow_dispatch\njobs: { one: { runs-on: ubuntu-latest, steps: [{ run: 'true' }] } }\n";
