import { expect } from "chai";
import fc from "fast-check";
import { decideDelivery } from "../../../../runtime/functions/receiver/decide-delivery.ts";
import { secondsThatCount } from "../../../../contract/waiting-jobs.ts";
import { isSigned } from "../../../../runtime/functions/receiver/decide-delivery.ts";
import { maxBodyBytes, requestOf } from "../../../../runtime/functions/receiver/url-event.ts";
import type { DeliveryRequest } from "../../../../runtime/functions/receiver/url-event.ts";
import { configuration, delivery, now, openConfiguration, payload, secret, sign } from "./deliveries.ts";

const decide = (request: DeliveryRequest, rules = configuration) =>
  decideDelivery(request, rules, secret, now);

describe("a delivery of a queued job", () => {
  it("is written with the job's labels", () => {
    expect(decide(delivery())).to.deep.equal({
      kind: "write",
      job: {
        id: "29679449526",
        repository: "acme/app",
        labels: ["self-hosted", "Cloud"],
        state: "queued",
        queuedAt: Date.UTC(2026, 4, 1, 9, 59, 58) / 1000,
      },
    });
  });

  it("is written with its machine, once a machine has taken the job", () => {
    const body = payload({ runner_name: "dev-cloud-1-i-0123456789abcdef0" }, { action: "in_progress" });
    expect(decide(delivery(body))).to.nested.include({
      "job.state": "in_progress",
      "job.runner": "dev-cloud-1-i-0123456789abcdef0",
    });
  });

  it("is written for a smoke test that has begun: it occupies its machine, although no fleet has its label", () => {
    const machine = "dev-cloud-1-i-0123456789abcdef0";
    const smoke = payload({ labels: [machine], runner_name: machine }, { action: "in_progress" });
    expect(decide(delivery(smoke)).kind).to.equal("write");
    const other = payload({ labels: [machine], runner_name: `prod-${machine}` }, { action: "in_progress" });
    expect(decide(delivery(other)).kind).to.equal("ignored");
  });

  it("is written regardless of upper and lower case in the repository's name", () => {
    expect(decide(delivery(payload({}, { repository: { full_name: "Acme/App" } }))).kind).to.equal("write");
  });

  it("is written for any repository of the owner if the configuration names none", () => {
    const of = (name: string) =>
      decide(delivery(payload({}, { repository: { full_name: name } })), openConfiguration).kind;
    expect([of("acme/other"), of("mallory/app")]).to.deep.equal(["write", "ignored"]);
  });
});

