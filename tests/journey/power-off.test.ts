import { existsSync } from "node:fs";
import { expect } from "chai";
import { tags } from "../../contract/tags.ts";
import type { Job } from "../../local/github/index.ts";
import { pathsBelow } from "../../runtime/agent/paths.ts";
import { eventually, startEnvironment } from "../environment.ts";
import type { TestEnvironment } from "../environment.ts";
import { toolsLimitMs } from "../find-tools.ts";
import { carelessAgent, installAgent } from "../soak/careless-agent.ts";
import type { Wishes } from "../wishes.ts";
import { wishesOf } from "../wishes.ts";
import { diskOf, programsOf } from "./machine-processes.ts";
import { entryOf, instanceOf, oneRunner, rosterOf } from "./one-runner.ts";

/*
 * A machine whose `shutdown` waits for delay locks, as one with
 * unattended-upgrades does, while a job waits for it at GitHub. GitHub holds no
 * dead session here: it is not to be relied on. Each rule goes on from the one
 * before.
 */
describe("a machine that powers off", function () {
  this.timeout(180_000);
  let environment: TestEnvironment;
  let wishes: Wishes;
  let id: string;

  before(async function () {
    this.timeout(toolsLimitMs);
    environment = await startEnvironment({
      wire: { sessionLingerSeconds: 0, offlineAfterSeconds: 0 },
      systemd: { delayLockSeconds: 8, restartFactor: 0.01 },
    });
    wishes = wishesOf(environment);
    await environment.configure(oneRunner({}, { enabled: false }));
    await environment.up();
    id = rosterOf(environment)[0]!;
    environment.cloud.github.push("acme/app", ".github/workflows/work.yml", anHourOfWork);
    await isIdle();
  });
  after(async () => {
    wishes.close();
    await environment.close();
  });

  const programs = () => programsOf(environment, id);
  const tag = (key: string) => instanceOf(environment, id).tags[key];
  const is = (state: string) => () => instanceOf(environment, id).state === state;
  const isIdle = () => eventually("the machine is idle", () => tag(tags.state) === "idle");
  const isWorking = () => eventually("the job has a worker", () => programs().worker !== undefined);
  const send = (): Job => environment.cloud.github.dispatch("acme/app", "work.yml").jobs[0]!;
  /** Sends a job when the listener of a machine that falls asleep has ended, and waits until the machine is off. */
  const sendInto = async (): Promise<Job> => {
    await wishes.sleep("cloud");
    await eventually("its listener has ended", () => programs().listener === undefined);
    const job = send();
    await eventually("it is off", is("stopped"));
    return job;
  };

  it("takes no job while it does, though it is killed and started again by systemd, and takes it when it is back", async () => {
    await wishes.sleep("cloud");
    await eventually("its listener has ended", () => programs().listener === undefined);
    const job = send();
    const { poweringOffMark } = pathsBelow(diskOf(environment, id), "runner");
    await eventually("it asks for its power-off", () => existsSync(poweringOffMark));
    const { agent } = programs();
    process.kill(agent!, "SIGKILL");
    await eventually("another agent runs, or it is off", () => is("stopped")() || programs().agent !== agent);
    await eventually("it is off", () => {
      expect(programs().listener, "a listener").to.equal(undefined);
      return is("stopped")();
    });
    expect(job.status).to.equal("queued");
    await wishes.wake("cloud", id);
    await isWorking();
    expect(job).to.include({ status: "in_progress" });
  });

  it("whose owner reboots it has its job fail at GitHub at once, and its session deleted, while it has a network", async () => {
    const [job] = environment.cloud.github.jobs().filter(({ status }) => status === "in_progress");
    const sessions = new Set([entryOf(environment, id)!.session?.id]);
    await environment.onMachine(id, "reboot");
    await eventually("the job is over", () => job!.status === "completed");
    expect(job!.conclusion).to.equal("failure");
    await eventually("its session is gone", () => !sessions.has(entryOf(environment, id)!.session?.id));
    await eventually("it listens again", () => (entryOf(environment, id)!.session?.openPolls ?? 0) > 0);
    await isIdle();
  });

  it("loses a job where its agent ends after it has asked for its power-off: this can fail", async () => {
    await installAgent(environment, id, await carelessAgent("power"));
    await eventually("the careless agent tells of it", () => programs().agent !== undefined);
    const job = await sendInto();
    expect(job).to.include({ conclusion: "failure" });
    expect(tag(tags.state)).to.equal("busy");
  });
});

const anHourOfWork = `
name: Work
on: workflow_dispatch
jobs:
  work:
    runs-on: [self-hosted, cloud]
    steps:
      - run: sleep 3600
`;
