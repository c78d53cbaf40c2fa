import { createSign, generateKeyPairSync } from "node:crypto";
import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "@octokit/rest";
import { expect } from "chai";
import type { KnownApp } from "../../../local/github/index.ts";
import { connectGithub } from "../../../cli/clients/github.ts";
import { acme, refusal, startGithub, workflowText } from "./cloud.ts";
import type { StartedGithub } from "./cloud.ts";

const own = generateKeyPairSync("rsa", { modulusLength: 2048 });
const foreign = generateKeyPairSync("rsa", { modulusLength: 2048 });
const app: KnownApp = {
  id: 7,
  installationId: 70,
  publicKey: own.publicKey.export({ type: "spki", format: "pem" }).toString(),
  permissions: { actions: "read" },
  repositories: ["app"],
};

/** A claim with the fault that a test wants. */
function claimOf(
  payload: object,
  { key = own.privateKey, header = { alg: "RS256", typ: "JWT" } } = {},
): string {
  const text = [header, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${text}.${createSign("RSA-SHA256").update(text).sign(key, "base64url")}`;
}

describe("an App at the local GitHub", () => {
  let cloud: StartedGithub;
  beforeEach(async () => {
    cloud = await startGithub({ repositories: ["app", "other"] }, { apps: [app] });
    cloud.github.push("acme/app", ".github/workflows/proof.yml", workflowText);
  });
  afterEach(() => cloud.close());

  const now = () => Math.floor(cloud.clock.now() / 1000);
  const right = () => ({ iss: "7", iat: now() - 60, exp: now() + 540 });
  const as = (authorization: string) =>
    new Octokit({
      baseUrl: `${cloud.url}/api/v3`,
      auth: `Bearer ${authorization}`,
      log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    });
  const tokenFor = (claim: string, body: object = {}, installation_id = 70) =>
    as(claim).rest.apps.createInstallationAccessToken({ installation_id, ...body });

  it("gets a token for an hour by a claim that it has signed", async () => {
    const before = now();
    const { data } = await tokenFor(claimOf(right()));
    expect(data.token).to.match(/^ghs_/);
    expect(Date.parse(data.expires_at) / 1000 - 3600).to.be.within(before - 1, now());
    expect(data.permissions).to.deep.equal({ actions: "read", metadata: "read" });
  });

  it("works with octokit's own client", async () => {
    const octokit = new Octokit({
      baseUrl: `${cloud.url}/api/v3`,
      authStrategy: createAppAuth,
      auth: {
        appId: 7,
        installationId: 70,
        privateKey: own.privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
      },
    });
    expect((await octokit.rest.actions.listWorkflowRunsForRepo(acme)).data.total_count).to.equal(0);
  });

  it("gives the operator's command one token for all its requests; the command waits until GitHub accepts it", async () => {
    cloud.github.faults.add({ kind: "fresh-token", refusals: 1 });
    const { id } = cloud.github.dispatch("acme/app", "proof.yml", { runner: "one" });
    const said: string[] = [];
    const privateKey = own.privateKey.export({ type: "pkcs1", format: "pem" }).toString();
    const { runs } = connectGithub(
      { apiUrl: `${cloud.url}/api/v3`, owner: "acme", repository: "app" },
      { kind: "app", app: { id: "7", installationId: "70", privateKey } },
      { say: (line) => void said.push(line) },
    );
    const ours = runs({ owner: "acme", repository: "app" });
    for (let times = 0; times < 3; times++) expect(await ours.get(id)).to.include({ id });
    expect(said, "each new token is refused once").to.have.lengthOf(1);
    expect(said[0]).to.include("401");
  });

  const undecodable = /^A JSON web token could not be decoded/;
  const cases: Record<string, { claim: () => string; says: RegExp }> = {
    "that another key signed": {
      claim: () => claimOf(right(), { key: foreign.privateKey }),
      says: undecodable,
    },
    "of another App": { claim: () => claimOf({ ...right(), iss: "8" }), says: undecodable },
    "without a signature": { claim: () => claimOf(right()).replace(/[^.]*$/, ""), says: undecodable },
    "that says it needs no signature": {
      claim: () => claimOf(right(), { header: { alg: "none", typ: "JWT" } }),
      says: undecodable,
    },
    "that is not a claim": { claim: () => "local-github-token", says: undecodable },
    "that has expired": { claim: () => claimOf({ ...right(), exp: now() }), says: /'exp'\) must be/ },
    "that lasts too long": {
      claim: () => claimOf({ ...right(), exp: now() + 660 }),
      says: /too far in the future/,
    },
    "from the future": { claim: () => claimOf({ ...right(), iat: now() + 30 }), says: /'iat'\) must be/ },
  };
  for (const [what, { claim, says }] of Object.entries(cases)) {
    it(`gets nothing for a claim ${what}`, async () => {
      const { status, message } = await refusal(tokenFor(claim()));
      expect(status).to.equal(401);
      expect(message).to.match(says);
    });
  }

  it("gets nothing of an installation that is not its own, of foreign repositories, or beyond its permissions", async () => {
    const refused = async (body: object, installation?: number) =>
      (await refusal(tokenFor(claimOf(right()), body, installation))).status;
    expect(await refused({}, 71)).to.equal(404);
    expect(await refused({ repositories: ["app", "other"] })).to.equal(422);
    expect(await refused({ permissions: { actions: "write" } })).to.equal(422);
    expect(await refused({ permissions: { contents: "read" } })).to.equal(422);
  });

  describe("with a token of its installation", () => {
    let octokit: Octokit;
    beforeEach(async () => {
      const body = { repositories: ["app"], permissions: { actions: "read" } };
      octokit = as((await tokenFor(claimOf(right()), body)).data.token);
    });
    const run = () => cloud.github.dispatch("acme/app", "proof.yml", { runner: "one" });

    it("reads the runs of its repositories and their jobs", async () => {
      const { id, jobs } = run();
      const listed = await octokit.rest.actions.listWorkflowRunsForRepo({ ...acme, status: "queued" });
      expect(listed.data.workflow_runs.map((each) => each.id)).to.deep.equal([id]);
      const found = await octokit.rest.actions.listJobsForWorkflowRun({ ...acme, run_id: id });
      expect(found.data.jobs.map((each) => each.id)).to.deep.equal([jobs[0]!.id]);
      const { data } = await octokit.rest.actions.getJobForWorkflowRun({ ...acme, job_id: jobs[0]!.id });
      expect(data.status).to.equal("queued");
    });

    it("changes nothing, and sees nothing else", async () => {
      const { id } = run();
      const status = async (request: Promise<unknown>) => (await refusal(request)).status;
      expect(await status(octokit.rest.actions.cancelWorkflowRun({ ...acme, run_id: id }))).to.equal(403);
      expect(await status(octokit.rest.actions.listSelfHostedRunnersForRepo(acme))).to.equal(403);
      expect(await status(octokit.rest.repos.get(acme))).to.equal(403);
      const other = { owner: "acme", repo: "other" };
      expect(await status(octokit.rest.actions.listWorkflowRunsForRepo(other))).to.equal(404);
      expect(await status(octokit.rest.actions.listSelfHostedRunnersForOrg({ org: "acme" }))).to.equal(403);
      expect(await status(octokit.rest.apps.createInstallationAccessToken({ installation_id: 70 }))).to.equal(
        401,
      );
    });

    it("is refused after an hour", async () => {
      cloud.clock.advance(3_600_000);
      const { status } = await refusal(octokit.rest.actions.listWorkflowRunsForRepo(acme));
      expect(status).to.equal(401);
    });
  });
});

const ignore = () => undefined;
