import { expect } from "chai";
import type { SmokeWorkflowRequest } from "../../contract/requests.ts";
import { makerOfWorkflow, smokeWorkflowText, workflowMaker } from "../../contract/smoke-workflow.ts";
import type { BranchRules } from "../../local/github/index.ts";
import { account, githubToken, region, smoke, startClouds, tokenWithoutWorkflows } from "./clouds.ts";
import type { Clouds } from "./clouds.ts";
import { startLossyProxy } from "./lossy-proxy.ts";

const repository = "acme/app";
const workflow = "longhaul-smoke-dev.yml";
const path = `.github/workflows/${workflow}`;
const template = "on: workflow_dispatch\n";
const textOf = (
  environment: string,
  template: string,
  elsewhere: { account?: string; region?: string } = {},
) => smokeWorkflowText(workflowMaker({ environment, aws: { account, region, ...elsewhere } }), template);
const text = textOf("dev", template);

describe("the smoke test's workflow file", () => {
  let clouds: Clouds;
  beforeEach(async () => {
    clouds = await startClouds();
  });
  afterEach(() => clouds.close());

  const request = (more: object = {}) =>
    ({
      target: clouds.target,
      smoke: { ...smoke, workflow },
      text,
      ...more,
    }) satisfies SmokeWorkflowRequest;
  const publish = (more?: object) => clouds.longhaul(["smoke", "publish"], request(more));
  const withdraw = (more?: object) => clouds.longhaul(["smoke", "withdraw"], request(more));
  const unmanaged = () => ({ ...request(), text: undefined });
  const file = () => clouds.github.fileOf(repository, path);
  const head = () => clouds.github.headOf(repository);

  it("is written, left alone while it is up to date, written again after its text changed, and deleted", async () => {
    expect((await publish()).code).to.equal(0);
    expect(file()).to.equal(text);
    const before = head();
    expect((await publish()).said).to.include("is up to date");
    expect(head(), "a commit that changes nothing").to.equal(before);
    const changed = textOf("dev", `${template}permissions: {}\n`);
    expect((await publish({ text: changed })).code).to.equal(0);
    expect(file()).to.equal(changed);
    expect((await withdraw({ text })).code, "one that it wrote in an older version").to.equal(0);
    expect(file()).to.equal(undefined);
    expect((await withdraw()).code, "one that is gone").to.equal(0);
  });

  it("names its environment in its first line", () => {
    const [line] = text.split("\n");
    expect(line).to.match(
      /^# Made by Longhaul for the environment dev \(account [0-9a-f]{8}, eu-central-1\): "pulumi up" overwrites changes, "pulumi destroy" deletes it\.$/,
    );
    expect(line, "it may be public").not.to.include(account);
    expect(makerOfWorkflow(text)).to.match(/^dev \(account/);
    expect(makerOfWorkflow(template)).to.equal(undefined);
    expect(makerOfWorkflow(`${template}${text}`)).to.equal(undefined);
  });

  const foreign: [string, string, string][] = [
    ["that a person made", template, "and was not made by Longhaul, so it is not overwritten"],
    ["of another environment", textOf("qa", template), "belongs to the environment qa"],
    ["of an environment with a name that begins in the same way", textOf("dev-2", template), "belongs to the environment dev-2"],
    ["of an environment of that name in another AWS account", textOf("dev", template, { account: "210987654321" }), "belongs to the environment dev (account"],
    ["of an environment of that name in another region", textOf("dev", template, { region: "us-east-1" }), ", us-east-1), so it is not overwritten"],
  ]; // prettier-ignore
  for (const [which, standing, words] of foreign) {
    it(`${which} is neither overwritten nor deleted`, async () => {
      clouds.github.push(repository, path, standing);
      const { code, said } = await publish();
      expect(code).to.equal(1);
      expect(said).to.include(words).and.include("smokeTest.workflow");
      expect((await withdraw()).code).to.equal(0);
      expect(file()).to.equal(standing);
    });
  }

  it("that the stack does not manage must exist, and is left alone", async () => {
    const missing = await clouds.longhaul(["smoke", "publish"], unmanaged());
    expect(missing.code).to.equal(1);
    expect(missing.said).to.include(`has no ${path}`).and.include("manageWorkflow");
    clouds.github.push(repository, path, text);
    const before = head();
    for (const verb of ["publish", "withdraw"]) {
      const { code, said } = await clouds.longhaul(["smoke", verb], unmanaged());
      expect(code, said).to.equal(0);
      expect(said).to.include("is left as it is");
    }
    expect(head()).to.equal(before);
  });

  const rules: [string, BranchRules, string][] = [
    ["signed commits", { by: "ruleset", signatures: true }, "accepts signed commits only"],
    ["signed commits, as a protected branch", { by: "protection", signatures: true }, "accepts signed commits only"],
    ["a form of commit messages", { by: "ruleset", message: /^[A-Z]+-\d+ / }, "do not allow Longhaul's commit message"],
    ["pull requests", { by: "ruleset", pullRequest: true }, "through pull requests only"],
    ["certain people as authors", { by: "ruleset", restricted: true }, "A rule of acme/app is in the way"],
    ["pull requests, as a protected branch", { by: "protection", pullRequest: true }, "through pull requests only"],
    ["reviews, as a protected branch", { by: "protection", approvals: 1 }, "through pull requests only"],
    ["certain people as authors, as a protected branch", { by: "protection", restricted: true }, "A rule of acme/app is in the way"],
    ["an unchanged branch, as a protected branch", { by: "protection", locked: true }, "A rule of acme/app is in the way"],
    ["unknown conditions, as a protected branch", { by: "protection", other: "Longhaul has never read this" }, "A rule of acme/app is in the way"],
  ]; // prettier-ignore
  for (const [what, demanded, meaning] of rules) {
    it(`is refused by rules that demand ${what}, with what that means and what to do`, async () => {
      clouds.github.protect(repository, demanded);
      const written = await publish();
      expect(written.code).to.equal(1);
      expect(written.said)
        .to.include("HTTP 409")
        .and.include(meaning)
        .and.include("bypass that rule; or commit .github/workflows/longhaul-smoke-dev.yml by hand")
        .and.include("smokeTest.manageWorkflow to false")
        .and.include("#workflow-refused");
      clouds.github.push(repository, path, text);
      const deleted = await withdraw();
      expect(deleted.code).to.equal(1);
      expect(deleted.said)
        .to.include(meaning)
        .and.include(`Delete the file ${path} by hand`)
        .and.include("then run the same command again");
      clouds.github.unpush(repository, path);
      expect((await withdraw()).code, "after it has been deleted by hand").to.equal(0);
    });
  }

  it("stays if its repository is archived, and does not make a destroy fail", async () => {
    await publish();
    clouds.github.archive(repository);
    const { code, said } = await withdraw();
    expect(code, said).to.equal(0);
    expect(said).to.include("is archived");
    expect(file()).to.equal(text);
  });

  it("stays if its repository was renamed, because it may be in use under the new name", async () => {
    await publish();
    clouds.github.rename(repository, "app2");
    expect((await publish({ smoke: { ...smoke, repository: "app2", workflow } })).code).to.equal(0);
    const { code, said } = await withdraw();
    expect(code, said).to.equal(0);
    expect(said).to.include("acme/app is now acme/app2").and.include("delete it by hand");
    expect(clouds.github.fileOf("acme/app2", path)).to.equal(text);
  });

  it("is the same file whatever the case of its repository's name", async () => {
    await publish();
    expect((await withdraw({ smoke: { ...smoke, repository: "App", workflow } })).code).to.equal(0);
    expect(file()).to.equal(undefined);
  });

  it("is refused with the missing permissions if the credentials may not write it", async () => {
    clouds.useToken(tokenWithoutWorkflows);
    const { code, said } = await publish();
    expect(code).to.equal(1);
    expect(said).to.include("HTTP 404").and.include("contents and workflows (write)");
  });

  it("does not overwrite a file that was created at the same moment", async () => {
    // It is created after the verb has found no file.
    clouds.github.faults.add({
      kind: "commit",
      times: 1,
      action: () => {
        clouds.github.push(repository, path, template);
      },
    });
    const { code, said } = await publish();
    expect(code).to.equal(1);
    expect(said).to.include("HTTP 422").and.include("Run the same command again").and.not.include("bypass");
    expect(file()).to.equal(template);
  });

  it("is refused without naming a rule if it was changed at the same moment", async () => {
    await publish();
    clouds.github.faults.add({
      kind: "commit",
      times: 1,
      action: () => {
        clouds.github.push(repository, path, template);
      },
    });
    const { code, said } = await publish({ text: textOf("dev", "# newer\n") });
    expect(code).to.equal(1);
    expect(said).to.include("HTTP 409").and.include("Run the same command again").and.not.include("bypass");
  });

  for (const [verb, method] of [
    ["publish", "PUT"],
    ["withdraw", "DELETE"],
  ] as const) {
    it(`is committed by ${verb} even if only the answer was lost`, async () => {
      if (verb === "withdraw") await publish();
      let calls = 0;
      const proxy = await startLossyProxy(clouds.githubUrl, (each) => each === method && ++calls === 1);
      const github = { ...clouds.target.github, apiUrl: `${proxy.url}/api/v3` };
      const target = { ...clouds.target, github };
      const { code, said } = await clouds.longhaul(["smoke", verb], request({ target }));
      await proxy.close();
      expect(code, said).to.equal(0);
      expect(proxy.lost()).to.equal(1);
      expect(calls, "attempts").to.be.greaterThan(1);
      expect(file()).to.equal(verb === "publish" ? text : undefined);
    });
  }

  it("is refused without printing the token", async () => {
    clouds.github.protect(repository, { by: "ruleset", signatures: true });
    expect((await publish()).said).to.not.include(githubToken);
  });
});
