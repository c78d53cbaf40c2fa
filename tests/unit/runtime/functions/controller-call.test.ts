import { expect } from "chai";
import type { ControllerConfiguration } from "../../../../contract/controller.ts";
import { Failure } from "../../../../contract/failure.ts";
import { formatJobMessage } from "../../../../contract/waiting-jobs.ts";
import { AwsError } from "../../../../runtime/aws/error.ts";
import { readCall } from "../../../../runtime/functions/controller/call.ts";
import { control } from "../../../../runtime/functions/controller/controller.ts";

const hint = formatJobMessage({ id: "7", repository: "acme/app" });
const message = (body: unknown, messageId: unknown = "m") => ({ messageId, body, eventSource: "aws:sqs" });
const configuration: ControllerConfiguration = {
  environment: "dev",
  aws: { region: "eu-central-1", endpoints: { ec2: "", ssm: "", dynamodb: "", budgets: "" } },
  fleets: [],
  addressPrice: 0,
  priceList: { machines: {}, disks: [0, 0, 0] },
  demand: {
    table: "jobs",
    fleets: [],
    sweep: {
      apiUrl: "http://github",
      app: { id: 1, installationId: 2 },
      keyParameter: "/key",
      owner: "acme",
      repositories: ["app"],
    },
  },
};

/** A fifth minute. */
const noon = Date.UTC(2026, 4, 1, 12, 0, 0);

async function called(
  event: unknown,
  { now = noon, answers = {} }: { now?: number; answers?: Record<string, unknown> } = {},
) {
  const calls: string[] = [];
  const lines: string[] = [];
  const known: Record<string, unknown> = {
    "ssm:GetParameters": { Parameters: [] },
    "ec2:DescribeInstances": { reservationSet: [], nextToken: "" },
    "ec2:DescribeVolumes": { volumeSet: [], nextToken: "" },
    "dynamodb:Scan": { Items: [] },
    "ssm:GetParameter": { Parameter: { Value: "canary-that-is-no-key" } },
    ...answers,
  };
  const failure = await control(
    {
      configuration,
      awsWithin: () => (action) => {
        calls.push(action);
        const answer = known[action];
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
      send: () => Promise.reject(new Error("GitHub must not be asked without a key")),
      now: () => now,
      elapsed: () => 0,
      sleep: () => Promise.resolve(),
      kept: {},
      log: (line) => lines.push(line),
    },
    event,
  ).then(
    () => undefined,
    (error: unknown) => error as AggregateError,
  );
  const metrics = Object.assign(
    {},
    ...lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as object),
  ) as Record<string, number>;
  return { calls, lines, metrics, failure };
}

describe("a call of the controller", () => {
  it("by its queue is a hint, and no other call is", () => {
    expect(readCall({ Records: [message(hint)] })).to.deep.equal({ isHint: true, unread: [] });
    for (const event of [undefined, null, 7, "text", [], {}, { Records: "x" }, { Records: [7, {}] }])
      expect(readCall(event)).to.deep.equal({ isHint: false, unread: [] });
  });

  const unreadable: Record<string, unknown> = {
    "of another version": JSON.stringify({ v: 2, kind: "job", id: "7", repository: "acme/app" }),
    "of another kind": JSON.stringify({ v: 1, kind: "stop everything" }),
    "that is no JSON": "stop everything",
    "without a body": undefined,
  };
  for (const [what, body] of Object.entries(unreadable)) {
    it(`with a message ${what} looks at everything nevertheless, counts the message, and names it`, async () => {
      const event = { Records: [message(hint, "good"), message(body, "bad")] };
      const { calls, lines, metrics, failure } = await called(event);
      expect(failure).to.equal(undefined);
      expect(calls).to.include.members(["ec2:DescribeInstances", "dynamodb:Scan"]);
      expect(calls).not.to.include("ec2:StartInstances");
      expect(metrics).to.include({ MessagesUnread: 1 });
      expect(lines.filter((line) => line.includes("unknown version"))).to.have.lengthOf(1);
      expect(lines.join()).to.include("bad").and.not.to.include("good").and.not.to.include("stop everything");
    });
  }

  it("counts no message if it has none", async () => {
    expect((await called({})).metrics).to.include({ MessagesUnread: 0 });
  });
});

