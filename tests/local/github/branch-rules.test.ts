import { expect } from "chai";
import type { BranchRules } from "../../../local/github/index.ts";
import { acme, refusal, startGithub } from "./cloud.ts";
import type { StartedGithub } from "./cloud.ts";

const path = ".github/workflows/a.yml";
const content = Buffer.from("on: push\n").toString("base64");

describe("a default branch with rules at the local GitHub", () => {
  let cloud: StartedGithub;
  beforeEach(async () => {
    const token = (permissions: Record<string, "read" | "write">) => ({
      login: "app 7",
      scopes: [],
      installation: { permissions, repositories: ["app"], expiresAt: Infinity, refusals: 0 },
    });
    cloud = await startGithub(
      {},
      {
        tokens: {
          "local-github-token": { login: "longhaul", scopes: ["repo", "workflow"] },
          app: token({ contents: "write", workflows: "write" }),
          reader: token({ contents: "read" }),
          "no-workflows": token({ contents: "write" }),
        },
      },
    );
  });
  afterEach(() => cloud.close());

  const put = (as: string, more: object = {}) =>
    cloud
      .octokitFor(as)
      .rest.repos.createOrUpdateFileContents({ ...acme, path, message: "Add it", content, ...more });
  const remove = async (as: string) => {
    const { data } = await cloud.octokit.rest.repos.getContent({ ...acme, path });
    const { sha } = data as { sha: string };
    return cloud.octokitFor(as).rest.repos.deleteFile({ ...acme, path, message: "Delete it", sha });
  };
  const words = async (request: Promise<unknown>) => {
    const { status, message } = await refusal(request);
    return [status, message.replace(/ - https:\S+$/, "")];
  };

  const refusals: [string, BranchRules, string][] = [
    ["a ruleset's", { by: "ruleset", signatures: true }, "Repository rule violations found\n\nCommits must have verified signatures.\n\n"],
    ["a ruleset's", { by: "ruleset", pullRequest: true }, "Repository rule violations found\n\nChanges must be made through a pull request.\n\n"],
    ["a ruleset's", { by: "ruleset", message: /^[A-Z]+-\d+ / }, "Repository rule violations found\n\nCommit message must match a given regex pattern: ^[A-Z]+-\\d+ \n\n"],
    ["a protected branch's", { by: "protection", signatures: true, pullRequest: true }, "Could not create file: Commits must have verified signatures. Changes must be made through a pull request."],
    ["a protected branch's", { by: "protection", approvals: 1 }, "Could not create file: At least 1 approving review is required by reviewers with write access."],
    ["a protected branch's", { by: "protection", restricted: true }, "Could not create file: You're not authorized to push to this branch. Visit https://docs.github.com/articles/about-protected-branches/ for more information."],
    ["a protected branch's", { by: "protection", locked: true }, "Could not create file: Cannot change this locked branch"],
  ]; // prettier-ignore
  for (const [origin, rules, sentence] of refusals) {
    it(`refuses a token's commit with ${origin} words: ${JSON.stringify(sentence)}`, async () => {
      cloud.github.protect("acme/app", rules);
      expect(await words(put("local-github-token"))).to.deep.equal([409, sentence]);
      expect(cloud.github.fileOf("acme/app", path)).to.equal(undefined);
    });
  }

  it("accepts what an App writes in its own name as signed, but no deletion", async () => {
    cloud.github.protect("acme/app", { by: "ruleset", signatures: true });
    const author = { name: "a", email: "a@example.com" };
    expect((await words(put("app", { author })))[0]).to.equal(409);
    await put("app");
    expect((await words(remove("app")))[0]).to.equal(409);
    cloud.github.protect("acme/app", { by: "protection", signatures: true });
    expect(await words(remove("app"))).to.deep.equal([
      409,
      "Could not delete file: Commits must have verified signatures.",
    ]);
  });

  it("accepts a matching message, a push, and everything once the rules are gone", async () => {
    cloud.github.protect("acme/app", { by: "ruleset", message: /^Add / });
    await put("local-github-token");
    cloud.github.push("acme/app", path, "on: push");
    expect((await words(remove("local-github-token")))[0]).to.equal(409);
    cloud.github.protect("acme/app", undefined);
    await remove("local-github-token");
    expect(cloud.github.fileOf("acme/app", path)).to.equal(undefined);
  });

  it("is written only by an App with the permissions contents and workflows", async () => {
    const denied = [403, "Resource not accessible by integration"];
    expect(await words(put("reader"))).to.deep.equal(denied);
    expect(await words(put("no-workflows"))).to.deep.equal(denied);
    await put("app");
    expect((await cloud.octokitFor("reader").rest.repos.getContent({ ...acme, path })).status).to.equal(200);
  });

  it("makes a run without a job for an event that the owner's policies forbid", async () => {
    const text = "on: workflow_dispatch\njobs: { a: { runs-on: x, steps: [{ run: make }] } }\n";
    cloud.github.push("acme/app", path, text);
    cloud.github.allowEvents("acme/app", ["push"]);
    const dispatched = { ...acme, workflow_id: "a.yml", ref: "main" };
    const { status } = await cloud.octokit.rest.actions.createWorkflowDispatch(dispatched);
    expect(status).to.equal(204);
    const { data } = await cloud.octokit.rest.actions.listWorkflowRunsForRepo(acme);
    expect(data.workflow_runs[0]).to.include({ status: "completed", conclusion: "startup_failure" });
    const run_id = data.workflow_runs[0]!.id;
    const jobs = await cloud.octokit.rest.actions.listJobsForWorkflowRun({ ...acme, run_id });
    expect(jobs.data.jobs).to.deep.equal([]);
    cloud.github.allowEvents("acme/app", undefined);
    expect(cloud.github.dispatch("acme/app", "a.yml").jobs).to.have.length(1);
  });
});
