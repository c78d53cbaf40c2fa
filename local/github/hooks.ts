import { createHmac, randomUUID } from "node:crypto";
import { fullName, sameName } from "./model.ts";
import type { Delivery, Hook, Job, Model } from "./model.ts";
import { jobBody } from "./workflow-bodies.ts";

/*
 * Webhooks. GitHub sends each change of a job's state once, to each hook that
 * subscribed to it, and does not retry.
 */

/** GitHub waits ten seconds for an answer. */
const answerWithinMs = 10_000;

/** Sends a new hook its first event, a ping. */
export function ping(model: Model, hook: Hook): void {
  void deliver(model, hook, {
    event: "ping",
    payload: { zen: "Keep it logically awesome.", hook_id: hook.id },
  });
}

/** Sends a job's change of state to every hook of its repository and of the repository's owner. */
export function announce(model: Model, job: Job, action: "queued" | "in_progress" | "completed"): void {
  const { repository } = job.run;
  const name = fullName(repository);
  const workflowJob = { ...jobBody(model, job), status: action };
  const payload = {
    action,
    workflow_job: workflowJob,
    repository: {
      id: repository.id,
      name: repository.name,
      full_name: name,
      private: true,
      owner: { login: repository.owner },
    },
    organization: { login: model.organization },
    sender: { login: job.run.actor },
  };
  const hooks = model.hooks.filter(
    ({ active, events, scope }) =>
      active &&
      events.includes("workflow_job") &&
      [name, repository.owner].some((one) => sameName(one, scope)),
  );
  for (const hook of hooks) {
    const fault = model.faults.take("delivery", (one) => (one.action ?? action) === action);
    if (fault?.effect === "lose") continue;
    const labels = fault?.effect === "null-label" ? [null, ...job.labels] : job.labels;
    const told = { ...payload, workflow_job: { ...workflowJob, labels } };
    const message = { event: "workflow_job" as const, payload: told, action, jobId: job.id };
    void deliver(model, hook, message, fault?.effect === "late" ? fault.until : undefined);
    if (fault?.effect === "duplicate") void deliver(model, hook, message);
  }
}

interface Message {
  event: Delivery["event"];
  payload: object;
  action?: string;
  jobId?: number;
}

async function deliver(model: Model, hook: Hook, message: Message, until?: Promise<unknown>): Promise<void> {
  const { event, payload, action, jobId } = message;
  const body = bodyFor(hook, JSON.stringify(payload)); // The body is written now, even if it is sent late.
  await until;
  const delivery: Delivery = { id: randomUUID(), hookId: hook.id, event, action, jobId, status: undefined };
  model.deliveries.push(delivery);
  const signature =
    hook.secret === undefined
      ? {}
      : { "x-hub-signature-256": `sha256=${createHmac("sha256", hook.secret).update(body).digest("hex")}` };
  try {
    const response = await fetch(hook.url, {
      method: "POST",
      headers: {
        "content-type": contentTypes[hook.contentType],
        "user-agent": "GitHub-Hookshot/local",
        "x-github-event": event,
        "x-github-delivery": delivery.id,
        "x-github-hook-id": String(hook.id),
        ...signature,
      },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(answerWithinMs),
    });
    await response.arrayBuffer();
    delivery.status = response.status;
  } catch {
    delivery.status = 0; // No answer: GitHub records that among the hook's deliveries, and does nothing more.
  }
}

const contentTypes = { json: "application/json", form: "application/x-www-form-urlencoded" } as const;

/** A form carries the JSON in its one field. */
function bodyFor({ contentType }: Hook, json: string): string {
  return contentType === "json" ? json : new URLSearchParams({ payload: json }).toString();
}
