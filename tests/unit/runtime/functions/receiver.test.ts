import { expect } from "chai";
import fc from "fast-check";
import { AwsError } from "../../../../runtime/aws/error.ts";
import { createReceiver } from "../../../../runtime/functions/receiver/receiver.ts";
import { receiverCalls } from "../../../../contract/receiver.ts";
import type { ReceiverCall } from "../../../../contract/receiver.ts";
import type { DeliveryRequest } from "../../../../runtime/functions/receiver/url-event.ts";
import { configuration, delivery, now, payload, secret, sign } from "./deliveries.ts";

type Answer = () => unknown;

function fails(code: string, status = 400): Answer {
  return () => {
    throw new AwsError("dynamodb:UpdateItem", status, code, "no");
  };
}

/** A receiver whose AWS gives these answers. Secrets are in the order in which they are read. */
function receiver(answers: Partial<Record<ReceiverCall, Answer>> = {}, secrets: string[] = [secret]) {
  const calls: { action: ReceiverCall; input: Record<string, unknown> }[] = [];
  const lines: Record<string, unknown>[] = [];
  const clock = { now };
  let reads = 0;
  const handler = createReceiver({
    configuration,
    queueUrl: "https://sqs/queue",
    aws: (action, input) => {
      calls.push({ action, input });
      const own = answers[action];
      if (own) return Promise.resolve().then(own);
      if (action !== "ssm:GetParameter") return Promise.resolve({});
      return Promise.resolve({ Parameter: { Value: secrets[Math.min(reads++, secrets.length - 1)] } });
    },
    now: () => clock.now,
    log: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
  });
  const receive = (request: DeliveryRequest) => handler(eventOf(request));
  const actions = () => calls.map(({ action }) => action);
  return { handler, receive, calls, actions, lines, clock };
}

function eventOf({ method, headers, body }: DeliveryRequest) {
  return {
    requestContext: { http: { method } },
    headers,
    body: Buffer.from(body ?? "").toString("base64"),
    isBase64Encoded: true,
  };
}

