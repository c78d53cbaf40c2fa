import { createServer } from "node:http";
import type { RequestListener, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { expect } from "chai";
import { checkAccount, connectAws } from "../../cli/clients/aws.ts";
import { ledgerOf } from "../../cli/clients/ledger.ts";
import { connectGithub } from "../../cli/clients/github.ts";
import { readGithubCredentials } from "../../cli/clients/github-credentials.ts";
import { ServiceError } from "../../cli/clients/service-error.ts";
import type { WorkflowRuns } from "../../cli/clients/workflow-runs.ts";
import { unpaced } from "./clouds.ts";

const canary = "ghp_canary0123456789";

const dispatch = (runs: WorkflowRuns) => runs.dispatch({ workflow: "smoke.yml" }, {});

describe("the clients of the operator's command", () => {
  let server: Server | undefined;
  const serve = async (listener: RequestListener): Promise<string> => {
    server = createServer(listener);
    await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  afterEach(() => {
    server?.close();
    server?.closeAllConnections();
    server = undefined;
  });
  const failure = async (call: Promise<unknown>): Promise<ServiceError> => {
    const error = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(ServiceError);
    return error as ServiceError;
  };

  describe("GitHub", () => {
    const answer =
      (status: number, message: string, headers: Record<string, string> = {}): RequestListener =>
      (_request, response) => {
        response.writeHead(status, { "content-type": "application/json", ...headers });
        response.end(JSON.stringify({ message }));
      };
    /** The answer to the first request of a dispatch. */
    const defaultBranch: RequestListener = (_request, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ default_branch: "main" }));
    };
    const github = (apiUrl: string, said: string[] = []) =>
      connectGithub(
        { apiUrl, owner: "acme", repository: "app" },
        { kind: "token", token: canary },
        { say: (line) => void said.push(line), secondMs: 0, pace: unpaced },
      );

    /** The header for the number of requests that are left until the first second of 2100. */
    const left = (count: string) => ({ "x-ratelimit-remaining": count, "x-ratelimit-reset": "4102444800" });
    const [noneLeft, manyLeft] = [left("0"), left("4000")];
    const table: [number, string, Record<string, string>, { transient: boolean; says: string }][] = [
      [401, "Bad credentials", {}, { transient: false, says: "Check GITHUB_TOKEN" }],
      [404, "Not Found", {}, { transient: false, says: "credentials may administer its runners" }],
      [422, "Validation Failed", {}, { transient: false, says: "HTTP 422: Validation Failed" }],
      [429, "Too many requests", {}, { transient: true, says: "HTTP 429" }],
      [503, "Unavailable", {}, { transient: true, says: "HTTP 503" }],
      [
        403,
        "API rate limit exceeded",
        noneLeft,
        { transient: true, says: "The limit is lifted at 2100-01-01T00:00:00.000Z." },
      ],
      [
        429,
        "API rate limit exceeded",
        noneLeft,
        { transient: true, says: "The limit is lifted at 2100-01-01T00:00:00.000Z." },
      ],
      [
        403,
        "You have exceeded a secondary rate limit",
        manyLeft,
        { transient: true, says: "Run it again in a few minutes." },
      ],
      [
        403,
        "Slow down",
        { ...manyLeft, "retry-after": "1800" },
        { transient: true, says: "The limit is lifted in 1800 s." },
      ],
      [
        403,
        "Resource not accessible by integration",
        manyLeft,
        { transient: false, says: "credentials may administer its runners" },
      ],
      // The last request of an hour reports that no requests are left, whatever its status.
      [401, "Bad credentials", noneLeft, { transient: false, says: "Check GITHUB_TOKEN" }],
      [404, "Not Found", noneLeft, { transient: false, says: "credentials may administer its runners" }],
    ];
    for (const [status, message, headers, { transient, says }] of table) {
      const withHeaders = Object.entries(headers).map(([name, value]) => `, ${name} ${value}`);
      it(`${status} ${message}${withHeaders.join("")} is ${transient ? "worth another try later" : "final"}, and a sentence without the token`, async () => {
        const url = await serve(answer(status, message, headers));
        const error = await failure(github(url).runners.list());
        expect(error.message)
          .to.include("GitHub failed at listing the runners of acme/app")
          .and.include(says);
        expect(error.message).to.not.include(canary);
        expect(error.transient).to.equal(transient);
      });
    }

    it("a server that does not answer is worth another try later", async () => {
      const url = await serve(answer(200, ""));
      server!.close();
      server!.closeAllConnections();
      expect(await failure(github(url).runners.list())).to.include({ transient: true, status: undefined });
    });

    it("a rate limit that is lifted soon is waited for, and then no more", async () => {
      let requests = 0;
      const url = await serve((request, response) => {
        requests += 1;
        answer(403, "You have exceeded a secondary rate limit", { "retry-after": "30" })(request, response);
      });
      const said: string[] = [];
      await failure(github(url, said).runners.list());
      expect(requests).to.equal(3);
      expect(said[0]).to.equal("GitHub's secondary rate limit is reached: going on in 30 s.");
    });

    it("a dispatch is tried once, whatever the answer", async () => {
      let posts = 0;
      const url = await serve((request, response) => {
        if (request.method === "POST") posts += 1;
        const listener = request.method === "POST" ? answer(500, "boom") : defaultBranch;
        listener(request, response);
      });
      const runs = github(url).runs({ owner: "acme", repository: "app" });
      expect(await dispatch(runs)).to.deep.equal({ kind: "unknown" });
      expect(posts).to.equal(1);
    });

    describe("a dispatch that asks for its run", () => {
      /** @param answers status and body, one for each request */
      const dispatched = async (...answers: (readonly [number, string?])[]) => {
        const asked: unknown[] = [];
        const url = await serve((request, response) => {
          if (request.method === "GET") {
            defaultBranch(request, response);
            return;
          }
          const [status, body] = answers[asked.length]!;
          let text = "";
          request.on("data", (chunk: Buffer) => (text += chunk.toString()));
          request.on("end", () => {
            asked.push((JSON.parse(text) as Record<string, unknown>).return_run_details);
            response.writeHead(status, body === undefined ? {} : { "content-type": "application/json" });
            response.end(body);
          });
        });
        const runs = github(url).runs({ owner: "acme", repository: "app" });
        const outcome = await dispatch(runs).catch((error: unknown) => (error as Error).message);
        return { outcome, asked };
      };
      const refusal = '{"message":"return_run_details is not a permitted key"}';
      const run = { workflow_run_id: 7, run_url: "https://x/7", html_url: "https://y/7" };

      for (const [does, answers, outcome, asked] of [
        ["gets it", [[200, JSON.stringify(run)]], { kind: "run", runId: 7 }, [true]],
        ["is accepted by a server that names no run", [[204]], { kind: "accepted" }, [true]],
        ["is accepted if the answer names no run", [[200, "{}"]], { kind: "accepted" }, [true]],
        [
          "asks again without the run after a 400",
          [[400, refusal], [204]],
          { kind: "accepted" },
          [true, undefined],
        ],
        [
          "asks again without the run after a 422",
          [[422, refusal], [204]],
          { kind: "accepted" },
          [true, undefined],
        ],
        [
          "is unknown without an answer to the second request",
          [[422, refusal], [502]],
          { kind: "unknown" },
          [true, undefined],
        ],
        [
          "fails if it is refused for another reason",
          [
            [422, refusal],
            [422, '{"message":"No ref found"}'],
          ],
          "GitHub failed at dispatching smoke.yml in acme/app (HTTP 422: No ref found).",
          [true, undefined],
        ],
      ] as const)
        it(does, async () => {
          expect(await dispatched(...answers)).to.deep.equal({ outcome, asked });
        });
    });

    it("an entry that is gone already counts as removed, a run that has ended as cancelled", async () => {
      const url = await serve((request, response) => {
        answer(request.method === "DELETE" ? 404 : 409, "no")(request, response);
      });
      const { runners, runs: runsOf } = github(url);
      const entry = { id: 1, name: "a", online: false, busy: false, systemLabels: [], customLabels: [] };
      await runners.remove(entry);
      await runsOf({ owner: "acme", repository: "app" }).cancel(1);
    });

    it("an organisation's runners are the organisation's", async () => {
      const asked: string[] = [];
      const url = await serve((request, response) => {
        asked.push(`${request.method} ${request.url?.split("?")[0]}`);
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify({ total_count: 0, runners: [], labels: [], token: "AABB" }));
      });
      const { runners } = connectGithub(
        { apiUrl: url, owner: "acme" },
        { kind: "token", token: canary },
        { say: () => undefined },
      );
      await runners.list();
      await runners.find("a");
      expect(await runners.registrationToken()).to.equal("AABB");
      expect(asked).to.deep.equal([
        "GET /orgs/acme/actions/runners",
        "GET /orgs/acme/actions/runners",
        "POST /orgs/acme/actions/runners/registration-token",
      ]);
    });

    describe("credentials", () => {
      const read = (environment: Record<string, string>) =>
        readGithubCredentials(environment, () => Promise.resolve("the key"));
      const app = { GITHUB_APP_ID: "1", GITHUB_APP_INSTALLATION_ID: "2", GITHUB_APP_PEM_FILE: "/key.pem" };

      it("are GITHUB_TOKEN, then GH_TOKEN, then none", async () => {
        expect(await read({ GITHUB_TOKEN: "a", GH_TOKEN: "b" })).to.deep.equal({ kind: "token", token: "a" });
        expect(await read({ GITHUB_TOKEN: "", GH_TOKEN: "b" })).to.deep.equal({ kind: "token", token: "b" });
        expect(await read({})).to.equal(undefined);
      });

      it("are an App's between the two", async () => {
        expect(await read({ ...app, GITHUB_TOKEN: "a" })).to.deep.equal({ kind: "token", token: "a" });
        expect(await read({ ...app, GH_TOKEN: "b" })).to.deep.equal({
          kind: "app",
          app: { id: "1", installationId: "2", privateKey: "the key" },
        });
      });
    });
  });

  describe("AWS", () => {
    const table = [
      ["UnauthorizedOperation", 403, false],
      ["ThrottlingException", 400, true],
      ["TooManyUpdates", 400, true],
      ["SlowDown", 503, true],
      ["ProvisionedThroughputExceededException", 400, true],
      ["ConcurrentTagAccess", 400, true],
      ["InternalFailure", 500, true],
      ["InsufficientInstanceCapacity", 500, false],
    ] as const;
    for (const [code, status, transient] of table) {
      it(`${code} is ${transient ? "worth another try later" : "final"}`, async () => {
        const { awsCall } = await import("../../cli/clients/aws-call.ts");
        const answer = Object.assign(new Error("no"), { name: code, $metadata: { httpStatusCode: status } });
        const error = await awsCall("ec2:DescribeInstances", () => Promise.reject(answer)).catch(
          (reason: unknown) => reason as ServiceError,
        );
        expect(error).to.include({ transient, status });
        expect((error as Error).message).to.equal(
          `ec2:DescribeInstances failed (HTTP ${status}): ${code}: no`,
        );
      });
    }

    it("an account that is not the environment's is refused, with both accounts and what to do", () => {
      const caller = { Account: "2", Arn: "arn:aws:iam::2:user/ada" };
      expect(() => {
        checkAccount("dev", "1", caller);
      }).to.throw(/belong to account 2 \(arn:aws:iam::2:user\/ada\), but dev is in account 1.*AWS_PROFILE/);
      checkAccount("dev", "2", caller);
    });

    it("a ledger that takes too long is given up, with how to read less of it", async () => {
      const logs = new CloudWatchLogsClient({
        region: "eu-central-1",
        endpoint: await serve(() => undefined),
        credentials: { accessKeyId: "AKIA", secretAccessKey: canary },
      });
      const error = await failure(ledgerOf(logs, 30).read("/longhaul/dev/cloud", { from: 0, to: 1 }));
      expect(error.transient).to.equal(true);
      expect(error.message).to.include("logs:FilterLogEvents took more than").and.include("--since");
    });

    it("missing credentials are reported with the variables to set", async () => {
      const environment = process.env;
      process.env = { PATH: environment.PATH, AWS_EC2_METADATA_DISABLED: "true", HOME: "/nonexistent" };
      try {
        const target = {
          environment: "dev",
          aws: { account: "1", region: "eu-central-1", endpoints: { sts: "http://127.0.0.1:9" } },
          github: { apiUrl: "", url: "", owner: "acme" },
        };
        const error = await failure(connectAws(target));
        expect(error.transient).to.equal(false);
        expect(error.message).to.include("there are no AWS credentials").and.include("AWS_PROFILE");
      } finally {
        process.env = environment;
      }
    });
  });
});
