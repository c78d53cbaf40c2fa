import { expect } from "chai";
import { awsCall } from "../../../cli/clients/aws-call.ts";
import { githubCall } from "../../../cli/clients/github-call.ts";
import { ServiceError } from "../../../cli/clients/service-error.ts";
import { isFault, traceOf } from "../../../contract/failure.ts";

const token = "ghs_canarycanarycanary";
const request = { headers: { authorization: `token ${token}` }, url: `https://api/?token=${token}` };

/** Errors of the AWS SDK, and the message that is printed for each. */
const answers: [what: string, error: Error, told: string][] = [
  [
    "AWS refuses, and its error carries the request",
    Object.assign(new Error("no"), {
      name: "AccessDenied",
      $metadata: { httpStatusCode: 403 },
      $response: request,
    }),
    "failed (HTTP 403): AccessDenied: no",
  ],
  [
    "AWS's answer is damaged in the middle of a secret",
    Object.assign(new SyntaxError(`Unexpected token 'g', "${token}" is not valid JSON`), {
      $metadata: { httpStatusCode: 200 },
    }),
    "failed (HTTP 200): SyntaxError: the answer is damaged",
  ],
  [
    "AWS's answer is damaged, and its status is not known",
    new SyntaxError(`Unexpected token 'g', "${token}" is not valid JSON`),
    "failed (no answer): SyntaxError: the answer is damaged",
  ],
  [
    "the connection breaks",
    Object.assign(new Error("read ECONNRESET", { cause: new Error(token) }), { code: "ECONNRESET" }),
    "failed (no answer): Error: read ECONNRESET",
  ],
];

describe("a message of the operator's command about a failed call", () => {
  for (const [what, error, message] of answers) {
    it(`contains no secret if ${what}`, async () => {
      const failure = await awsCall("ssm:GetParameters", () => Promise.reject(error)).catch(
        (one: unknown) => one,
      );
      expect(failure).to.be.instanceOf(ServiceError).and.property("cause", error);
      expect(isFault(failure)).to.equal(false);
      expect(traceOf(failure)).to.equal(`ssm:GetParameters ${message}`);
    });
  }

  it("contains no token if GitHub refuses", async () => {
    const error = Object.assign(new Error("Bad credentials"), {
      status: 401,
      request,
      response: { headers: {} },
    });
    const failure = await githubCall("listing", () => Promise.reject(error)).catch((one: unknown) => one);
    expect(traceOf(failure))
      .to.match(/^GitHub failed at listing \(HTTP 401: Bad credentials\)/)
      .and.not.include(token);
  });

  const faults: [string, Error, isFault: boolean][] = [
    ["a wrong line of code", new TypeError("names is not iterable"), true],
    [
      "a connection that octokit could not make",
      Object.assign(new TypeError("fetch failed"), { status: 500 }),
      false,
    ],
  ];
  for (const [what, error, expected] of faults) {
    it(`${expected ? "is a fault, which is not tried again," : "says that there was no answer, which may be tried again,"} for ${what}`, async () => {
      for (const call of [awsCall, githubCall]) {
        const failure = await call("a:call", () => Promise.reject(error)).catch((one: unknown) => one);
        expect(isFault(failure)).to.equal(expected);
        if (!expected) expect(failure).to.have.property("transient", true);
      }
    });
  }
});