describe("the webhook's receiver", () => {
  it("writes a queued job, forward only, and sends the controller a hint", async () => {
    const { receive, calls, lines } = receiver();
    expect(await receive(delivery())).to.include({ statusCode: 202 });
    const [, write, hint] = calls;
    expect(write!.input).to.deep.equal({
      TableName: "longhaul-dev-waiting-jobs",
      Key: { id: { S: "29679449526" } },
      UpdateExpression:
        "SET #repository = :repository, #labels = :labels, #state = :state, #queuedAt = :queuedAt, #at = :at, #expiresAt = :expiresAt",
      ConditionExpression: "attribute_not_exists(#id)",
      ExpressionAttributeNames: {
        "#repository": "repository",
        "#labels": "labels",
        "#state": "state",
        "#queuedAt": "queuedAt",
        "#at": "at",
        "#expiresAt": "expiresAt",
        "#id": "id",
      },
      ExpressionAttributeValues: {
        ":repository": { S: "acme/app" },
        ":labels": { L: [{ S: "self-hosted" }, { S: "Cloud" }] },
        ":state": { S: "queued" },
        ":queuedAt": { N: String(now / 1000 - 2) },
        ":at": { N: String(now / 1000) },
        ":expiresAt": { N: String(now / 1000 + 86_400) },
      },
    });
    expect(hint).to.deep.equal({
      action: "sqs:SendMessage",
      input: {
        QueueUrl: "https://sqs/queue",
        MessageBody: '{"v":1,"kind":"job","id":"29679449526","repository":"acme/app"}',
      },
    });
    expect(lines).to.have.length(1);
    expect(lines[0]).to.deep.include({
      WebhookAccepted: 1,
      Environment: "dev",
      status: 202,
      delivery: "0b989ba4-242f-11e5-81e1-c7b6966d2516",
    });
    expect(lines[0]).to.have.nested.property("_aws.CloudWatchMetrics[0].Namespace", "Longhaul");
  });

  it("writes that a job has begun or ended, without a hint", async () => {
    const { receive, calls, actions } = receiver();
    await receive(delivery(payload({}, { action: "completed" })));
    expect(actions()).to.deep.equal(["ssm:GetParameter", "dynamodb:UpdateItem"]);
    expect(calls[1]!.input).to.include({
      ConditionExpression: "attribute_not_exists(#id) OR #state IN (:before0, :before1)",
    });
  });

  it("answers any event, and writes nothing if the event is not a request", async () => {
    const { handler, actions, lines } = receiver();
    for (const event of [undefined, null, 7, "text", [], {}, { requestContext: null }, { body: "{}" }])
      expect(await handler(event)).to.include({
        statusCode: 400,
        body: "it is not a request to the function's URL\n",
      });
    expect(actions()).to.deep.equal(["ssm:GetParameter"]);
    expect(lines.every(({ WebhookRefused }) => WebhookRefused === 1)).to.equal(true);
    await fc.assert(
      fc.asyncProperty(fc.anything(), async (event) => {
        expect(await handler(event))
          .to.have.property("statusCode")
          .that.is.within(400, 405);
      }),
    );
  });

  it("accepts a replayed delivery, or one that was overtaken", async () => {
    const { receive, actions, lines } = receiver({
      "dynamodb:UpdateItem": fails("ConditionalCheckFailedException"),
    });
    expect(await receive(delivery())).to.include({ statusCode: 202 });
    expect(actions()).not.to.include("sqs:SendMessage");
    expect(lines[0]).to.include({ WebhookIgnored: 1 });
  });

  it("answers 503 if the table cannot be written, and only the log has the reason", async () => {
    const { receive, lines } = receiver({ "dynamodb:UpdateItem": fails("InternalServerError", 500) });
    const answer = await receive(delivery());
    expect(answer).to.include({ statusCode: 503 });
    expect(answer.body).not.to.include("InternalServerError");
    expect(lines[0]).to.include({ WebhookFailed: 1 });
    expect(lines[0]!.reason).to.include("InternalServerError");
    expect(lines[0]).not.to.have.property("stack");
  });

  const faults: Record<string, () => never> = {
    "with its stack": () => {
      throw new TypeError("jobs is not iterable");
    },
    "without what a parser quotes": () => {
      throw new SyntaxError(`Unexpected token 'c', "${secret}" is not valid JSON`);
    },
  };
  for (const [what, fault] of Object.entries(faults)) {
    it(`logs a fault of its own ${what}, and does not show it to GitHub`, async () => {
      const { receive, lines } = receiver({ "dynamodb:UpdateItem": fault });
      const answer = await receive(delivery());
      expect(answer).to.include({ statusCode: 503 });
      expect(lines[0]!.reason).to.match(/Longhaul has a fault of its own/);
      expect(lines[0]!.stack).to.match(/\n +at .*receiver\.test\.ts/);
      expect(JSON.stringify([answer, lines])).not.to.include(secret);
      expect(answer.body).not.to.match(/fault|Error/);
    });
  }

  it("accepts a delivery if only the hint is lost: the controller reads the table each minute", async () => {
    const { receive, lines } = receiver({ "sqs:SendMessage": fails("ServiceUnavailable", 503) });
    const answer = await receive(delivery());
    expect(answer).to.include({ statusCode: 202 });
    expect(lines[0]).to.include({ WebhookAccepted: 1 });
    expect(lines[0]!.reason).to.match(/was not sent a hint: .*ServiceUnavailable/);
    expect(answer.body, "what failed inside is for the log").not.to.include("ServiceUnavailable");
  });

  it("makes no call for a forged delivery, and quotes nothing of it", async () => {
    const { receive, actions, lines } = receiver();
    const headers = {
      "x-hub-signature-256": `sha256=${"0".repeat(64)}`,
      "x-github-delivery": "canary\ninjected",
    };
    const answer = await receive(delivery(payload({ name: "canary" }), headers));
    expect(answer).to.include({ statusCode: 401 });
    expect(actions()).to.deep.equal(["ssm:GetParameter"]);
    expect(lines[0]).to.include({ WebhookRefused: 1, delivery: "" });
    expect(JSON.stringify([answer, lines])).not.to.include("canary");
  });

  it("reads its secret once", async () => {
    const { receive, actions } = receiver();
    await receive(delivery());
    await receive(delivery());
    expect(actions().filter((action) => action === "ssm:GetParameter")).to.have.length(1);
  });

  describe("when the secret is rotated", () => {
    const rotated = `another-${secret}`;
    const signed = delivery(payload(), { "x-hub-signature-256": sign(delivery().body!, rotated) });

    it("accepts signatures of the new secret, once the old one was read a minute ago", async () => {
      const { receive, clock } = receiver({}, [secret, rotated]);
      await receive(delivery());
      clock.now += 60_000;
      expect(await receive(signed)).to.include({ statusCode: 202 });
      expect(await receive(delivery())).to.include({ statusCode: 401 });
    });

    it("reads the secret once a minute, however many forged deliveries come", async () => {
      const { receive, actions, clock } = receiver();
      for (let count = 0; count < 50; count++) {
        expect(await receive(signed)).to.include({ statusCode: 401 });
        clock.now += 3000;
      }
      expect(actions()).to.deep.equal(["ssm:GetParameter", "ssm:GetParameter", "ssm:GetParameter"]);
    });
  });

  it("reads the secret no more often if that fails", async () => {
    let reads = 0;
    const { receive, clock } = receiver({
      "ssm:GetParameter": () => {
        reads += 1;
        if (reads > 1) throw new AwsError("ssm:GetParameter", 400, "ThrottlingException", "no");
        return { Parameter: { Value: secret } };
      },
    });
    const forged = delivery(payload(), { "x-hub-signature-256": `sha256=${"0".repeat(64)}` });
    await receive(delivery());
    clock.now += 60_000;
    const statuses = [await receive(forged), await receive(forged)].map(({ statusCode }) => statusCode);
    expect(statuses).to.deep.equal([503, 401]);
    expect(reads).to.equal(2);
  });

  it("accepts nothing if its parameter holds no secret", async () => {
    for (const value of ["", "used"]) {
      const { receive, lines } = receiver({}, [value]);
      const body = delivery().body!;
      const forged = delivery(payload(), value === "" ? {} : { "x-hub-signature-256": sign(body, value) });
      expect(await receive(forged)).to.include({ statusCode: 503 });
      expect(lines[0]).to.include({ WebhookFailed: 1 });
    }
  });

  it("never shows its secret", async () => {
    const { receive, lines } = receiver({ "dynamodb:UpdateItem": fails("X") });
    const answers = [await receive(delivery()), await receive(delivery("{}"))];
    expect(JSON.stringify([answers, lines])).not.to.include(secret);
  });

  it("calls no action that its list does not have", async () => {
    const { receive, actions } = receiver();
    await receive(delivery());
    expect([...new Set(actions())].sort()).to.deep.equal([...receiverCalls].sort());
  });
});
