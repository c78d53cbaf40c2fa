import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { meterParameter, parseMeter } from "../../contract/meter.ts";
import { machineName } from "../../contract/names.ts";
import { fleetParameters, parsePower } from "../../contract/parameters.ts";
import type { PowerSetting } from "../../contract/parameters.ts";
import { tags } from "../../contract/tags.ts";
import { stackFile } from "../../local/engine/local-stack.ts";
import { eventually, startEnvironment } from "../environment.ts";
import type { TestEnvironment } from "../environment.ts";
import { findTools, toolsLimitMs } from "../find-tools.ts";
import { openWorkplace } from "./command-line.ts";
import type { Workplace } from "./command-line.ts";
import { programsOf } from "./machine-processes.ts";
import { instanceOf, oneRunner, rosterOf } from "./one-runner.ts";
import { commandsOf, runbooks } from "./runbook.ts";
import { workFile } from "./work-file.ts";

const minute = 60_000;

/** How a command ended: `longhaul`'s exit code, or whether the engine succeeded. */
type Ending = number | "done" | "failed";

/*
 * Every command of every runbook, in the situation that the runbook is for, on
 * one environment that passes through all of them.
 */
describe("the runbooks", function () {
  this.timeout(600_000);
  this.bail(true); // Each runbook begins where the one before ended, so after a failure the others would only time out.
  let environment: TestEnvironment;
  let workplace: Workplace;
  const done = new Set<string>();

  before(async function () {
    this.timeout(toolsLimitMs);
    workplace = await openWorkplace();
    environment = await startEnvironment();
    environment.cloud.environment.LONGHAUL_DRAIN_MINUTES = "0.1";
    environment.cloud.github.push("acme/app", ".github/workflows/work.yml", hoursOfWork);
    environment.cloud.github.push("acme/app", ".github/workflows/short.yml", secondsOfWork);
    await environment.configure(oneRunner({}, { enabled: false }));
    makeRepository(project());
    await environment.up();
  });
  after(async () => {
    await environment.close();
    await workplace.close();
  });

  const project = () => join(environment.cloud.dir, "project");
  const serving = () => rosterOf(environment)[0]!;
  const state = (id: string) => instanceOf(environment, id).state;

  /** Runs a command of a runbook with this environment in place of `dev`; questions are answered with yes. */
  async function run(command: string, machine: string): Promise<{ ending: Ending; said: string }> {
    const [program, ...words] = wordsOf(
      command
        .replace("--stack dev", "--stack local")
        .replaceAll("dev-cloud-", "local-cloud-")
        .replaceAll(/i-0[0-9a-f]{16}/g, machine),
    );
    if (program === "npx") {
      const answer = ["rotate", "evict"].includes(words[1]!) && !words.includes("--yes") ? ["--yes"] : [];
      const env = environment.cloud.environment;
      const { code, stdout, stderr } = await workplace.longhaul(
        env,
        ...words.slice(1),
        "--cwd",
        project(),
        ...answer,
      );
      return { ending: code!, said: stdout + stderr };
    }
    if (words[0] === "config") {
      const env = { ...process.env, ...environment.cloud.environment };
      const engine = (await findTools()).pulumi.path;
      execFileSync(engine, words, { cwd: project(), env, stdio: "pipe" });
      return { ending: "done", said: "" };
    }
    const refresh = words.includes("--refresh");
    const engine = { up: () => environment.up({ refresh }), destroy: () => environment.destroy() };
    const operation = engine[words[0] as keyof typeof engine];
    const ending = await operation().then(
      () => "done" as const,
      () => "failed" as const,
    );
    return { ending, said: environment.lastOutput() };
  }

  /** Commits what rotations have written, as the runbook says. */
  const commit = () => execFileSync("git", ["commit", "-qam", "Rotate"], { cwd: project() });

  /**
   * Runs a runbook from its first command to its last.
   *
   * @returns the output of the commands
   */
  async function follow(runbook: string, endings: Ending[], machine = serving()): Promise<string[]> {
    const said: string[] = [];
    const seen: Ending[] = [];
    for (const command of commandsOf(runbook)) {
      if (command.includes("--commit")) commit();
      const outcome = await run(command, machine);
      said.push(`${command}\n${outcome.said}`);
      seen.push(outcome.ending);
    }
    expect(seen, said.join("\n")).to.deep.equal(endings);
    done.add(runbook);
    return said;
  }

  /** A user's job that lasts for hours, on the machine in service and known to its agent. */
  async function startJob(): Promise<void> {
    const { id } = environment.cloud.github.dispatch("acme/app", "work.yml");
    const path = `acme/app/actions/runs/${id}`;
    await eventually("the job runs", () => instanceOf(environment, serving()).tags[tags.job] === path);
  }

  it("rotate", async () => {
    const before = serving();
    // Nothing is older than two weeks, and nothing is left to abandon.
    const said = await follow("rotate", [0, 0, 0, 0, 0, 2]);
    expect(said[0]).to.include("generation 1 → 2");
    expect(serving()).to.not.equal(before);
  });

  it("roll back a rotation", async () => {
    await follow("roll-back-a-rotation", [2, 2, 2, "done"]);
  });

  it("a runner that does not leave", async () => {
    const machine = serving();
    await startJob();
    const said = await follow("a-runner-that-does-not-leave", [0, 0, 0]);
    expect(said[0]).to.match(/busy/);
    expect(state(machine)).to.be.oneOf(["shutting-down", "terminated"]);
    await environment.up({ refresh: true });
  });

  it("a machine that went silent", async () => {
    const machine = serving();
    await eventually(
      "the machine is idle",
      () => instanceOf(environment, machine).tags[tags.state] === "idle",
    );
    const { agent, listener } = programsOf(environment, machine);
    for (const pid of [agent!, listener!]) process.kill(pid, "SIGSTOP");
    await follow("a-machine-that-went-silent", [0, 0, 0, 0], machine);
    expect(serving()).to.not.equal(machine);
    const name = machineName("local-cloud-1", machine);
    await eventually("its entry is removed by one more settle", async () => {
      await run("npx longhaul settle --stack dev", machine);
      return environment.cloud.github.runners().every((entry) => entry.name !== name);
    });
  });

  const dear = oneRunner({ priceUsdPerHour: 5 }, { enabled: false });
  async function limitTo(monthlyUsd: number): Promise<void> {
    await environment.configure((config) => {
      dear(config);
      config["longhaul:budget"] = { monthlyUsd };
    });
    await environment.up();
    environment.cloud.clock.advance(minute);
  }

  /** Otherwise the first `up` with a budget would wait for these minutes. */
  async function countForMinutes(): Promise<void> {
    const { clock, aws } = environment.cloud;
    clock.advance(minute);
    await eventually("the controller counts", () =>
      Boolean(parseMeter(aws.account.parameters[meterParameter("local")]?.value)),
    );
    clock.advance(3 * minute);
  }

  it("after the budget is raised, the machine is started", async () => {
    await environment.configure(dear);
    await environment.up();
    await countForMinutes();
    // The limit is set only now. Otherwise, if a minute ended meanwhile, a new
    // machine would be put to sleep before it is in service.
    await limitTo(0.01);
    const machine = serving();
    await eventually("the machine sleeps, because the budget is spent", () => state(machine) === "stopped");
    await limitTo(1000);
    await eventually("the machine is started", () => state(machine) === "running");
  });

  it("budget-breached, and then change the limit", async () => {
    await limitTo(0.01);
    const machine = serving();
    await eventually("the machine sleeps, because the budget is spent", () => state(machine) === "stopped");
    const said = await follow("budget-breached", [0, 0, 0, 0]);
    expect(said[0]).to.include("of 0.01 USD are spent");
    expect(state(machine)).to.equal("running");

    const after = await follow("change-the-limit", ["done", "done", 0, 0]);
    environment.cloud.clock.advance(minute);
    await eventually("power is on again", () => powerOf(environment)?.by === "stack");
    expect(after.join("\n")).to.not.include("failed");
  });

  it("the month turns", async () => {
    const said = await follow("the-month-turns", [0, 0, 0, 0, 0]);
    expect(said.at(-1)).to.include("are removed");
  });

  it("after an override ends or is cleared, the machine is started", async () => {
    const machine = serving();
    const longhaul = async (words: string) => {
      const { ending, said } = await run(`npx longhaul ${words}`, machine);
      expect(ending, said).to.equal(0);
      return said;
    };
    const isAwakeAfter = async (ms: number) => {
      environment.cloud.clock.advance(ms);
      await eventually("the machine is started", () => state(machine) !== "stopped");
    };
    await longhaul("sleep --stack dev --runner dev-cloud-1 --until 1h --reason repair");
    expect(await longhaul("status --stack dev")).to.match(/asleep .* Power is off by \S+: repair, until /);
    await isAwakeAfter(60 * minute);
    await longhaul("sleep --stack dev --fleet cloud");
    await longhaul("sleep --stack dev --fleet cloud --clear");
    await isAwakeAfter(minute);
  });

  it("jobs stay queued", async () => {
    const machine = serving();
    // The command uses this computer's time, and the cloud's clock is an hour ahead of it.
    const asleep = await run("npx longhaul sleep --stack dev --fleet cloud --until 3h", machine);
    expect(asleep.ending, asleep.said).to.equal(0);
    const job = environment.cloud.github.dispatch("acme/app", "short.yml").jobs[0]!;
    await follow("jobs-stay-queued", [0, 0, 0]);
    await eventually("the job is taken", () => job.status !== "queued");
    await eventually("the job is over", () => job.conclusion === "success");
    await run("npx longhaul wake --stack dev --fleet cloud --clear", machine);
  });

  it("an aborted destroy", async () => {
    const machine = serving();
    await eventually(
      "the machine is idle",
      () => instanceOf(environment, machine).tags[tags.state] === "idle",
    );
    await startJob();
    await environment.destroy().then(
      () => expect.fail("a job runs"),
      () => undefined,
    );
    const said = await follow("an-aborted-destroy", [0, "done", 0, 0]);
    expect(serving(), "the machine with the job is in service again").to.equal(machine);
    expect(said.at(-1)).to.match(/busy/);
  });

  it("destroy an environment", async () => {
    const machine = serving();
    await follow("destroy-an-environment", [0, "failed", "failed", 0, "done"]);
    expect(state(machine)).to.equal("terminated");
  });

  it("are all tested here", () => {
    const written = readdirSync(runbooks).map((file) => file.replace(/\.md$/, ""));
    expect([...done, "README"]).to.have.members(written);
  });
});

/** The project's folder as a checkout, for `--commit`. */
function makeRepository(folder: string): void {
  const git = (...words: string[]) => execFileSync("git", words, { cwd: folder, stdio: "pipe" });
  git("init", "-q");
  git("config", "user.name", "An operator");
  git("config", "user.email", "operator@example.com");
  git("add", stackFile);
  git("commit", "-q", "-m", "An environment");
}

/** The words of a command, as a shell splits them; quotes group several words. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
}

function powerOf({ cloud }: TestEnvironment): PowerSetting | undefined {
  return parsePower(cloud.aws.account.parameters[fleetParameters("local", "cloud").power]?.value);
}

const secondsOfWork = workFile("echo done");

const hoursOfWork = `
name: Work
on: workflow_dispatch
jobs:
  work:
    runs-on: [self-hosted, cloud]
    timeout-minutes: 1440
    steps:
      - run: sleep 36000
`;