describe("a delivery is ignored", () => {
  const cases: [what: string, request: DeliveryRequest, status: number, reason: string][] = [
    [
      "when it is GitHub's ping",
      delivery({ zen: "Keep it simple." }, { "x-github-event": "ping" }),
      200,
      "ping",
    ],
    ["when it is another event", delivery({}, { "x-github-event": "push" }), 204, "another event"],
    [
      "when its job is of a repository that is not allowed",
      delivery(payload({}, { repository: { full_name: "acme/secret" } })),
      204,
      "another repository",
    ],
    [
      "when its job is of a repository of another owner",
      delivery(payload({}, { repository: { full_name: "mallory/app" } })),
      204,
      "another repository",
    ],
    [
      "when its job is for hosted runners",
      delivery(payload({ labels: ["ubuntu-latest"] })),
      204,
      "no fleet has these labels",
    ],
    ["when its job has no labels", delivery(payload({ labels: [] })), 204, "no fleet has these labels"],
    [
      "when a deployment's rules hold its job",
      delivery(payload({}, { action: "waiting" })),
      204,
      "another state",
    ],
  ];
  for (const [what, request, status, reason] of cases) {
    it(what, () => {
      expect(decide(request)).to.deep.equal({ kind: "ignored", status, reason });
    });
  }

  const made = (hoursAgo: number) => ({ created_at: new Date(now - hoursAgo * 3_600_000).toISOString() });

  it("when it says `queued` of a job that was created longer ago than a tombstone counts", () => {
    const queued = (hoursAgo: number) => decide(delivery(payload(made(hoursAgo))));
    expect(queued(95.99).kind).to.equal("write");
    expect(queued(96)).to.deep.equal({
      kind: "ignored",
      status: 204,
      reason: "the job was made days ago",
    });
  });

  it("when it is redelivered at any time after the job's tombstone may be gone", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 120 * 3600 }), fc.integer({ min: 0 }), (ran, later) => {
        // A tombstone counts from the job's end, which is never before its beginning.
        const seconds = ran + secondsThatCount.completed + (later % (40 * 86_400));
        const again = decide(delivery(payload(made(seconds / 3600))));
        expect(again.kind).not.to.equal("write");
      }),
      { examples: [[0, 0]] }, // The second in which its tombstone stops counting.
    );
  });

  it("unless a job of a deployment was held for approval until now, or an old job has begun or ended", () => {
    const held = payload(made(100), { deployment: { id: 1 } });
    expect(decide(delivery(held)).kind).to.equal("write");
    for (const action of ["in_progress", "completed"]) {
      expect(decide(delivery(payload(made(100), { action }))).kind, action).to.equal("write");
    }
  });

  it("unless the configuration has a fleet for jobs without labels", () => {
    const rules = { ...configuration, emptyLabels: "cloud" };
    expect(decide(delivery(payload({ labels: [] })), rules).kind).to.equal("write");
  });
});

describe("a delivery is refused", () => {
  const large = "x".repeat(maxBodyBytes + 1);
  const cases: [what: string, request: DeliveryRequest, status: number, reason: string][] = [
    ["when it is not a POST", { ...delivery(), method: "GET" }, 405, "POST"],
    [
      "when it has no signature",
      delivery(payload(), { "x-hub-signature-256": undefined }),
      401,
      "no signature",
    ],
    [
      "when it has the older signature alone",
      delivery(payload(), { "x-hub-signature-256": `sha1=${"0".repeat(40)}` }),
      401,
      "does not match",
    ],
    [
      "when its signature is forged",
      delivery(payload(), { "x-hub-signature-256": sign(Buffer.from("{}"), "guess") }),
      401,
      "does not match",
    ],
    [
      "when its signature is another body's",
      delivery(payload(), { "x-hub-signature-256": sign(Buffer.from("{}")) }),
      401,
      "does not match",
    ],
    [
      "when its signature is empty",
      delivery(payload(), { "x-hub-signature-256": "" }),
      401,
      "does not match",
    ],
    [
      "when it is a form, GitHub's own choice",
      delivery(`payload=${encodeURIComponent(JSON.stringify(payload()))}`, {
        "content-type": "application/x-www-form-urlencoded",
      }),
      415,
      "set the webhook's content type to application/json",
    ],
    ["when a label is a number", delivery(payload({ labels: ["cloud", 7] })), 400, "workflow_job.labels"],
    ["when it names no event", delivery(payload(), { "x-github-event": undefined }), 400, "no event"],
    ["when it is not JSON", delivery("canary"), 400, "has no workflow_job"],
    ["when it is another JSON", delivery("[1]"), 400, "has no workflow_job"],
    ["when it has no repository", delivery(payload({}, { repository: null })), 400, "repository.full_name"],
    [
      "when its repository is a path",
      delivery(payload({}, { repository: { full_name: "acme/app/../x" } })),
      400,
      "repository.full_name",
    ],
    ["when its id is not a number", delivery(payload({ id: "1; DROP" })), 400, "workflow_job.id"],
    ["when its labels are not a list", delivery(payload({ labels: "cloud" })), 400, "workflow_job.labels"],
    ["when it has no time", delivery(payload({ created_at: null })), 400, "created_at"],
    ["when it has no action", delivery(payload({}, { action: 7 })), 400, "no action"],
    [
      "when its job is older than a run can be",
      delivery(payload({ created_at: "2026-03-01T00:00:00Z" })),
      400,
      "older than a run can be",
    ],
  ];
  for (const [what, request, status, reason] of cases) {
    it(what, () => {
      const decision = decide(request);
      expect(decision).to.include({ kind: "refused", status });
      expect(decision).to.have.property("reason").that.includes(reason).and.not.includes("canary");
    });
  }

  it("when it has more bytes than a workflow_job can have", () => {
    const event = { requestContext: { http: { method: "POST" } }, headers: delivery(large).headers };
    const encodings = [
      { body: large },
      { body: Buffer.from(large).toString("base64"), isBase64Encoded: true },
      { body: "x".repeat(25 * 1024 * 1024) },
      { body: "é".repeat(maxBodyBytes / 2 + 1) },
    ];
    for (const encoding of encodings) {
      expect(decide(requestOf({ ...event, ...encoding }))).to.include({ kind: "refused", status: 413 });
    }
  });

  it("or accepted, and deciding never throws, whatever is signed and sent", () => {
    fc.assert(
      fc.property(fc.anything(), (body) => {
        const text = JSON.stringify({ ...payload(), workflow_job: body }) as string | undefined;
        expect(["write", "ignored", "refused"]).to.include(decide(delivery(text ?? "")).kind);
      }),
    );
  });
});

