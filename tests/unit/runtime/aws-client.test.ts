import { AwsV4Signer } from "aws4fetch";
import { expect } from "chai";
import fc from "fast-check";
import { Failure, traceOf } from "../../../contract/failure.ts";
import type { AwsAction, AwsClientOptions } from "../../../runtime/aws/client.ts";
import { awsClient } from "../../../runtime/aws/client.ts";
import { functionCredentials } from "../../../runtime/aws/credentials.ts";
import { AwsError, redact } from "../../../runtime/aws/error.ts";
import { sendHttp } from "../../../runtime/aws/http.ts";
import type { AwsService } from "../../../runtime/aws/protocols.ts";
import { protocols } from "../../../runtime/aws/protocols.ts";
import { isRetryable, isThrottling, maxTries, retryDelayMs } from "../../../runtime/aws/retry.ts";
import { signRequest } from "../../../runtime/aws/sign.ts";
import type { ScriptedAnswer, ScriptedServer } from "./http-server.ts";
import { startServer } from "./http-server.ts";

const credentials = {
  accessKeyId: "ASIACANARYCANARY0001",
  secretAccessKey: "canary-secret-access-key-0123456789",
  sessionToken: "canary-session-token-0123456789",
};
const now = Date.UTC(2026, 4, 1, 10, 0, 0);