describe("a call of the controller in which something fails", () => {
  const canary = "canary-token";
  const refused = new AwsError("ec2:DescribeInstances", 403, "UnauthorizedOperation", "no", {
    cause: new Error(canary),
  });
  const fault = new TypeError("jobs is not iterable");
  const unparsed = new SyntaxError(`Unexpected token 'c', "${canary}" is not valid JSON`);

  it("throws one error for all of them, with each one's sentence in its message, because Lambda prints nothing else", async () => {
    const answers = { "ec2:DescribeInstances": refused, "dynamodb:Scan": fault };
    const { failure, lines } = await called({}, { answers });
    expect(failure).to.be.instanceOf(AggregateError);
    expect(failure!.errors.map(({ cause }: Error) => cause)).to.have.members([refused, fault]);
    expect(failure!.message)
      .to.match(
        /The machines cannot be read, so .*: ec2:DescribeInstances failed: UnauthorizedOperation \(403\): no/,
      )
      .and.match(/The waiting jobs cannot be read, so .*: Longhaul has a fault of its own \(TypeError\)/);
    const stacks = lines.filter((line) => /\n +at /.test(line));
    expect(stacks, "of the fault, and once").to.have.lengthOf(1);
    expect(stacks[0]).to.match(
      /^The waiting jobs cannot be read, .*\nCaused by: TypeError: jobs is not iterable\n +at /,
    );
  });

  const secrets: Record<string, Error> = {
    "that AWS's client has kept as a cause": refused,
    "that a parser has quoted": unparsed,
    "in the cause of a fault": new TypeError("it is none", { cause: unparsed }),
  };
  for (const [what, error] of Object.entries(secrets)) {
    it(`logs and throws no secret ${what}`, async () => {
      for (const action of ["dynamodb:Scan", "ssm:GetParameters", "ssm:GetParameter"]) {
        const { failure, lines } = await called({}, { answers: { [action]: error } });
        expect(`${failure?.message ?? ""} ${failure?.stack ?? ""} ${lines.join("\n")}`)
          .to.include(error === refused ? "UnauthorizedOperation" : "SyntaxError")
          .and.not.include(canary);
      }
    });
  }

  it("the sweep logs the stack of a fault", async () => {
    const { failure, lines } = await called({}, { answers: { "ssm:GetParameter": fault } });
    expect(failure).to.equal(undefined);
    expect(lines.join("\n")).to.match(/The sweep is incomplete: TypeError: jobs is not iterable\n +at /);
  });
});

describe("the sweep of a call", () => {
  const isSwept = ({ calls }: { calls: string[] }) => calls.includes("ssm:GetParameter");

  it("is made in every fifth minute, and not for a hint", async () => {
    expect(isSwept(await called({}))).to.equal(true);
    expect(isSwept(await called({}, { now: noon + 60_000 }))).to.equal(false);
    expect(isSwept(await called({ Records: [message(hint)] }))).to.equal(false);
  });

  it("comes last, and its failure is counted and fails nothing", async () => {
    const { calls, lines, metrics, failure } = await called({});
    expect(calls.at(-1)).to.equal("ssm:GetParameter");
    expect(failure).to.equal(undefined);
    expect(metrics).to.include({ SweepFailed: 1, MachinesStarted: 0 });
    expect(lines.join("\n")).to.include(
      "/key holds no RSA private key; store the App's with `longhaul app-key`",
    );
    expect(lines.join("\n")).not.to.include("canary");
  });

  it("fails nothing where the key may not be read", async () => {
    const denied = new Failure("ssm:GetParameter failed: AccessDeniedException (400)");
    const { lines, metrics, failure } = await called({}, { answers: { "ssm:GetParameter": denied } });
    expect(failure).to.equal(undefined);
    expect(metrics).to.include({ SweepFailed: 1 });
    expect(lines.join("\n")).to.include("The sweep is incomplete: ssm:GetParameter failed");
  });
});