describe("a body", () => {
  it("of a job's end with all of its 5,000 steps is accepted", () => {
    const step = { name: "x".repeat(200), status: "completed", conclusion: "success", number: 5000 };
    const steps = Array.from({ length: 5000 }, () => step);
    const body = payload({ steps, status: "completed" }, { action: "completed" });
    const { headers, body: bytes } = delivery(body);
    expect(bytes!.length).to.be.greaterThan(1024 * 1024);
    const request = requestOf({
      requestContext: { http: { method: "POST" } },
      headers,
      body: Buffer.from(bytes!).toString("base64"),
      isBase64Encoded: true,
    });
    expect(decide(request)).to.nested.include({ kind: "write", "job.state": "completed" });
  });

  for (const [words, nulls] of Object.entries({
    "a null among its labels": { labels: [null, "self-hosted", "Cloud"] },
    "null in each field that GitHub may leave empty": {
      runner_id: null,
      runner_name: null,
      runner_group_id: null,
      runner_group_name: null,
      conclusion: null,
      head_branch: null,
      workflow_name: null,
      completed_at: null,
      steps: [null],
    },
  })) {
    it(`with ${words} is accepted`, () => {
      for (const action of ["queued", "in_progress", "completed"]) {
        const decision = decide(delivery(payload(nulls, { action, deployment: null })));
        expect(decision).to.deep.nested.include({ kind: "write", "job.labels": ["self-hosted", "Cloud"] });
      }
    });
  }

  it("whose labels are all null counts for its machine", () => {
    const runner = "dev-cloud-1-i-0123456789abcdef0";
    const body = payload({ labels: [null], runner_name: runner }, { action: "completed" });
    expect(decide(delivery(body))).to.deep.nested.include({ kind: "write", "job.runner": runner });
  });

  it("is checked by its exact bytes, in base64 or not", () => {
    const text = JSON.stringify(payload({ name: "Prüfung 🚚" }));
    const { headers } = delivery(text);
    const event = { requestContext: { http: { method: "POST" } }, headers };
    expect(decide(requestOf({ ...event, body: text })).kind).to.equal("write");
    const body = Buffer.from(text).toString("base64");
    expect(decide(requestOf({ ...event, body, isBase64Encoded: true })).kind).to.equal("write");
  });

  it("has the signature that GitHub's documentation gives as its example", () => {
    const signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    expect(isSigned(Buffer.from("Hello, World!"), signature, "It's a Secret to Everybody")).to.equal(true);
  });
});