describe("the machine's AWS client", () => {
  let server: ScriptedServer | undefined;
  afterEach(() => server?.close());

  /** A client of a server that gives these answers in turn, and then repeats the last one. */
  async function clientOf(answers: ScriptedAnswer[], options: Partial<AwsClientOptions<AwsService>> = {}) {
    const running = await startServer((_, count) => answers[Math.min(count, answers.length) - 1]!);
    server = running;
    const slept: number[] = [];
    const call = awsClient<AwsAction>({
      region: "eu-central-1",
      endpoints: Object.fromEntries(
        Object.keys(protocols).map((service) => [service, running.url]),
      ) as Record<AwsService, string>,
      credentials: () => Promise.resolve(credentials),
      send: sendHttp,
      clock: {
        now: () => now,
        sleep: (milliseconds) => {
          slept.push(milliseconds);
          return Promise.resolve();
        },
      },
      random: () => 0.5,
      ...options,
    });
    return { call, slept, requests: running.requests };
  }

  async function failureOf(promise: Promise<unknown>): Promise<AwsError> {
    const error: unknown = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(AwsError);
    return error as AwsError;
  }

  it("signs its calls and speaks JSON to SSM", async () => {
    const { call, requests } = await clientOf([{ body: '{"Parameters":[]}' }]);
    expect(await call("ssm:GetParameters", { Names: ["/a", "/b"] })).to.deep.equal({ Parameters: [] });
    const { headers, body } = requests[0]!;
    expect(headers["x-amz-target"]).to.equal("AmazonSSM.GetParameters");
    expect(headers["x-amz-security-token"]).to.equal(credentials.sessionToken);
    expect(headers.authorization).to.match(
      /^AWS4-HMAC-SHA256 Credential=ASIACANARYCANARY0001\/20260501\/eu-central-1\/ssm\/aws4_request, /,
    );
    expect(JSON.parse(body)).to.deep.equal({ Names: ["/a", "/b"] });
  });

  const jsonCalls: [action: AwsAction, target: string, version: string][] = [
    ["logs:PutLogEvents", "Logs_20140328.PutLogEvents", "1.1"],
    ["dynamodb:UpdateItem", "DynamoDB_20120810.UpdateItem", "1.0"],
    ["sqs:SendMessage", "AmazonSQS.SendMessage", "1.0"],
  ];
  for (const [action, target, version] of jsonCalls) {
    it(`speaks JSON ${version} for ${action}`, async () => {
      const { call, requests } = await clientOf([{ body: "{}" }]);
      await call(action, {});
      expect(requests[0]!.headers).to.include({
        "x-amz-target": target,
        "content-type": `application/x-amz-json-${version}`,
      });
    });
  }

  it("does not retry a start if EC2 has no capacity", async () => {
    const body =
      "<Response><Errors><Error><Code>InsufficientInstanceCapacity</Code><Message>None.</Message></Error></Errors></Response>";
    const { call, requests } = await clientOf([{ status: 500, body }]);
    expect(await failureOf(call("ec2:StartInstances", {}))).to.include({
      code: "InsufficientInstanceCapacity",
    });
    expect(requests).to.have.length(1);
  });

  it("speaks the query protocol to EC2 and CloudWatch, each with its own form of lists", async () => {
    const { call, requests } = await clientOf([{ body: "<x/>" }]);
    await call("ec2:CreateTags", { ResourceId: ["i-1"], Tag: [{ Key: "k", Value: "v & w" }] });
    await call("cloudwatch:PutMetricData", { Namespace: "N", MetricData: [{ MetricName: "m", Value: 1.5 }] });
    const [ec2, cloudwatch] = requests.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
    expect(ec2).to.deep.equal({
      Action: "CreateTags",
      Version: "2016-11-15",
      "ResourceId.1": "i-1",
      "Tag.1.Key": "k",
      "Tag.1.Value": "v & w",
    });
    expect(cloudwatch).to.deep.equal({
      Action: "PutMetricData",
      Version: "2010-08-01",
      Namespace: "N",
      "MetricData.member.1.MetricName": "m",
      "MetricData.member.1.Value": "1.5",
    });
  });

  const passing: [string, ScriptedAnswer][] = [
    [
      "a table's throttling",
      {
        status: 400,
        body: '{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException"}',
      },
    ],
    [
      "throttling",
      { status: 400, body: '{"__type":"com.amazon#ThrottlingException","message":"Rate exceeded"}' },
    ],
    ["a 429", { status: 429 }],
    ["a fault of the service", { status: 503, body: "<html>busy</html>" }],
    ["a connection that breaks", { fails: "reset" }],
    ["an answer that is cut off", { body: '{"a":1}', fails: "cut" }],
  ];
  for (const [what, answer] of passing) {
    it(`retries after ${what}`, async () => {
      const { call, slept } = await clientOf([answer, answer, { body: "{}" }]);
      expect(await call("ssm:GetParameter", { Name: "/a" })).to.deep.equal({});
      expect(slept).to.deep.equal([200, 400]);
    });
  }

  it("gives up after a few tries and reports AWS's answer", async () => {
    const answer = { status: 400, body: '{"__type":"ThrottlingException","message":"Rate exceeded"}' };
    const { call, requests } = await clientOf([answer]);
    const error = await failureOf(call("ssm:GetParameter", { Name: "/a" }));
    expect(requests).to.have.length(maxTries);
    expect(error).to.include({ action: "ssm:GetParameter", status: 400, code: "ThrottlingException" });
    expect(error.message).to.equal("ssm:GetParameter failed: ThrottlingException (400): Rate exceeded");
  });

  it("does not retry a permanent error", async () => {
    const body =
      "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>No.</Message></Error></Errors></Response>";
    const { call, requests } = await clientOf([{ status: 403, body }]);
    const error = await failureOf(call("ec2:CreateTags", {}));
    expect(error).to.include({ status: 403, code: "UnauthorizedOperation" });
    expect(requests).to.have.length(1);
  });

  it("limits the time of a call", async () => {
    const { call } = await clientOf([{ fails: "never" }], {
      send: (request) => sendHttp({ ...request, timeoutMs: Math.min(request.timeoutMs, 20) }),
    });
    const error = await failureOf(call("ssm:GetParameter", { Name: "/a" }));
    expect(error).to.include({ status: 0, code: "NoAnswer" });
    expect(error.message).to.include("no answer within 20 ms");
  });

  it("limits each call to ten seconds, or to the caller's limit", async () => {
    const limits: number[] = [];
    const send: AwsClientOptions["send"] = (request) => {
      limits.push(request.timeoutMs);
      return Promise.resolve({ status: 200, body: "{}" });
    };
    await (await clientOf([{}], { send })).call("logs:PutLogEvents", {});
    server?.close();
    await (await clientOf([{}], { send, timeoutMs: 1500 })).call("logs:PutLogEvents", {});
    expect(limits).to.deep.equal([10_000, 1500]);
  });

  it("ends a call, its retries included, within the time that its caller has left", async () => {
    let left = 5000;
    const limits: number[] = [];
    const send: AwsClientOptions["send"] = (request) => {
      limits.push(request.timeoutMs);
      left -= 2000;
      return Promise.reject(new Failure("no answer"));
    };
    const { call, slept } = await clientOf([{}], { send, leftMs: () => left });
    expect(await failureOf(call("ssm:GetParameters", {}))).to.include({ code: "NoAnswer" });
    expect(limits, "no try is longer than the time left, and none begins without time").to.deep.equal([
      5000, 3000, 1000,
    ]);
    expect(slept).to.deep.equal([200, 400]);
    const late = await failureOf(call("ssm:GetParameters", {}));
    expect(late).to.include({ status: 0, code: "NoTime" });
    expect(isThrottling(late.status, late.code), "nothing was done").to.equal(true);
    expect(limits).to.have.lengthOf(3);
  });

  it("accepts fractions of milliseconds as the time left", async () => {
    const { call } = await clientOf([{ body: "{}" }], { leftMs: () => 5000.123 });
    expect(await call("ssm:GetParameters", {})).to.deep.equal({});
  });

  it("repeats no credential and no parameter's value in an error", async () => {
    const value = "canary-registration-token";
    const message = [...Object.values(credentials), value].join(" and ");
    const { call } = await clientOf([
      { status: 400, body: JSON.stringify({ __type: "ValidationException", message }) },
    ]);
    const error = await failureOf(call("ssm:PutParameter", { Name: "/a", Value: value }));
    expect(error.message)
      .to.include("ValidationException")
      .and.not.match(/canary/i);
    expect(`${JSON.stringify(error)} ${error.stack ?? ""}`).to.not.match(/canary-/i);
  });

  it("does not quote an answer that is not JSON, because it may be a secret", async () => {
    const { call } = await clientOf([{ body: "canary-token" }]);
    const error = await failureOf(call("ssm:GetParameter", { Name: "/a" }));
    expect(error.message).to.include("12 characters").and.not.include("canary");
  });

  it("fails the call if there are no credentials", async () => {
    const { call, requests } = await clientOf([{}], {
      credentials: () => Promise.reject(new Failure("the role is not there yet")),
    });
    const error = await failureOf(call("ssm:GetParameter", { Name: "/a" }));
    expect(error.message).to.include("the role is not there yet");
    expect(requests).to.have.length(0);
  });

  const value = "canary-registration-token";
  const quoting = `sent ${[...Object.values(credentials), value].join(" and ")}`;
  const faults: [string, Error][] = [
    ["its message", new TypeError(quoting)],
    ["its cause", new TypeError("invalid", { cause: new RangeError(quoting) })],
  ];
  for (const [where, fault] of faults) {
    it(`does not retry a fault in the program, and removes secrets from ${where}`, async () => {
      let tries = 0;
      const send: AwsClientOptions["send"] = () => {
        tries++;
        return Promise.reject(fault);
      };
      const { call } = await clientOf([{}], { send });
      const error: unknown = await call("ssm:PutParameter", { Name: "/a", Value: value }).catch(
        (reason: unknown) => reason,
      );
      expect(error).to.equal(fault);
      expect(tries).to.equal(1);
      expect(traceOf(error))
        .to.include("sent *** and *** and *** and ***")
        .and.match(/\n +at /);
      expect(traceOf(error)).not.to.match(/canary/i);
    });
  }

  it("reports why there was no answer without a stack and without secrets", async () => {
    const { call } = await clientOf([{}], { send: () => Promise.reject(new Failure(quoting)) });
    const error = await failureOf(call("ssm:PutParameter", { Name: "/a", Value: value }));
    expect(error.cause).to.be.instanceOf(Failure);
    expect(traceOf(error)).to.equal("ssm:PutParameter failed: NoAnswer: sent *** and *** and *** and ***");
    expect(String((error.cause as Error).stack)).not.to.match(/canary/i);
  });

  it("reports the network error of a failed request", async () => {
    const request = { method: "GET", url: "http://127.0.0.1:1/", headers: {}, timeoutMs: 1000 } as const;
    const error = await sendHttp(request).catch((reason: unknown) => reason);
    expect(traceOf(error)).to.equal("connect ECONNREFUSED 127.0.0.1:1");
  });
});

