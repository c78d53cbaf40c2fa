import { execFileSync } from "node:child_process";
import { existsSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { expect } from "chai";
import { softwareScript } from "../../../components/runner-fleet/machine-software.ts";
import { assets, bootScript, node, secrets } from "./script-fixture.ts";

describe("the boot script, installing the machine's own software", () => {
  const script = bootScript();
  const { file, prepare, reported, software } = script;

  it("writes nothing into the runner's folder once jobs have run, even if its record from before the first job is damaged", async () => {
    const run = await prepare();
    await run();
    rmSync(`${script.root}/home/runner/actions-runner/.env`);
    symlinkSync(`${script.root}/etc/theirs`, `${script.root}/home/runner/actions-runner/.env`);
    writeFileSync(`${script.root}/var/lib/longhaul/path`, "");
    expect((await run()).status).to.equal(1);
    expect(reported().at(-1)!["Tag.2.Value"]).to.match(
      /before the first job is damaged\. Replace the machine/,
    );
    expect(existsSync(`${script.root}/etc/theirs`)).to.equal(false);
  });

  it("runs the agent with a copy of Node that is not in the runner's folder", async () => {
    await (
      await prepare()
    )();
    expect(file("opt/longhaul/node")).to.equal(node);
    expect(statSync(`${script.root}/opt/longhaul/node`).mode & 0o777).to.equal(0o755);
  });

  it("fetches the agent from its fleet's parameters with the machine's role", async () => {
    await (
      await prepare()
    )();
    expect(file("opt/longhaul/agent.mjs")).to.equal(assets.agent);
    const [asked] = script.server.requests.filter(({ headers }) => headers["x-amz-target"]);
    expect(asked!.headers.authorization).to.match(
      /\/eu-central-1\/ssm\/aws4_request.*content-type.*x-amz-target/,
    );
    expect(asked!.body).to.match(/"\/longhaul\/dev\/cloud\/software\/[0-9a-f]{10}\/0"/);
  });

  it("asks again for the agent while AWS denies access, because a new role takes a moment to work", async () => {
    let asked = 0;
    const { status } = await (
      await prepare({}, undefined, (request) =>
        ++asked < 3 ? { status: 400 } : software(softwareScript(assets))(request),
      )
    )();
    expect(status).to.equal(0);
    expect(asked).to.equal(3);
  });

  it("asks again for the agent if the answer was cut short", async () => {
    let asked = 0;
    const { status } = await (
      await prepare({}, undefined, (request) => ({
        ...software(softwareScript(assets))(request),
        ...(++asked < 3 ? { fails: "cut" } : {}),
      }))
    )();
    expect(status).to.equal(0);
    expect(asked).to.equal(3);
    expect(reported().map((tags) => tags["Tag.1.Value"])).to.deep.equal(["booting"]);
  });

  it("runs only the agent that its user data names", async () => {
    const forged = softwareScript({ ...assets, agent: "// somebody else's\n" });
    const { status, output } = await (await prepare({}, undefined, software(forged)))();
    expect(status).to.equal(1);
    expect(output).to.match(
      /boot failed: The machine's software has the SHA-256 [0-9a-f]{64}, not [0-9a-f]{64}/,
    );
    expect(existsSync(`${script.root}/opt/longhaul/agent.mjs`)).to.equal(false);
    expect(reported().at(-1)!["Tag.1.Value"]).to.equal("boot-failed");
  });

  it("reports in AWS's words why its software cannot be read, without secrets", async () => {
    const signed = `x-amz-security-token:${secrets.Token} x-secret:${secrets.SecretAccessKey}`;
    const message = `User is not authorized to perform: ssm:GetParameters ${signed}`;
    const body = JSON.stringify({ __type: "AccessDeniedException", message }, undefined, 2);
    const { status, output } = await (await prepare({}, undefined, () => ({ status: 400, body })))();
    expect(status).to.equal(1);
    expect(reported().at(-1)!["Tag.2.Value"]).to.match(
      /could not be read from the parameters \/longhaul\/dev\/cloud\/software\/\w+: ssm answered 400 +AccessDeniedException User is not authorized to perform: ssm:GetParameters x-amz-security-token:\*\*\* x-sec/,
    );
    expect(output).to.not.match(/canary/);
  });

  it("has the runner call the job hooks, and records the files from before the first job", async () => {
    const run = await prepare({ bootSteps: ['echo token >"$LONGHAUL_ROOT/home/runner/.netrc"'] });
    expect((await run()).status).to.equal(0);
    const hooks = ["started", "completed"].map((hook) => `${script.root}/opt/longhaul/job-${hook}.sh`);
    expect(file("home/runner/actions-runner/.env").trim().split("\n")).to.deep.equal([
      `ACTIONS_RUNNER_HOOK_JOB_STARTED=${hooks[0]}`,
      `ACTIONS_RUNNER_HOOK_JOB_COMPLETED=${hooks[1]}`,
    ]);
    for (const hook of hooks) expect(statSync(hook).isFile(), hook).to.equal(true);
    expect(file("var/lib/longhaul/before")).to.include("./.netrc\n");
    const packed = execFileSync("tar", ["-tf", `${script.root}/var/lib/longhaul/personal.tar`]);
    expect(packed.toString()).to.equal(".netrc\n");
  });
});
