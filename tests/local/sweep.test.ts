import { generateKeyPairSync } from "node:crypto";
import { expect } from "chai";
import { controllerConfiguration } from "../../components/fleet-controller/controller-configuration.ts";
import {
  controllerStatements,
  demandStatements,
  sweepStatements,
} from "../../components/fleet-controller/controller-policy.ts";
import { loadConfiguration } from "../../config/load.ts";
import type { ControllerCall } from "../../contract/controller-calls.ts";
import { appKeyParameter } from "../../contract/parameters.ts";
import type { WaitingJob } from "../../contract/waiting-jobs.ts";
import { awsClient } from "../../runtime/aws/client.ts";
import { sendHttp } from "../../runtime/aws/http.ts";
import type { HttpRequest } from "../../runtime/aws/http.ts";
import type { ControllerAws } from "../../runtime/functions/controller/aws.ts";
import type { KeptToken } from "../../runtime/functions/controller/sweep/ask-as-installation.ts";
import { sweep } from "../../runtime/functions/controller/sweep/sweep.ts";
import { decideDemand, wakesPerJob } from "../../runtime/functions/controller/demand.ts";
import { readJobs, writeJobState, writeJobWake } from "../../runtime/functions/job-table.ts";
import type { JobReport } from "../../runtime/functions/job-table.ts";
import { account, region, startTestCloud } from "./aws/cloud.ts";
import type { TestCloud } from "./aws/cloud.ts";
import { acme, startGithub } from "./github/cloud.ts";
import type { StartedGithub } from "./github/cloud.ts";
import { connect } from "./github/scripted-runner.ts";

const key = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
});
const app = { id: 7, installationId: 70 };
const workflow = (runsOn: string) =>
  `on: workflow_dispatch\njobs: { one: { runs-on: ${runsOn}, steps: [{ run: "true" }] } }\n`;
const machineName = "dev-cloud-1-i-0a1b2c3d";