describe("signing", () => {
  it("makes the same signatures as aws4fetch", async () => {
    const text = fc.string({ unit: "grapheme", maxLength: 60 });
    const service = fc.constantFrom(...Object.values(protocols).map(({ signingName }) => signingName));
    const word = fc.stringMatching(/^[A-Za-z0-9/+=]{1,40}$/);
    await fc.assert(
      fc.asyncProperty(
        text,
        service,
        word,
        word,
        fc.date({ min: new Date(0), noInvalidDate: true }),
        async (body, name, secretAccessKey, sessionToken, date) => {
          fc.pre(date.getUTCFullYear() < 10_000);
          const key = { accessKeyId: "AKIDEXAMPLE", secretAccessKey, sessionToken };
          const endpoint = "https://service.eu-central-1.amazonaws.com:8443";
          const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": "A.B" };
          const scope = { region: "eu-central-1", service: name, now: date.getTime() };
          const { authorization, ...own } = signRequest({ endpoint, headers, body }, key, scope);
          const datetime = own["x-amz-date"]!;
          const signer = new AwsV4Signer({
            ...key,
            method: "POST",
            url: `${endpoint}/`,
            headers,
            body,
            region: scope.region,
            service: name,
            datetime,
            allHeaders: true,
          });
          const signed = await signer.sign();
          expect(authorization).to.equal(
            (signed.headers as unknown as Map<string, string>).get("authorization"),
          );
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("a function's credentials", () => {
  const environment = {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
  };

  it("are those that Lambda puts into its environment", async () => {
    expect(await functionCredentials(environment)()).to.deep.equal(credentials);
  });

  it("name the variable that is missing", () => {
    expect(() => functionCredentials({ ...environment, AWS_SESSION_TOKEN: "" })).to.throw(
      "AWS_SESSION_TOKEN",
    );
  });
});

describe("retrying", () => {
  /** Codes that the called services document for temporary refusals, each with status 400. */
  const temporaryRefusals = [
    "ThrottlingException",
    "TooManyUpdates", // SSM: another write of the same parameter
    "RequestLimitExceeded", // EC2
    "ConcurrentTagAccess", // EC2: another CreateTags of the same instance
    "OperationAbortedException", // CloudWatch Logs: another change of the same group
    "ProvisionedThroughputExceededException", // DynamoDB
    "LimitExceededException",
    "RequestThrottled", // SQS
    "KmsThrottled",
  ];
  for (const code of temporaryRefusals) {
    it(`retries ${code}, which means that nothing was done`, () => {
      expect([isRetryable(400, code), isThrottling(400, code)]).to.deep.equal([true, true]);
    });
  }

  it("retries a request that was signed too long ago or did not finish in time", () => {
    for (const code of ["RequestExpired", "RequestTimeout", "RequestTimeoutException"])
      expect([isRetryable(400, code), isThrottling(400, code)], code).to.deep.equal([true, false]);
  });

  const final = [
    "AccessDeniedException",
    "UnauthorizedOperation",
    "ParameterNotFound",
    "ParameterLimitExceeded", // a quota: the next seconds do not raise it
    "HierarchyLevelLimitExceededException",
    "ParameterMaxVersionLimitExceeded",
    "ConditionalCheckFailedException",
    "IncorrectInstanceState",
    "VcpuLimitExceeded",
    "InsufficientInstanceCapacity",
    "ExpiredTokenException", // the same credentials would be sent again
    "SignatureDoesNotMatch",
  ];
  for (const code of final) {
    it(`does not retry ${code}`, () => {
      expect([isRetryable(400, code), isThrottling(400, code)]).to.deep.equal([false, false]);
    });
  }

  it("waits longer each time, at most five seconds, and with random variation", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (tries, random) => {
          expect(retryDelayMs(tries, random)).to.be.within(0, Math.min(5000, 200 * 2 ** tries));
        },
      ),
    );
    expect(retryDelayMs(1, 0.1)).to.not.equal(retryDelayMs(1, 0.9));
  });
});

describe("redacting", () => {
  it("leaves words that are too short to be secrets unchanged", () => {
    expect(redact("the token was used", ["used", undefined])).to.equal("the token was used");
  });
});
