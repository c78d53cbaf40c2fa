import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { expect } from "chai";
import { parseMachineName } from "../../contract/names.ts";
import { formatOverrideSetting, initialOverrideSetting } from "../../contract/override.ts";
import { fleetParameters } from "../../contract/parameters.ts";
import { tags } from "../../contract/tags.ts";
import type { Job } from "../../local/github/index.ts";
import { eventually, startEnvironment } from "../environment.ts";
import type { StackValues, TestEnvironment } from "../environment.ts";
import { toolsLimitMs } from "../find-tools.ts";
import { candidatesOf, failureOf, instanceOf, rosterOf } from "../journey/one-runner.ts";

/*
 * Changes of the stack while users' jobs run, on the real engine. None of them
 * waits long for a job, and none ends a job. Each test continues where the one
 * before ended, with a serving machine of the fleet `cloud` and one of
 * `nightly`.
 */
describe("a stack that changes while jobs run", function () {
  this.timeout(600_000);
  let environment: TestEnvironment;
  let generation = 1;
  let cidr = "10.42.0.0/16";

  before(async function () {
    this.timeout(toolsLimitMs);
    environment = await startEnvironment();
    // An operator who does not want to wait sets this before `pulumi up` or `pulumi destroy`.
    environment.cloud.environment.LONGHAUL_DRAIN_MINUTES = "0.05";
    const { github } = environment.cloud;
    for (const fleet of ["cloud", "nightly"]) {
      github.push("acme/app", `.github/workflows/${fleet}.yml`, tenMinutesOf(fleet));
    }
    await configure();
    await environment.up();
    await letJobsEnd();
  });
  after(() => environment.close());

  /** Both fleets, unless others are given. */
  const configure = (fleets: StackValues = { nightly: { labels: ["nightly"] } }) =>
    environment.configure((config) => {
      config["longhaul:fleets"] = { cloud: { generations: { 1: generation } }, ...fleets };
      config["longhaul:network"] = { cidr };
      config["longhaul:smokeTest"] = { minutes: 2 };
    });
  const serving = (fleet = "cloud") => rosterOf(environment, fleet)[0]!;
  const state = (id: string) => instanceOf(environment, id).state;
  const launched = () => environment.cloud.aws.instances().length;

  /** A user's job on the serving machine of a fleet, in progress and known to the machine's agent. */
  async function startJob(fleet = "cloud"): Promise<Job> {
    const id = serving(fleet);
    const tag = (key: string) => instanceOf(environment, id).tags[key];
    await eventually("the agent knows that the last job is over", () => tag(tags.state) === "idle");
    const run = environment.cloud.github.dispatch("acme/app", `${fleet}.yml`);
    const path = `acme/app/actions/runs/${run.id}`;
    await eventually("the agent reports the job", () => tag(tags.job) === path);
    const [job] = run.jobs;
    expect(instanceIdOf(job!)).to.equal(id);
    return job!;
  }

  const instanceIdOf = ({ runner }: Job) => parseMachineName(runner!.name)!.instanceId;

  /** Lets the cloud's time run until no job is queued or in progress. */
  async function letJobsEnd(): Promise<void> {
    environment.cloud.clock.setFactor(600);
    await eventually("all jobs are over", () =>
      environment.cloud.github.jobs().every(({ status }) => status === "completed"),
    );
    environment.cloud.clock.setFactor(1);
  }

  /**
   * Waits until the machine has ended itself and GitHub has noticed. Until then
   * GitHub may offer it the next job.
   */
  async function isGone(id: string): Promise<void> {
    await eventually(`${id} has ended itself`, () => state(id) === "terminated");
    await eventually(`GitHub shows ${id} offline`, async () => {
      const entries = await runnersAtGithub();
      return entries.every(({ name, status }) => !name.endsWith(id) || status === "offline");
    });
  }

  async function runnersAtGithub(): Promise<{ name: string; status: string }[]> {
    const { urls, environment: variables } = environment.cloud;
    const response = await fetch(`${urls.github}/api/v3/repos/acme/app/actions/runners`, {
      headers: { authorization: `Bearer ${variables.GITHUB_TOKEN!}` },
    });
    return ((await response.json()) as { runners: { name: string; status: string }[] }).runners;
  }

  it("proves a new machine and puts it into service, and the old one ends only after its job", async () => {
    const old = serving();
    const job = await startJob();
    generation = 2;
    await configure();
    await environment.up();
    expect(serving()).to.not.equal(old);
    expect(candidatesOf(environment)).to.deep.equal([serving()]);
    expect(job.status).to.equal("in_progress");
    await letJobsEnd();
    expect(job.conclusion).to.equal("success");
    await isGone(old);
  });

  it("goes back to a machine that still runs its job: in service again, without a new boot or smoke test", async () => {
    const first = serving();
    const job = await startJob();
    generation = 3;
    await configure();
    await environment.up();
    const second = serving();
    const [machines, dispatches] = [launched(), environment.cloud.github.dispatches().length];

    generation = 2;
    await configure();
    expect((await environment.preview()).changeSummary).to.include({ import: 1 });
    const { changes, outputs } = await environment.up();
    expect(changes).to.include({ import: 1 });
    expect([serving(), ...candidatesOf(environment)]).to.deep.equal([first, first]);
    expect(outputs.smoke, "runs that proved a machine").to.have.length(1);
    expect([launched(), environment.cloud.github.dispatches().length]).to.deep.equal([machines, dispatches]);
    expect(job.status).to.equal("in_progress");

    await letJobsEnd();
    expect(job.conclusion).to.equal("success");
    await isGone(second);
    await startJob();
    await letJobsEnd();
    expect(state(first)).to.equal("running");
  });

  it("finds nothing to change after that", async () => {
    const { changes } = await environment.up();
    expect(changes).to.have.all.keys("same");
  });

  it("stops if AWS does not list the living machines, because it would make a second one", async () => {
    environment.cloud.aws.faults.add({ action: "tag:GetResources", error: "AccessDeniedException" });
    expect(await failureOf(environment.preview()))
      .to.include("The living machines of local could not be looked up")
      .and.include("AccessDeniedException");
  });

  it("continues with a machine that an interrupted up has made", async () => {
    const [before, machines] = [serving(), launched()];
    environment.cloud.aws.faults.add({ action: "ec2:RunInstances", answerLost: true });
    generation = 4;
    await configure();
    expect(await failureOf(environment.up())).to.include("the answer to RunInstances was lost");
    expect(serving(), "the old one stays in service").to.equal(before);
    expect(launched()).to.equal(machines + 1);
    await environment.up();
    expect(launched(), "machines ever made").to.equal(machines + 1);
    expect(serving()).to.not.equal(before);
    await letJobsEnd();
    await isGone(before);
  });

  it("holds an old network until the last machine in it has ended its job, and says which", async () => {
    const old = serving();
    const { vpcId } = instanceOf(environment, old);
    const job = await startJob();
    cidr = "10.43.0.0/16";
    await configure();
    const failure = await failureOf(environment.up());
    expect(failure)
      .to.include(`still use the network of local (${vpcId}`)
      .and.include(`/acme/app/actions/runs/${job.run.id}`)
      .and.include("No job was ended");
    expect(serving(), "the new machine is in service nevertheless").to.not.equal(old);
    expect(job.status).to.equal("in_progress");

    await letJobsEnd();
    expect(job.conclusion).to.equal("success");
    await isGone(old);
    await environment.up();
    expect(Object.keys(environment.cloud.aws.account.resources["aws:ec2/vpc:Vpc"]!)).to.deep.equal([
      instanceOf(environment, serving()).vpcId,
    ]);
  });

  it("keeps a removed fleet until its job has ended, and says so", async () => {
    const old = serving("nightly");
    const job = await startJob("nightly");
    await configure({});
    const failure = await failureOf(environment.up());
    expect(failure)
      .to.include("still use the fleet local-nightly")
      .and.include(`/acme/app/actions/runs/${job.run.id}`);
    expect(job.status).to.equal("in_progress");

    await letJobsEnd();
    expect(job.conclusion).to.equal("success");
    await isGone(old);
    await environment.up();
    expect(Object.keys(environment.cloud.aws.account.parameters).filter((name) => name.includes("nightly")))
      .to.be.empty;
  });

  it("is not destroyed while a user's job runs, and the list has a link to it", async () => {
    const job = await startJob();
    const failure = await failureOf(environment.destroy());
    expect(failure)
      .to.include("still use the fleet local-cloud")
      .and.include(serving())
      .and.include(`/acme/app/actions/runs/${job.run.id}`);
    expect(job.status).to.equal("in_progress");
    expect(state(serving())).to.equal("running");
  });

  it("takes jobs on the same machine again when the destroy is abandoned", async () => {
    const machine = serving();
    await reopen("cloud");
    await letJobsEnd();
    expect(environment.cloud.github.jobs().every(({ conclusion }) => conclusion === "success")).to.equal(
      true,
    );
    const machines = launched();
    await environment.up();
    expect(launched()).to.equal(machines);
    await startJob();
    expect(serving()).to.equal(machine);
  });

  it("is destroyed by the same command, run again after the job has ended", async () => {
    const job = environment.cloud.github.jobs().at(-1)!;
    expect(await failureOf(environment.destroy())).to.include(`/acme/app/actions/runs/${job.run.id}`);
    await letJobsEnd();
    expect(job.conclusion).to.equal("success");
    await environment.destroy();
    const { account } = environment.cloud.aws;
    expect(new Set(Object.values(account.instances).map((instance) => instance.state))).to.deep.equal(
      new Set(["terminated"]),
    );
    expect(account.parameters).to.deep.equal({});
    expect(Object.values(account.resources).flatMap((byId) => Object.keys(byId))).to.deep.equal([]);
  });

  it("has ended no machine through EC2 in all this", () => {
    const calls = environment.cloud.aws.calls().map(({ action }) => action);
    expect(calls).to.not.include("ec2:StopInstances").and.not.include("ec2:TerminateInstances");
  });

  /** Reverts the closing of a fleet. */
  async function reopen(fleet: string): Promise<void> {
    const { urls, environment: variables } = environment.cloud;
    const ssm = new SSMClient({ region: variables.AWS_REGION!, endpoint: urls.aws });
    const Name = fleetParameters("local", fleet).override;
    await ssm.send(
      new PutParameterCommand({
        Name,
        Value: formatOverrideSetting(initialOverrideSetting),
        Overwrite: true,
      }),
    );
    ssm.destroy();
  }
});

function tenMinutesOf(label: string): string {
  return [
    `name: Work for ${label}`,
    "on: workflow_dispatch",
    "jobs:",
    `  work: {runs-on: [self-hosted, ${label}], steps: [{run: sleep 600}]}`,
    "",
  ].join("\n");
}
