import { expect } from "chai";
import { logGroupName, machineName } from "../../contract/names.ts";
import { operatorStream } from "../../contract/operator-log.ts";
import type { EvictionRecord } from "../../contract/operator-log.ts";
import type { DeclaredMachine } from "../../contract/requests.ts";
import { tags } from "../../contract/tags.ts";
import { fleet, smoke, startClouds } from "./clouds.ts";
import type { Clouds } from "./clouds.ts";
import { instanceWith } from "../unit/observe/instance.ts";

describe("longhaul evict", () => {
  let clouds: Clouds;
  let machine: DeclaredMachine;
  let name: string;
  const logGroup = logGroupName("dev", fleet);
  beforeEach(async () => {
    clouds = await startClouds();
    machine = await clouds.launch();
    name = machineName(machine.runner, machine.instanceId);
    await clouds.writeLists([machine.instanceId], [machine.instanceId]);
    clouds.aws.account.logs[logGroup] = {};
  });
  afterEach(() => clouds.close());

  const evicting = (...more: string[]) =>
    clouds.longhaul(["evict", "--runner", "dev-cloud-1", "--force", "--json", ...more]);
  const instance = () => clouds.instance(machine.instanceId);
  const locked = { disableApiStop: true, disableApiTermination: true };
  const called = (...actions: string[]) => {
    const all = clouds.aws.calls().map(({ action }) => action);
    return all.filter((action) => actions.includes(action));
  };
  const written = () =>
    (clouds.aws.account.logs[logGroup]?.[operatorStream] ?? []).map(
      ({ message }) => JSON.parse(message) as EvictionRecord,
    );
  /** Lets the machine take a job, so that GitHub shows it in progress there. */
  const startJob = async () => {
    const run = clouds.github.dispatch("acme/app", smoke.workflow, { runner: name, nonce: "by hand" });
    await (await clouds.connect(machine)).takeJob();
    return `acme/app/actions/runs/${run.id}`;
  };

  it("only says without --force what it would do and what the alternatives are", async () => {
    const { code, said } = await clouds.longhaul(["evict", "--runner", "dev-cloud-1", "--yes"]);
    expect(code).to.equal(2);
    for (const words of ["the job that runs on it is lost", "cancel the run at GitHub", "--force"]) {
      expect(said).to.include(words);
    }
    expect(clouds.aws.calls()).to.deep.equal([]);
  });

  it("finds a job in a run that waits for the approval of another job", async () => {
    const job = await startJob();
    clouds.github.faults.add({ kind: "run-status", report: () => "waiting" });
    clouds.answer(true);
    expect((await evicting()).said).to.include(`${name} runs a job of ${clouds.githubUrl}/${job}`);
  });

  it("names the job by the tag and GitHub, writes down who did it, then terminates", async () => {
    const job = await startJob();
    clouds.report(machine, "busy", { [tags.job]: job });
    clouds.answer(true);
    const { code, said, results } = await evicting("--reason", "hangs since noon");
    expect(code, said).to.equal(0);
    const link = `${clouds.githubUrl}/${job}`;
    expect(said).to.include(`${name} runs a job of ${link} (reported by the machine and by GitHub).`);
    expect(said).to.include(`Terminate ${name} (running, busy), and end ${link}?`);
    expect(instance().state).to.equal("terminated");

    const [record] = written();
    const { by, at, ...details } = record!;
    expect(by).to.match(/^arn:aws:/);
    expect(Date.parse(at)).to.be.closeTo(clouds.clock.now(), 60_000);
    expect(details).to.deep.equal({
      v: 1,
      kind: "eviction",
      reason: "hangs since noon",
      environment: "dev",
      fleet,
      runner: "dev-cloud-1",
      machine: name,
      instanceId: machine.instanceId,
      instanceState: "running",
      jobs: [link],
    });
    expect(JSON.parse(results[0]!)).to.deep.equal({ evicted: record });
    expect(
      called("logs:PutLogEvents", "ec2:ModifyInstanceAttribute", "ec2:TerminateInstances"),
    ).to.deep.equal([
      "logs:PutLogEvents",
      "ec2:ModifyInstanceAttribute",
      "ec2:ModifyInstanceAttribute",
      "ec2:TerminateInstances",
    ]);
    expect(said).to.include("`longhaul rotate --runner dev-cloud-1`").and.include("`longhaul settle`");
  });

  it("finds at GitHub a job that the machine does not report", async () => {
    const job = await startJob();
    clouds.report(machine, "idle");
    const { said } = await evicting("--yes");
    expect(said).to.include(`${job} (reported by GitHub, and not by the machine's own tag)`);
    expect(written()[0]!.jobs).to.deep.equal([`${clouds.githubUrl}/${job}`]);
  });

  it("names both the tag's job and GitHub's if they differ, because a job can forge the tag", async () => {
    const job = await startJob();
    clouds.report(machine, "busy", { [tags.job]: "acme/app/actions/runs/1" });
    const { said } = await evicting("--yes");
    expect(said).to.include("actions/runs/1 (reported only by the machine's own tag)");
    expect(written()[0]!.jobs).to.have.members([
      `${clouds.githubUrl}/acme/app/actions/runs/1`,
      `${clouds.githubUrl}/${job}`,
    ]);
  });

  it("does not name a run on another machine", async () => {
    const other = await clouds.launch(2);
    const runner = machineName(other.runner, other.instanceId);
    clouds.github.dispatch("acme/app", smoke.workflow, { runner, nonce: "by hand" });
    await (await clouds.connect(other)).takeJob();
    clouds.report(machine, "idle");
    const { said } = await evicting("--yes");
    expect(said).to.include(`No job was found on ${name}: it reports idle.`);
    expect(written()[0]!.jobs).to.deep.equal([]);
  });

  it("says that GitHub was not asked if there are no credentials", async () => {
    clouds.useToken(undefined);
    clouds.report(machine, "busy", { [tags.job]: "acme/app/actions/runs/7" });
    const { code, said } = await evicting("--yes");
    expect(code).to.equal(0);
    expect(said).to.include("GitHub was not asked").and.include("reported only by the machine's own tag");
  });

  it("continues if GitHub does not answer, and says so", async () => {
    clouds.github.faults.add({ kind: "answer", status: 403, path: /actions\/runs/ });
    const { code, said } = await evicting("--yes");
    expect(code).to.equal(0);
    expect(said).to.include("GitHub failed at listing the runs of acme/app");
  });

  it("does nothing without a yes", async () => {
    const { code, said } = await evicting();
    expect(code).to.equal(1);
    expect(said).to.include("Nothing was done.");
    expect(written()).to.deep.equal([]);
    expect(instance()).to.include({ state: "running", ...locked });
  });

  it("does nothing if the record cannot be written", async () => {
    Reflect.deleteProperty(clouds.aws.account.logs, logGroup);
    const { code, said } = await evicting("--yes");
    expect(code).to.equal(1);
    expect(said)
      .to.include("The record of the eviction could not be written")
      .and.include("ResourceNotFoundException");
    expect(called("ec2:ModifyInstanceAttribute", "ec2:TerminateInstances")).to.deep.equal([]);
  });

  it("restores the locks if EC2 does not terminate the machine", async () => {
    clouds.aws.faults.add({ action: "ec2:TerminateInstances", error: "UnauthorizedOperation" });
    const { code, said } = await evicting("--yes");
    expect(code).to.equal(1);
    expect(said).to.include("ec2:TerminateInstances failed");
    expect(instance()).to.include({ state: "running", ...locked });
  });

  it("restores a released lock if the other one cannot be released", async () => {
    const { forceEnd } = await import("../../cli/evict/force-end.ts");
    const { ServiceError } = await import("../../cli/clients/service-error.ts");
    const calls: string[] = [];
    const instances = {
      find: () => Promise.resolve(undefined),
      setLocks: (_id: string, value: boolean) => {
        calls.push(`locks ${String(value)}`);
        return value ? Promise.resolve() : Promise.reject(new ServiceError("throttled", { transient: true }));
      },
      terminate: () => Promise.reject(new Error("must not be called")),
    };
    const failure = await forceEnd(instances, "i-1").catch((error: unknown) => (error as Error).message);
    expect({ failure, calls }).to.deep.equal({ failure: "throttled", calls: ["locks false", "locks true"] });
  });

  it("says so if the locks could not be restored either", async () => {
    const { forceEnd } = await import("../../cli/evict/force-end.ts");
    const { Failure } = await import("../../contract/failure.ts");
    const refuse = (message: string) => Promise.reject(new Failure(message));
    const instances = {
      find: () => refuse("no answer"),
      setLocks: (_id: string, value: boolean) => (value ? refuse("not permitted.") : Promise.resolve()),
      terminate: () => refuse("not terminated."),
    };
    const failure = await forceEnd(instances, "i-1").catch((error: unknown) => (error as Error).message);
    expect(failure).to.match(/^not terminated\. And the locks of i-1 could not be restored: not permitted\./);
  });

  it("succeeds if only the answer of the termination was lost", async () => {
    const { forceEnd } = await import("../../cli/evict/force-end.ts");
    const locks: boolean[] = [];
    await forceEnd(
      {
        find: () => Promise.resolve({ ...instanceOf("shutting-down") }),
        setLocks: (_id, value) => Promise.resolve(void locks.push(value)),
        terminate: () => Promise.reject(new Error("no answer")),
      },
      "i-1",
    );
    expect(locks).to.deep.equal([false]);
  });

  it("ends a machine that is powered off as well", async () => {
    clouds.host.goDown(machine.instanceId, "poweroff");
    clouds.report(machine, "asleep", { [tags.job]: "acme/app/actions/runs/7" });
    const { code, said } = await evicting("--yes");
    expect(code, said).to.equal(0);
    expect(instance().state).to.equal("terminated");
    expect(written()[0]!.jobs, "a job of a life before").to.deep.equal([]);
  });

  it("has nothing to do the second time", async () => {
    await evicting("--yes");
    const { code, said, results } = await evicting("--yes");
    expect(code, said).to.equal(0);
    expect(JSON.parse(results[0]!)).to.deep.equal({ evicted: null });
    expect(written()).to.have.length(1);
  });

  it("does not propose a rotation for a machine on no list", async () => {
    await clouds.writeLists(["i-0123456789abcdef0"], ["i-0123456789abcdef0"]);
    const { said } = await evicting("--yes");
    expect(said).to.include("`longhaul settle`").and.not.include("rotate");
  });

  it("ends the named machine of a runner with two, and asks which one if none is named", async () => {
    const second = await clouds.launch();
    const { code, said } = await evicting("--yes");
    expect(code).to.equal(2);
    expect(said).to.include("dev-cloud-1 has 2 machines").and.include(second.instanceId);
    expect((await evicting("--yes", "--machine", second.instanceId)).code).to.equal(0);
    expect(clouds.instance(second.instanceId).state).to.equal("terminated");
    expect(instance()).to.include({ state: "running", ...locked });
  });

  const unknown: [string[], string][] = [
    [[], "Which machine?"],
    [
      ["--runner", "dev-cloud-7"],
      "There is no runner dev-cloud-7. The runners are dev-cloud-1, dev-cloud-2.",
    ],
    [["--machine", "i-0123456789abcdef0"], "i-0123456789abcdef0 is not a machine of this environment."],
  ];
  for (const [args, why] of unknown) {
    it(`refuses ${args.join(" ") || "to guess"}`, async () => {
      const { code, said } = await clouds.longhaul(["evict", "--force", "--yes", ...args]);
      expect(code).to.equal(2);
      expect(said).to.include(why);
    });
  }
});

function instanceOf(state: "shutting-down") {
  return instanceWith({ id: "i-1", state });
}
