import { existsSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { machineIncidents } from "../../contract/metrics.ts";
import { machineName } from "../../contract/names.ts";
import { tags } from "../../contract/tags.ts";
import type { Job } from "../../local/github/index.ts";
import { whyNoSizedDisk } from "../../local/machines/index.ts";
import { refusedSentence } from "../../runtime/agent/decide.ts";
import { hungSentence } from "../../runtime/agent/hung-listener.ts";
import { pathsBelow } from "../../runtime/agent/paths.ts";
import { diskFullSentence } from "../../runtime/agent/ballast.ts";
import { readSockets } from "../../runtime/agent/sockets.ts";
import { eventually, startEnvironment } from "../environment.ts";
import type { TestEnvironment } from "../environment.ts";
import { toolsLimitMs } from "../find-tools.ts";
import { agentOnCloudTime, installAgent } from "../soak/careless-agent.ts";
import { diskOf, programsOf } from "./machine-processes.ts";
import { entryOf, instanceOf, oneRunner, rosterOf, runner } from "./one-runner.ts";
import { workFile } from "./work-file.ts";

const minuteMs = 60_000;

/*
 * Faults of a machine that no one caused and that pass on their own: a full
 * disk, a listener that hangs, a version that GitHub refuses for a while. Each
 * test continues where the one before ended.
 */
describe("a machine in trouble", function () {
  this.timeout(600_000);
  let whyNoDisk: string | undefined;
  let environment: TestEnvironment;
  let id: string;

  before(async function () {
    this.timeout(toolsLimitMs);
    const scratch = mkdtempSync(join(tmpdir(), "longhaul-scratch-"));
    whyNoDisk = whyNoSizedDisk(scratch);
    rmdirSync(scratch);
    environment = await startEnvironment({
      wire: { pollSeconds: 2 }, // Short polls, so that the listener soon learns of a change.
      ...(whyNoDisk === undefined && { diskBytes: 1.5 * 1024 ** 3 }), // Room for the agent's ballast.
    });
    await environment.configure(oneRunner({}, { enabled: false }));
    await environment.up();
    id = rosterOf(environment)[0]!;
    environment.cloud.github.push("acme/app", ".github/workflows/work.yml", workFile("true"));
    await isIdle();
    await installAgent(environment, id, await agentOnCloudTime());
  });
  after(() => environment.close());

  const tag = (key: string) => instanceOf(environment, id).tags[key] ?? "";
  const isIdle = () => eventually("the machine is idle", () => tag(tags.state) === "idle");
  const listener = () => programsOf(environment, id).listener;
  const polls = () => (entryOf(environment, id)?.session?.openPolls ?? 0) > 0;
  const counted = (kind: keyof typeof machineIncidents) =>
    environment.cloud.aws.account.metrics.some(({ name }) => name === machineIncidents[kind].name);
  /** Its agent publishes its metrics once a minute. */
  const isCounted = async (kind: keyof typeof machineIncidents) => {
    environment.cloud.clock.advance(minuteMs);
    await eventually("that is counted", () => counted(kind));
  };
  const endOf = async (file: string): Promise<Job> => {
    const [job] = environment.cloud.github.dispatch("acme/app", file).jobs;
    await eventually("the job is over", () => job!.status === "completed");
    return job!;
  };
  const takesJobs = async () => {
    expect(await endOf("work.yml")).to.include({ conclusion: "success" });
    await isIdle();
  };

  it("with a disk that a job fills: the job fails at once, and the machine reports it and takes the next one", async function () {
    if (whyNoDisk !== undefined) {
      console.log(`      skipped: this computer mounts nothing for us (${whyNoDisk})`);
      this.skip();
    }
    const { ballast } = pathsBelow(diskOf(environment, id), "runner");
    await eventually("the ballast is in place", () => existsSync(ballast));
    environment.cloud.github.push("acme/app", ".github/workflows/fill.yml", workFile(fillTheDisk));
    const job = await endOf("fill.yml"); // It ends only once the ballast is released.
    expect(job.conclusion).to.equal("failure");
    expect(environment.cloud.github.logOf(job)).to.include("No space left on device");
    await eventually("it is reported", () => tag(tags.detail).includes(diskFullSentence));
    await isCounted("diskFull");
    await takesJobs();
    await eventually("the ballast is in place again", () => existsSync(ballast));
  });

  it("with a listener that no longer polls restarts it, reports that, and takes jobs", async () => {
    await isIdle();
    const hung = listener()!;
    environment.cloud.github.hangRunner(machineName(runner, id));
    await eventually(
      "it has no connection",
      () => !readSockets("/proc", hung).some(({ connected }) => connected),
    );
    environment.cloud.clock.setFactor(30);
    await eventually("it is ended", () => listener() !== hung);
    environment.cloud.clock.setFactor(1);
    await eventually("another polls", polls);
    await eventually("it is reported", () => tag(tags.detail).includes(hungSentence));
    await isCounted("listenerHung");
    await takesJobs();
  });

  it("with a version that GitHub refuses for a while reports that and its next attempt, and recovers on its own", async () => {
    /** The time of the next attempt, as the machine reports it; undefined if it reports none. */
    const nextTry = () => {
      const detail = tag(tags.detail);
      if (tag(tags.state) !== "failed" || !detail.startsWith(refusedSentence)) return undefined;
      const [, day, time] = /tried again at (\S+) (\S+) UTC/.exec(detail) ?? [];
      return day === undefined ? undefined : Date.parse(`${day}T${time!}Z`);
    };
    const { clock, github } = environment.cloud;
    const { clientId } = entryOf(environment, id)!;
    const relent = github.faults.add({ kind: "version-refused" });
    await eventually("it is reported", () => nextTry() !== undefined);
    const first = nextTry()!;
    clock.advance(10 * minuteMs);
    await eventually(
      "it has tried again, and waits for longer",
      () => (nextTry() ?? 0) >= first + 20 * minuteMs,
    );
    await isCounted("versionRefused");
    relent();
    clock.advance(20 * minuteMs);
    await eventually("it polls again", polls);
    clock.advance(2 * minuteMs); // By then the agent knows that the version is accepted.
    await isIdle();
    await takesJobs();
    expect(entryOf(environment, id)!.clientId, "its credentials at GitHub").to.equal(clientId);
  });
});

/** Fills all free space, and then the space that the agent releases. */
const fillTheDisk = `
fill() { head -c 100G /dev/zero >>"$LONGHAUL_ROOT/tmp/fill"; }
until [ ! -e "$LONGHAUL_ROOT/var/lib/longhaul/ballast" ]; do fill || sleep 1; done
fill
`;
