import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { readCommandLine } from "../../../local/runner/command-line.ts";
import type { RunnerSite } from "./runner-fixture.ts";
import { openRunnerSite, version } from "./runner-fixture.ts";

describe("the stand-in runner's config.sh", () => {
  let site: RunnerSite;
  beforeEach(async () => {
    site = await openRunnerSite();
  });
  afterEach(() => site.close());

  const config = (words: string[], inputs: Record<string, string> = {}) =>
    new Promise<{ status: number; output: string }>((resolve) => {
      const env = { ...site.environment, ...inputs };
      const child = execFile(join(site.root, "config.sh"), words, { env }, (error, stdout, stderr) => {
        resolve({ status: error ? Number(error.code) : 0, output: stdout + stderr });
      });
      child.stdin?.end();
    });
  const inputs = (changes: Record<string, string> = {}) => ({
    ACTIONS_RUNNER_INPUT_TOKEN: "registration-canary",
    ACTIONS_RUNNER_INPUT_URL: `${site.github.url}/acme/app`,
    ...changes,
  });
  const register = (...words: string[]) =>
    config(["--unattended", "--name", "local-1", "--labels", "local-1,extra", ...words], inputs());

  it("registers with a token from its environment, and writes the files that the real one writes", async () => {
    const { status, output } = await register("--disableupdate", "--work", "_jobs");
    expect(output).to.include("√ Runner successfully added").and.include("√ Settings Saved.");
    expect(status).to.equal(0);
    expect(site.github.registration).to.deep.include({
      name: "local-1",
      labels: ["local-1", "extra"],
      version,
    });
    expect(JSON.parse(site.read(".runner"))).to.include({
      agentId: 7,
      agentName: "local-1",
      workFolder: "_jobs",
    });
    expect(site.read(".credentials") + site.read(".credentials_rsaparams"))
      .to.include("client")
      .and.include("secret");
    expect(site.read(".runner") + site.read(".env") + output).to.not.include("canary");
  });

  it("refuses to be configured twice", async () => {
    site.register();
    const { status, output } = await register();
    expect(status).to.equal(1);
    expect(output).to.include("already configured");
    expect(site.github.calls).to.deep.equal([]);
  });

  it("fails, as the real one does, if migrated settings exist or it cannot read the key", async () => {
    writeFileSync(join(site.root, ".runner_migrated"), "{}");
    expect((await register()).output).to.include("already configured");
    await config(["remove", "--local"]);
    expect(site.has(".runner_migrated")).to.equal(false);
    writeFileSync(join(site.root, ".credentials_rsaparams"), "");
    await config(["remove", "--local"]);
    expect((await register()).status).to.equal(1);
  });

  it("refuses a name that is taken, unless it runs with --replace", async () => {
    site.github.nameTaken = true;
    const refused = await register();
    expect(refused).to.include({ status: 1 });
    expect(refused.output).to.include("A runner exists with the same name local-1.");
    expect(site.has(".runner")).to.equal(false);
    expect((await register("--replace")).status).to.equal(0);
  });

  it("reports a wrong token as not found, which is GitHub's answer", async () => {
    const { status, output } = await config(
      ["--unattended", "--name", "local-1"],
      inputs({ ACTIONS_RUNNER_INPUT_TOKEN: "stale-canary" }),
    );
    expect(status).to.equal(1);
    expect(output).to.include("Http response code: NotFound from 'POST");
    expect(output).to.not.include("canary");
  });

  it("refuses to run as root", async () => {
    const { status, output } = await config(["--unattended"], {
      RUNNER_ALLOW_RUNASROOT: "",
      PATH: rootPath(),
    });
    expect(status).to.equal(1);
    expect(output).to.include("Must not run with sudo");
  });
  /** A PATH with an `id` that prints root's user id. */
  const rootPath = () =>
    `${join(import.meta.dirname, "../../../local/machines/commands")}:${site.environment.PATH!}`;

  it("removes the configuration without a call to GitHub with remove --local", async () => {
    site.register();
    const { status, output } = await config(["remove", "--local"]);
    expect(status).to.equal(0);
    expect(output).to.include("√ Removed .runner");
    expect(site.github.calls).to.deep.equal([]);
    expect(site.has(".runner") || site.has(".credentials_rsaparams")).to.equal(false);
  });

  it("removes the runner from GitHub, and keeps the files when the token is wrong", async () => {
    site.register();
    expect((await config(["remove", "--token", "stale"])).status).to.equal(1);
    expect(site.has(".runner")).to.equal(true);
    expect((await config(["remove"], { ACTIONS_RUNNER_INPUT_TOKEN: "registration-canary" })).status).to.equal(
      0,
    );
    expect(site.github.registered).to.equal(false);
    expect(site.has(".runner")).to.equal(false);
  });
});

describe("the stand-in runner's arguments", () => {
  it("take the command line before the environment, and inputs are removed from the environment", () => {
    const environment: Record<string, string | undefined> = {
      ACTIONS_RUNNER_INPUT_NAME: "from-environment",
      actions_runner_input_token: " t ",
      ACTIONS_RUNNER_INPUT_REPLACE: "true",
      PATH: "/bin",
    };
    const line = readCommandLine(["configure", "--name", "from-line", "--unattended"], environment);
    expect(line.command).to.equal("configure");
    expect(line.value("name")).to.equal("from-line");
    expect(line.value("token")).to.equal("t");
    expect(line.flag("replace") && line.flag("unattended")).to.equal(true);
    expect(line.flag("disableupdate")).to.equal(false);
    expect(environment).to.deep.equal({ PATH: "/bin" });
  });
});