/** GitHub, the sweep with the controller's role, and AWS, each over HTTP. No webhook reports anything. */
describe("a sweep", () => {
  let cloud: TestCloud;
  let github: StartedGithub;
  let aws: ControllerAws;
  let table: string;
  let lines: string[];
  let requests: HttpRequest[];
  let kept: { token?: KeptToken };
  /** Milliseconds that the sweep has waited. */
  let waited: number;

  beforeEach(async () => {
    [cloud, github] = await Promise.all([
      startTestCloud(),
      startGithub(
        { repositories: ["app", "other"] },
        {
          apps: [
            {
              ...app,
              publicKey: key.publicKey,
              permissions: { actions: "write", contents: "read" },
              repositories: ["app", "other"],
            },
          ],
        },
      ),
    ]);
    const { demand } = configured();
    table = demand!.table;
    lines = [];
    requests = [];
    kept = {};
    waited = 0;
    await cloud.make("table", { name: table, hashKey: "id" });
    await cloud.make("parameter", {
      name: appKeyParameter("dev"),
      type: "SecureString",
      value: key.privateKey,
    });
    const { aws: place } = configuration();
    const policy = [
      ...controllerStatements("dev", place, []),
      ...demandStatements("dev", place, `arn:aws:sqs:${region}:${account}:controller`),
      ...sweepStatements("dev", place),
    ];
    await cloud.make("rolePolicy", {
      role: "machines",
      name: "controller",
      policy: JSON.stringify({ Version: "2012-10-17", Statement: policy }),
    });
    const credentials = cloud.aws.credentialsOf((await cloud.machine()).id)!;
    aws = awsClient<ControllerCall>({
      region,
      endpoints: { dynamodb: cloud.url, ec2: cloud.url, ssm: cloud.url, budgets: cloud.url },
      credentials: () => Promise.resolve({ ...credentials, sessionToken: credentials.token! }),
      send: sendHttp,
      clock: { now: Date.now, sleep: () => Promise.resolve() },
      random: () => 0,
    });
    for (const [name, runsOn] of Object.entries({ ours: "[self-hosted, Cloud]", hosted: "ubuntu-latest" }))
      for (const repository of ["acme/app", "acme/other"])
        github.github.push(repository, `.github/workflows/${name}.yml`, workflow(runsOn));
  });
  afterEach(() => Promise.all([cloud.close(), github.close()]));

  const configuration = () =>
    loadConfiguration("dev", {
      aws: { account, region },
      github: { repository: "acme/app", url: github.url },
      fleets: { cloud: { labels: ["cloud"] } },
      wakeOnDemand: { enabled: true, app },
    });
  const configured = () => controllerConfiguration("dev", configuration());
  const jobs = () => readJobs(table, aws);
  const states = async () => (await jobs()).map(({ id, state }) => `${id} ${state}`);
  const dispatch = (name = "ours", repository = "acme/app") =>
    github.github.dispatch(repository, `${name}.yml`).jobs[0]!;

  /**
   * @param repositories that are read, in place of the configured one
   * @param isNotFound the URLs that GitHub does not find
   * @returns the metrics that it published
   */
  async function sweepOnce({
    elapsed = () => waited,
    repositories,
    isNotFound = () => false,
  }: {
    elapsed?: () => number;
    repositories?: string[];
    isNotFound?: (url: string) => boolean;
  } = {}): Promise<Record<string, number>> {
    const { environment, demand } = configured();
    const known = await jobs();
    await sweep(
      {
        configuration: { environment, demand: demand! },
        aws,
        send: (request) => {
          requests.push(request);
          const notFound = { status: 404, body: JSON.stringify({ message: "Not Found" }) };
          return isNotFound(request.url) ? Promise.resolve(notFound) : sendHttp(request);
        },
        now: () => github.clock.now(),
        elapsed,
        sleep: (milliseconds) => {
          waited += milliseconds;
          return Promise.resolve();
        },
        kept,
        log: (line) => lines.push(line),
      },
      { ...demand!.sweep!, ...(repositories && { repositories }) },
      known,
    );
    return JSON.parse(lines.at(-1)!) as Record<string, number>;
  }
  const write = (report: Omit<JobReport, "repository" | "labels" | "queuedAt">) =>
    writeJobState(
      table,
      {
        repository: "acme/app",
        labels: ["self-hosted", "cloud"],
        queuedAt: Math.floor(github.clock.now() / 1000) - 10,
        ...report,
      },
      github.clock.now(),
      aws,
    );
  const said = () => lines.slice(0, -1).join("\n");

  it("finds a job that no webhook reported, so that a machine is started for it", async () => {
    const { id } = dispatch();
    dispatch("hosted");
    expect(await sweepOnce()).to.include({ SweepJobsFound: 1, SweepJobsForgotten: 0, SweepFailed: 0 });
    const [found, ...others] = await jobs();
    expect(others).to.deep.equal([]);
    expect(found).to.include({ id: String(id), repository: "acme/app", state: "queued" });
    expect(starts([found!])).to.deep.equal(["i-0a"]);
    expect(said()).to.include(`Job ${id} of acme/app is queued: no webhook delivery has said so`);
  });

  for (const status of ["requested", "waiting", "pending"] as const) {
    it(`finds a queued job of a run that is ${status}: another of its jobs is held`, async () => {
      const { id } = dispatch();
      github.github.faults.add({ kind: "run-status", report: () => status });
      expect(await sweepOnce()).to.include({ SweepJobsFound: 1, SweepFailed: 0 });
      expect(await states()).to.deep.equal([`${id} queued`]);
    });
  }

  it("asks every repository for runs that need a machine now before it asks any for runs that are held", async () => {
    await sweepOnce({ repositories: ["app", "other"] });
    const statuses = requests.flatMap(({ url }) => new URL(url).searchParams.get("status") ?? []);
    expect(new Set(statuses.slice(0, 4))).to.deep.equal(new Set(["queued", "in_progress"]));
    expect(statuses.slice(4).sort()).to.deep.equal(
      ["pending", "pending", "requested", "requested", "waiting", "waiting"].sort(),
    );
  });

  it("finds nothing new the second time, and two concurrent sweeps have the same result", async () => {
    dispatch();
    await Promise.all([sweepOnce(), sweepOnce()]);
    const before = await jobs();
    expect(before).to.have.lengthOf(1);
    expect(await sweepOnce()).to.include({ SweepJobsFound: 0, SweepFailed: 0 });
    expect(await jobs()).to.deep.equal(before);
  });

  it("asks only for permission to read these repositories' runs", async () => {
    dispatch("ours", "acme/other");
    await sweepOnce();
    const token = requests.find(({ method }) => method === "POST")!;
    expect(JSON.parse(token.body!)).to.deep.equal({
      repositories: ["app"],
      permissions: { actions: "read" },
    });
    expect(await jobs()).to.deep.equal([]);
    expect(requests.every(({ url }) => url.startsWith(`${github.url}/api/v3/`))).to.equal(true);
  });

  describe("with a token of its App", () => {
    const tokensAskedFor = () => requests.filter(({ method }) => method === "POST").length;
    const anotherKey = () =>
      generateKeyPairSync("rsa", {
        modulusLength: 2048,
        publicKeyEncoding: { type: "spki", format: "pem" },
        privateKeyEncoding: { type: "pkcs1", format: "pem" },
      });

    it("waits until GitHub knows it, for five seconds", async () => {
      const { id } = dispatch();
      github.github.faults.add({ kind: "fresh-token", refusals: 5 });
      expect(await sweepOnce()).to.include({ SweepJobsFound: 1, SweepFailed: 0 });
      expect(await states()).to.deep.equal([`${id} queued`]);
      expect(waited).to.equal(5000);
      expect(tokensAskedFor()).to.equal(1);
    });

    it("gives up one that GitHub does not know after that, and says so", async () => {
      dispatch();
      github.github.faults.add({ kind: "fresh-token", refusals: 100 });
      expect(await sweepOnce()).to.include({ SweepJobsFound: 0, SweepFailed: 1 });
      expect(said()).to.include("GitHub answered 401 to GET /repos/acme/app/actions/runs");
      expect(waited).to.equal(5000);
      expect(tokensAskedFor()).to.equal(1);
    });

    it("keeps it for its hour", async () => {
      await sweepOnce();
      github.clock.advance(58 * 60_000);
      expect(await sweepOnce()).to.include({ SweepFailed: 0 });
      expect(tokensAskedFor()).to.equal(1);
      github.clock.advance(60_000);
      expect(await sweepOnce()).to.include({ SweepFailed: 0 });
      expect(tokensAskedFor()).to.equal(2);
    });

    it("asks for another one if that was revoked", async () => {
      await sweepOnce();
      waited += 300_000;
      await github.octokitFor(kept.token!.text).rest.apps.revokeInstallationAccessToken();
      expect(await sweepOnce()).to.include({ SweepFailed: 0 });
      expect(tokensAskedFor()).to.equal(2);
    });

    it("asks for another one with another key", async () => {
      await sweepOnce();
      cloud.aws.account.parameters[appKeyParameter("dev")]!.value = anotherKey().privateKey;
      expect(await sweepOnce()).to.include({ SweepFailed: 1 });
      expect(said()).to.include("GitHub answered 401 to POST /app/installations/70/access_tokens");
    });

    it("does not keep one that GitHub gave for all repositories in place of those that were asked for", async () => {
      for (let times = 0; times < 2; times++) await sweepOnce({ repositories: ["gone", "app"] });
      expect(tokensAskedFor()).to.equal(4);
    });
  });

  it("never reverts what arrived meanwhile", async () => {
    const { id } = dispatch();
    await write({ id: String(id), state: "completed" });
    expect(await sweepOnce()).to.include({ SweepJobsFound: 0, SweepJobsForgotten: 0 });
    expect(await states()).to.deep.equal([`${id} completed`]);
  });

  it("forgets a cancelled job although no webhook reported that", async () => {
    const job = dispatch();
    await sweepOnce();
    await github.octokit.rest.actions.cancelWorkflowRun({ ...acme, run_id: job.run.id });
    expect(await sweepOnce()).to.include({ SweepJobsForgotten: 1, SweepFailed: 0 });
    expect(await states()).to.deep.equal([`${job.id} completed`]);
  });

  it("forgets a job that GitHub does not know any more", async () => {
    await write({ id: "12345", state: "queued" });
    expect(await sweepOnce()).to.include({ SweepJobsForgotten: 1, SweepFailed: 0 });
    expect(await states()).to.deep.equal(["12345 completed"]);
  });

  it("learns which machine has a job, and that it has ended", async () => {
    const job = dispatch();
    await sweepOnce();
    const runner = await connect(github, machineName, { labels: ["self-hosted", "cloud"] });
    await runner.takeJob();
    await sweepOnce();
    expect((await jobs())[0]).to.include({ state: "in_progress", runner: machineName });
    await github.octokit.rest.actions.forceCancelWorkflowRun({ ...acme, run_id: job.run.id });
    await sweepOnce();
    expect(await states()).to.deep.equal([`${job.id} completed`]);
  });

  it("allows a held job one more machine, an hour after its last", async () => {
    const { id } = dispatch();
    await sweepOnce();
    for (let wakesBefore = 0; wakesBefore < wakesPerJob; wakesBefore++) {
      await writeJobWake(table, { id: String(id), wakesBefore, instanceId: "i-0b" }, github.clock.now(), aws);
    }
    await sweepOnce();
    expect(starts(await jobs())).to.deep.equal([]);
    github.clock.advance(3_600_000);
    expect(starts(await jobs())).to.deep.equal([]);
    await sweepOnce();
    expect(starts(await jobs())).to.deep.equal(["i-0a"]);
  });

  describe("which GitHub refuses", () => {
    const refused = async () => {
      await write({ id: "12345", state: "queued" });
      const before = await jobs();
      expect(await sweepOnce()).to.include({ SweepFailed: 1, SweepJobsForgotten: 0 });
      expect(await jobs()).to.deep.equal(before);
      expect(lines.join("\n"))
        .not.to.include(key.privateKey.slice(40, 80))
        .and.not.to.match(/eyJ|ghs_/);
      return said();
    };
    const setKey = (value: string) => {
      cloud.aws.account.parameters[appKeyParameter("dev")]!.value = value;
    };

    it("for a key of another App, changes nothing and says so", async () => {
      setKey(
        generateKeyPairSync("rsa", { modulusLength: 2048 })
          .privateKey.export({ type: "pkcs8", format: "pem" })
          .toString(),
      );
      expect(await refused()).to.include(
        "GitHub answered 401 to POST /app/installations/70/access_tokens: A JSON web token",
      );
    });

    it("for its rate limit, changes nothing and says so", async () => {
      github.github.faults.add({ kind: "answer", status: 403, path: /actions\/runs/ });
      expect(await refused()).to.match(
        /GitHub answered 403 to GET \/repos\/acme\/app\/actions\/runs.*rate limit/,
      );
    });

    it("for an error of its own, changes nothing and says so", async () => {
      github.github.faults.add({ kind: "answer", status: 502 });
      expect(await refused()).to.include("GitHub answered 502");
    });

    for (const [what, value] of Object.entries({
      damaged: "-----BEGIN RSA PRIVATE KEY-----\ncanary",
      none: "x",
    })) {
      it(`is not made where the key is ${what}`, async () => {
        setKey(value);
        expect(await refused()).to.include("/longhaul/dev/github/app-key holds no RSA private key");
        expect(requests).to.deep.equal([]);
        expect(said()).not.to.include("canary");
      });
    }

    it("is not made where there is no key", async () => {
      Reflect.deleteProperty(cloud.aws.account.parameters, appKeyParameter("dev"));
      expect(await refused()).to.include("ParameterNotFound");
    });

    it("by not answering, changes nothing and says so", async () => {
      await github.close();
      const again = await startGithub();
      github = { ...again, url: github.url };
      expect(await refused()).to.include("GitHub gave no answer to POST /app/installations/70/access_tokens");
    });
  });

  it("keeps what GitHub reported before it refused", async () => {
    const { id } = dispatch();
    github.github.faults.add({ kind: "answer", status: 502, path: /runs$/, times: 1 });
    await sweepOnce();
    expect(await jobs()).to.deep.equal([]);
    github.github.faults.add({ kind: "answer", status: 502, path: /jobs\/12345/ });
    await write({ id: "12345", state: "queued" });
    expect(await sweepOnce()).to.include({ SweepFailed: 1, SweepJobsFound: 1 });
    expect((await states()).sort()).to.deep.equal(["12345 queued", `${id} queued`].sort());
  });

  it("continues with the others if GitHub does not find a repository, and says so", async () => {
    const found = dispatch("ours", "acme/other");
    await write({ id: "12345", state: "queued" });
    const metrics = await sweepOnce({
      repositories: ["app", "other"],
      isNotFound: (url) => url.includes("/acme/app/actions/runs"),
    });
    expect(metrics).to.include({ SweepFailed: 1, SweepJobsFound: 1, SweepJobsForgotten: 0 });
    // It is not known whether that job is gone.
    expect((await states()).sort()).to.deep.equal(["12345 queued", `${found.id} queued`].sort());
    expect(said()).to.include("GitHub answered 404 to GET /repos/acme/app/actions/runs");
  });

  it("continues with the others if the App is not installed on a repository, and says so", async () => {
    const found = dispatch();
    const metrics = await sweepOnce({ repositories: ["gone", "app"] });
    expect(metrics).to.include({ SweepFailed: 1, SweepJobsFound: 1 });
    expect(await states()).to.deep.equal([`${found.id} queued`]);
    expect(said()).to.include("/repos/acme/gone/actions/runs");
  });

  it("stops at its limits and leaves the rest to the next sweeps, which is not a failure", async () => {
    for (let count = 0; count < 90; count++) dispatch("hosted");
    dispatch();
    await write({ id: "12345", state: "queued" });
    expect(await sweepOnce()).to.include({ SweepFailed: 0, SweepJobsForgotten: 1 });
    expect(requests).to.have.lengthOf(77);
    expect(said()).to.include("leaves some jobs to later sweeps: it has sent its limit of 100 requests.");
    let calls = 0;
    await sweepOnce({ elapsed: () => (calls++ < 4 ? 0 : 20_000) });
    expect(said()).to.include("it has reached its limit of 20 s");
  });

  /** The machines that would be started for these jobs, out of one that sleeps. */
  function starts(waiting: readonly WaitingJob[]): string[] {
    const machine = {
      instanceId: "i-0a",
      name: machineName,
      state: "stopped",
      availabilityZone: "a",
      mayStart: true,
    };
    return decideDemand({
      jobs: waiting,
      fleets: configured().demand!.fleets.map((fleet) => ({ ...fleet, roster: ["i-0a"] })),
      machines: [machine],
      maxWakes: wakesPerJob,
      now: github.clock.now(),
    }).starts.map(({ instanceId }) => instanceId);
  }
});
