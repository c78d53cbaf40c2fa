import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import {
  ModifyInstanceAttributeCommand,
  StartInstancesCommand,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import { expect } from "chai";
import { isMachineOfFleet, machineName } from "../../contract/names.ts";
import { fleetParameters, parseMachineList, tokenParameter, usedToken } from "../../contract/parameters.ts";
import { tags } from "../../contract/tags.ts";
import type { Update } from "../../local/engine/operations.ts";
import { eventually, startEnvironment } from "../environment.ts";
import { toolsLimitMs } from "../find-tools.ts";
import type { StackValues, TestEnvironment } from "../environment.ts";

/*
 * The stack on the real engine: the effects of `up` on machines, in the order
 * in which a platform team meets them. Each test continues where the one before
 * ended.
 */
describe("the stack on the real engine", function () {
  this.timeout(600_000);
  let environment: TestEnvironment;

  before(async function () {
    this.timeout(toolsLimitMs);
    environment = await startEnvironment();
    await environment.configure(oneRunner);
  });
  after(() => environment.close());

  /** One runner, and a smoke test that ends soon after it was seen to begin. */
  function oneRunner(config: StackValues): void {
    fleet(config).runners = 1;
    config["longhaul:smokeTest"] = { minutes: 2 };
  }
  const fleet = (config: StackValues) =>
    (config["longhaul:fleets"] as Record<string, Record<string, unknown>>).cloud!;

  const paths = fleetParameters("local", "cloud");
  const account = () => environment.cloud.aws.account;
  const list = (path: string) => parseMachineList(account().parameters[path]?.value) ?? [];
  const instance = (id: string) => account().instances[id];
  const running = () => Object.values(account().instances).filter(({ state }) => state === "running");
  const calls = (action: string) => environment.cloud.aws.calls().filter((call) => call.action === action);
  const entry = (id: string) =>
    environment.cloud.github.runners().find(({ name }) => name === machineName("local-cloud-1", id));
  const changes = (update: Update) => {
    const { same, ...others } = update.changes;
    return { same: same ?? 0, others };
  };
  /** Lets the cloud's time run until no job is on any runner. */
  const jobsEnd = async () => {
    environment.cloud.clock.setFactor(600);
    await eventually("all jobs are over", () =>
      environment.cloud.github.jobs().every(({ status }) => status === "completed"),
    );
    environment.cloud.clock.setFactor(1);
  };

  it("a preview changes nothing", async () => {
    await environment.preview();
    expect(account().instances).to.deep.equal({});
    expect(account().parameters).to.deep.equal({});
    expect(environment.cloud.github.runs()).to.deep.equal([]);
  });

  it("a machine is in service once its smoke job is in progress on it", async () => {
    const result = await environment.up();
    const [machine] = running();
    expect(list(paths.roster)).to.deep.equal([machine!.id]);
    expect(entry(machine!.id)!.customLabels).to.have.members([
      machineName("local-cloud-1", machine!.id),
      "self-hosted",
      "linux",
      "x64",
      "cloud",
      "extended-timeout",
    ]);
    const [smoke] = result.outputs.smoke as { actualRunner: string; expectedRunner: string }[];
    expect(smoke).to.include({
      expectedRunner: machineName("local-cloud-1", machine!.id),
      actualRunner: machineName("local-cloud-1", machine!.id),
    });
  });

  it("a second up changes nothing, although it fetched another registration token", async () => {
    expect(changes(await environment.up()).others).to.deep.equal({});
    expect(environment.cloud.github.dispatches()).to.have.length(1);
  });

  it("no secret is in plain text in the state or in the output of up", async () => {
    const folder = join(environment.cloud.dir, "state");
    const secrets = environment.cloud.github.registrationTokens();
    expect(secrets).to.not.deep.equal([]);
    const files = await readdir(folder, { recursive: true, withFileTypes: true });
    for (const file of files.filter((one) => one.isFile())) {
      const text = await readFile(join(file.parentPath, file.name), "utf8");
      for (const secret of secrets) expect(text, file.name).to.not.include(secret);
    }
    for (const secret of secrets) expect(environment.lastOutput()).to.not.include(secret);
  });

  it("changes at run time are not drift: refresh finds nothing to change on a tagged, sleeping machine", async () => {
    await jobsEnd();
    const [machine] = running();
    await environment.onMachine(machine!.id, "shutdown", "-h", "now");
    await eventually("the machine has stopped", () => instance(machine!.id)?.state === "stopped");
    const result = await environment.up({ refresh: true });
    expect(changes(result).others).to.deep.equal({});
    expect(instance(machine!.id)?.tags[tags.state], "tagged by its agent").to.be.a("string");
    await environment.ec2.send(new StartInstancesCommand({ InstanceIds: [machine!.id] }));
    await eventually("the runner is online again", () => entry(machine!.id)?.session !== undefined);
  });

  it("another label changes no machine and appears at GitHub", async () => {
    const before = running().map(({ id }) => id);
    await environment.configure((config) => {
      oneRunner(config);
      fleet(config).labels = ["cloud", "nightly"];
    });
    const result = await environment.up();
    expect(running().map(({ id }) => id)).to.deep.equal(before);
    expect(entry(before[0]!)!.customLabels).to.have.members([
      machineName("local-cloud-1", before[0]!),
      "self-hosted",
      "linux",
      "x64",
      "cloud",
      "nightly",
    ]);
    expect(changes(result).others).to.have.all.keys("update");
  });

  it("other tags replace and stop nothing: existing resources get them, and lose them with the configuration", async () => {
    const [machine] = running();
    const { launchedAt } = machine!;
    const writes = (closingReason: string) =>
      (account().parameters[paths.override]!.value = JSON.stringify({
        closing: false,
        overrides: [],
        closingReason,
      }));
    writes("before the tags are others");
    const tagged = async (own: Record<string, string>) => {
      await environment.configure((config) => {
        oneRunner(config);
        fleet(config).labels = ["cloud", "nightly"];
        fleet(config).tags = own;
      });
      return changes(await environment.up()).others;
    };
    const carriers = () => [
      machine!.tags,
      machine!.volumeTags,
      ...(["roster", "power", "override"] as const).map((kind) => account().parameters[paths[kind]]!.tags),
    ];
    machine!.tags = { ...machine!.tags, "backup/of others": "daily" };

    expect(await tagged({ team: "builds", "acme/cost centre": "4711" })).to.have.all.keys("update");
    for (const all of carriers()) expect(all).to.include({ team: "builds", "acme/cost centre": "4711" });
    // The provider has read the first value meanwhile, and must not write it over this one.
    const written = writes("after the tags were others");
    expect(await tagged({ team: "tests" })).to.have.all.keys("update");
    for (const all of carriers())
      expect(all).to.include({ team: "tests" }).and.not.have.any.keys("acme/cost centre");
    expect(machine!.tags).to.include({ "backup/of others": "daily" });

    expect(instance(machine!.id)).to.include({ state: "running", launchedAt });
    expect(account().parameters[paths.override]!.value).to.equal(written);
    expect(await tagged({ team: "tests" })).to.deep.equal({});
  });

  it("a machine that never comes up makes up fail with the machine's own message, and the old one stays in service", async () => {
    const [old] = running();
    await environment.configure((config) => {
      oneRunner(config);
      fleet(config).bootSteps = ["echo this machine cannot work >&2", "exit 7"];
    });
    const failure = await environment.up().then(
      () => undefined,
      (error: unknown) => error as Error,
    );
    expect(failure?.message).to.include("boot-failed").and.include("local-cloud-1");
    expect(list(paths.roster)).to.deep.equal([old!.id]);
    expect(instance(old!.id)?.state).to.equal("running");
    expect(entry(old!.id)?.session).to.not.equal(undefined);
  });

  it("reverting the configuration repairs it: the old machine continues to serve without a new boot", async () => {
    const [serving] = list(paths.roster);
    const launched = Object.keys(account().instances).length;
    await environment.configure(oneRunner);
    await environment.up();
    expect(Object.keys(account().instances)).to.have.length(launched);
    expect(list(paths.roster)).to.deep.equal([serving]);
    expect(list(paths.candidates)).to.deep.equal([serving]);
  });

  let asleep: string;
  it("a machine that could not boot powers itself off within the hour", async () => {
    const [failed] = running().filter(({ id }) => !list(paths.candidates).includes(id));
    environment.cloud.clock.setFactor(600);
    await eventually("the machine has stopped", () => instance(failed!.id)?.state === "stopped");
    environment.cloud.clock.setFactor(1);
    asleep = failed!.id;
  });

  it("another disk makes another machine, proves it, and drops the old one without a call to EC2", async () => {
    const [old] = list(paths.roster);
    await environment.configure((config) => {
      oneRunner(config);
      fleet(config).disk = { sizeGb: 200 };
    });
    const result = await environment.up();
    const [current] = list(paths.roster);
    expect(current).to.not.equal(old);
    expect(entry(current!)!.customLabels).to.include("cloud");
    expect(changes(result).others).to.include.keys("create", "delete");
    // The program only drops it from the state. The machine ends itself, and only
    // because it is on neither list.
    await eventually("the old machine has ended itself", () => instance(old!)?.state === "terminated");
    // Settle has ended the machine that slept on neither list, and no other.
    expect(instance(asleep)?.state).to.equal("terminated");
    expect([calls("ec2:TerminateInstances").length, calls("ec2:StopInstances").length]).to.deep.equal([1, 0]);
  });

  it("a missing machine is made again after a refresh, with its own token and smoke test", async () => {
    await jobsEnd();
    const [gone] = list(paths.roster);
    const runs = environment.cloud.github.runs().length;
    for (const attribute of ["DisableApiStop", "DisableApiTermination"] as const) {
      await environment.ec2.send(
        new ModifyInstanceAttributeCommand({ InstanceId: gone!, [attribute]: { Value: false } }),
      );
    }
    await environment.ec2.send(new TerminateInstancesCommand({ InstanceIds: [gone!] }));
    await eventually("it is gone", () => instance(gone!)!.state === "terminated");
    await environment.up({ refresh: true });
    const [made] = list(paths.roster);
    expect(made).to.not.equal(gone);
    expect(entry(made!)!.customLabels).to.include("cloud");
    expect(account().parameters[tokenParameter("local", "cloud", made!)]!.value).to.equal(usedToken);
    expect(environment.cloud.github.runs()).to.have.length(runs + 1);
    expect(changes(await environment.up()).others).to.deep.equal({});
  });

  it("a preview warns of a runner version that GitHub will refuse", async () => {
    environment.cloud.github.releaseRunner("2.340.0");
    await environment.preview();
    expect(environment.lastOutput())
      .to.include("cloud: runner.version is 2.338.0, and GitHub offers 2.340.0.")
      .and.include("GitHub gives it no jobs from");
  });

  it("destroy leaves nothing: no machine, no entry at GitHub, no parameter, no resource", async () => {
    await jobsEnd();
    await environment.destroy();
    expect(Object.values(account().instances).filter(({ state }) => state !== "terminated")).to.deep.equal(
      [],
    );
    expect(account().parameters).to.deep.equal({});
    expect(Object.values(account().resources).flatMap((byId) => Object.keys(byId))).to.deep.equal([]);
    const entries = environment.cloud.github.runners().map(({ name }) => name);
    expect(entries.filter((name) => isMachineOfFleet(name, "local", "cloud"))).to.deep.equal([]);
  });
});
