import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { machineName } from "../../contract/names.ts";
import { tags } from "../../contract/tags.ts";
import type { Fault } from "../../local/github/index.ts";
import { eventually, startEnvironment } from "../environment.ts";
import type { TestEnvironment } from "../environment.ts";
import { toolsLimitMs } from "../find-tools.ts";
import { longhaul } from "./command-line.ts";
import { diskOf } from "./machine-processes.ts";
import { candidatesOf, entryOf, failureOf, instanceOf, oneRunner, rosterOf, runner } from "./one-runner.ts";
import { tamperTarball } from "./tampered-tarball.ts";

/*
 * Failures while `up` brings a machine into service. Each test continues where
 * the one before ended, with another generation of the one runner if it needs a
 * new machine.
 */
describe("an up that meets failures", function () {
  this.timeout(600_000);
  let environment: TestEnvironment;

  before(async function () {
    this.timeout(toolsLimitMs);
    environment = await startEnvironment();
  });
  after(() => environment.close());

  const generation = (number: number, smokeTest = {}) =>
    environment.configure(oneRunner({ generations: { 1: number } }, smokeTest));
  const declared = () => candidatesOf(environment)[0]!;

  it("costs nothing if the repository does not accept the smoke test's workflow", async () => {
    await generation(1);
    const { github, aws } = environment.cloud;
    github.protect("acme/app", { by: "ruleset", pullRequest: true });
    const message = await failureOf(environment.up());
    expect(message).to.include("accepts changes through pull requests only");
    expect(aws.account.instances).to.deep.equal({});
    github.protect("acme/app", undefined);
  });

  it("succeeds although GitHub answers errors and secondary rate limits", async () => {
    await generation(1);
    const { faults } = environment.cloud.github;
    const answers: (Extract<Fault, { kind: "answer" }> & { times: number })[] = [
      // For the provider, while the program is evaluated.
      { kind: "answer", status: 500, times: 2, method: "POST", path: /registration-token$/ },
      // For the command that writes the workflow's file.
      { kind: "answer", status: 403, times: 1, method: "PUT", path: /\/contents\//, retryAfterSeconds: 1 },
      // For the commands that dispatch the smoke test, look for the runner and label it.
      { kind: "answer", status: 502, times: 1, method: "GET", path: /\/actions\/runs$/ },
      {
        kind: "answer",
        status: 403,
        times: 1,
        method: "GET",
        path: /\/actions\/runs\/\d+\/jobs$/,
        retryAfterSeconds: 1,
      },
      { kind: "answer", status: 500, times: 1, method: "GET", path: /\/actions\/runners$/ },
      {
        kind: "answer",
        status: 429,
        times: 1,
        method: "POST",
        path: /\/runners\/\d+\/labels$/,
        retryAfterSeconds: 1,
      },
    ];
    for (const answer of answers) faults.add(answer);
    await environment.up();
    expect(faults.take("answer"), "an answer that no request took").to.equal(undefined);
    expect(rosterOf(environment)).to.deep.equal([declared()]);
    expect(environment.cloud.github.dispatches()).to.have.length(1);
  });

  it("fails with both checksums when the runner's tarball differs from the pinned one, and unpacks nothing of it", async () => {
    const [serving] = rosterOf(environment);
    const { runnerSha256 } = JSON.parse(environment.cloud.environment.LONGHAUL_LOCAL!) as {
      runnerSha256: string;
    };
    const restore = tamperTarball(environment);
    await generation(2);
    const message = await failureOf(environment.up());
    const { sha256 } = restore();

    expect(message).to.include("boot-failed").and.include(`has the SHA-256 ${sha256}, not ${runnerSha256}`);
    const home = join(diskOf(environment, declared()), "home/runner");
    expect(existsSync(home), "the machine came as far as its user").to.equal(true);
    expect(readdirSync(home).filter((name) => name.startsWith("actions-runner"))).to.deep.equal([]);
    expect(rosterOf(environment), "the old one stays in service").to.deep.equal([serving]);
  });

  it("succeeds when its advice is followed: another generation", async () => {
    await generation(3);
    await environment.up();
    expect(rosterOf(environment)).to.deep.equal([declared()]);
  });

  it("fails with needs-token when the registration token has expired before the machine could use it", async () => {
    const [serving] = rosterOf(environment);
    const heal = environment.cloud.github.faults.add({ kind: "token-lifetime", seconds: 0 });
    await generation(4, { onlineWithinMinutes: 0.2 });
    const message = await failureOf(environment.up());
    heal();
    expect(message)
      .to.include(`Runner ${runner} did not begin its smoke test within 0.2 min`)
      .and.match(/reports needs-token since \S+ \(config\.sh ended with 1: .*\b404\b/)
      .and.include("has no entry at GitHub")
      .and.include("`longhaul settle` gives it another");
    for (const token of environment.cloud.github.registrationTokens()) expect(message).to.not.include(token);
    expect(rosterOf(environment), "the old one stays in service").to.deep.equal([serving]);
  });

  it("continues with the same machine once `longhaul settle` has given it another token", async () => {
    const waiting = declared();
    const { code, stdout, stderr } = await settle();
    expect(code, stderr).to.equal(3);
    const { fleets } = JSON.parse(stdout) as { fleets: { tokens: string[] }[] };
    expect(fleets.map(({ tokens }) => tokens)).to.deep.equal([[waiting]]);
    for (const token of environment.cloud.github.registrationTokens()) {
      expect(`${stdout}${stderr}`).to.not.include(token);
    }
    await eventually("the machine has registered", () => entryOf(environment, waiting) !== undefined);
    await environment.up();
    expect(declared()).to.equal(waiting);
    expect(rosterOf(environment)).to.deep.equal([waiting]);
    expect(entryOf(environment, waiting)!.customLabels).to.include("cloud");
  });

  it("cancels a smoke run that never starts, and says what was found", async () => {
    const [serving] = rosterOf(environment);
    const { github } = environment.cloud;
    // The first attempt ends once the machine is up, which takes a while on a busy computer.
    github.allowEvents("acme/app", ["push"]);
    await generation(5);
    expect(await failureOf(environment.up())).to.include("forbids the event workflow_dispatch");
    github.allowEvents("acme/app", undefined);
    github.faults.add({ kind: "dispatch", times: 1, effect: "never-starts" });
    await generation(5, { onlineWithinMinutes: 0.2 });
    const message = await failureOf(environment.up());
    const run = github.runs().at(-1)!;
    expect(run.title).to.include(machineName(runner, declared()));
    expect(run).to.include({ status: "completed", conclusion: "cancelled" });
    expect(message)
      .to.include(`Runner ${runner} did not begin its smoke test within 0.2 min`)
      .and.include(`its machine ${declared()} is running, reports idle`)
      .and.include("is online at GitHub")
      .and.include("Look at the queue of the run")
      .and.match(new RegExp(`has been cancelled: \\S+/actions/runs/${run.id}`));
    expect(rosterOf(environment), "the old one stays in service").to.deep.equal([serving]);
    expect(instanceOf(environment, declared()).tags[tags.state]).to.equal("idle");
  });

  /** Runs the operator's `longhaul settle` in the project of this environment. */
  async function settle(): Promise<{ code: number; stdout: string; stderr: string }> {
    const { dir, environment: variables } = environment.cloud;
    const words = [longhaul, "settle", "--json", "--stack", "local", "--cwd", join(dir, "project")];
    const options = { env: { ...process.env, ...variables }, timeout: 60_000 };
    return new Promise((resolve) => {
      const child = execFile(process.execPath, words, options, (_error, stdout, stderr) => {
        resolve({ code: child.exitCode ?? -1, stdout, stderr });
      });
    });
  }
});
