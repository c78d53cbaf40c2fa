import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { tags } from "../../contract/tags.ts";
import type { Job } from "../../local/github/index.ts";
import { delayLockFile } from "../../local/machines/power.ts";
import { pathsBelow } from "../../runtime/agent/paths.ts";
import { eventually, startEnvironment } from "../environment.ts";
import type { TestEnvironment } from "../environment.ts";
import { toolsLimitMs } from "../find-tools.ts";
import { carelessAgent, installAgent } from "../soak/careless-agent.ts";
import type { FleetControls } from "../fleet-controls.ts";
import { fleetControlsOf } from "../fleet-controls.ts";
import { diskOf, programsOf } from "./machine-processes.ts";
import { entryOf, instanceOf, oneRunner, rosterOf } from "./one-runner.ts";
import { workFile } from "./work-file.ts";

/*
 * A machine with a `shutdown` that waits for a delay lock, as with
 * unattended-upgrades, while a job waits for the machine at GitHub. Each test
 * releases the lock once it has seen what it waits for, so that it does not
 * depend on the computer's load. GitHub keeps no dead session here, because
 * nothing may rely on such a session. Each test continues where the one before
 * ended.
 */
describe("a machine that powers off", function () {
  this.timeout(600_000);
  let environment: TestEnvironment;
  let controls: FleetControls;
  let id: string;

  before(async function () {
    this.timeout(toolsLimitMs);
    environment = await startEnvironment({
      wire: { sessionLingerSeconds: 0, offlineAfterSeconds: 0 },
      systemd: { delayLockSeconds: 300, restartFactor: 0.01 },
    });
    controls = fleetControlsOf(environment);
    await environment.configure(oneRunner({}, { enabled: false }));
    await environment.up();
    id = rosterOf(environment)[0]!;
    environment.cloud.github.push("acme/app", ".github/workflows/work.yml", workFile("sleep 3600"));
    await isIdle();
  });
  after(async () => {
    controls.close();
    await environment.close();
  });

  const programs = () => programsOf(environment, id);
  const tag = (key: string) => instanceOf(environment, id).tags[key];
  const is = (state: string) => () => instanceOf(environment, id).state === state;
  const isIdle = () => eventually("the machine is idle", () => tag(tags.state) === "idle");
  const isWorking = () => eventually("the job has a worker", () => programs().worker !== undefined);
  const send = (): Job => environment.cloud.github.dispatch("acme/app", "work.yml").jobs[0]!;
  const poweringOffMark = () => pathsBelow(diskOf(environment, id), "runner").poweringOffMark;
  const giveLockUp = () => {
    rmSync(join(diskOf(environment, id), delayLockFile));
  };
  const journal = () =>
    readFileSync(join(diskOf(environment, id), "var/log/journal/longhaul-agent.service.log"), "utf8");
  it("takes no job meanwhile, although its agent is killed and started again by systemd, and takes it when it is back", async () => {
    await controls.sleep("cloud");
    await eventually("its listener has ended", () => programs().listener === undefined);
    const job = send();
    await eventually("it asks for its power-off", () => existsSync(poweringOffMark()));
    process.kill(programs().agent!, "SIGKILL");
    // The stand-in refuses a second power-off, as logind does.
    await eventually("another agent asks as well", () => journal().includes("Powering off failed"));
    expect(programs().listener, "a listener").to.equal(undefined);
    giveLockUp();
    await eventually("it is off", is("stopped"));
    expect(job.status).to.equal("queued");
    await controls.wake("cloud", id);
    await isWorking();
    expect(job).to.include({ status: "in_progress" });
  });

  it("that its owner reboots reports its job's failure and deletes its session while it still has a network", async () => {
    const [job] = environment.cloud.github.jobs().filter(({ status }) => status === "in_progress");
    const sessions = new Set([entryOf(environment, id)!.session?.id]);
    giveLockUp();
    await environment.onMachine(id, "reboot");
    await eventually("the job is over", () => job!.status === "completed");
    expect(job!.conclusion).to.equal("failure");
    await eventually("its session is gone", () => !sessions.has(entryOf(environment, id)!.session?.id));
    await eventually("it listens again", () => (entryOf(environment, id)!.session?.openPolls ?? 0) > 0);
    await isIdle();
  });

  it("loses a job if its agent ends after it has asked for its power-off: this can fail", async () => {
    await installAgent(environment, id, await carelessAgent("power"));
    await eventually("the careless agent runs", () => programs().agent !== undefined);
    await controls.sleep("cloud");
    await eventually("it asks for its power-off", () => existsSync(poweringOffMark()));
    // The next agent has all the time it needs: no setting asks it to sleep any more.
    await controls.wake("cloud");
    const job = send();
    await eventually("it takes the job, and reports it", () => tag(tags.state) === "busy");
    giveLockUp();
    await eventually("it is off", is("stopped"));
    expect(job).to.include({ conclusion: "failure" });
    expect(tag(tags.state)).to.equal("busy");
  });
});
