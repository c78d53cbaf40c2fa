import { createHmac, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { fullName, sameName } from "./model.ts";
import type { Delivery, Hook, Job, Model } from "./model.ts";
import { jobBody } from "./rest/workflow-bodies.ts";

/* Webhooks: GitHub tells whoever asked that a job's state has changed, once, and does not try again. */

/** GitHub waits for ten seconds. */
const answerWithinMs = 10_000;

/** Tells a new hook that it is there. */
export function ping(model: Model, hook: Hook): void {
  void deliver(model, hook, {
    event: "ping",
    payload: { zen: "Keep it logically awesome.", hook_id: hook.id },
  });
}

/** Tells every hook of a job's repository and its owner what has become of the job. */
export function announce(model: Model, job: Job, action: "queued" | "in_progress" | "completed"): void {
  const { repository } = job.run;
  const name = fullName(repository);
  const payload = {
    action,
    workflow_job: { ...jobBody(model, job), status: action },
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
    const message = { event: "workflow_job" as const, payload, action, jobId: job.id };
    const lateMs = fault?.effect === "late" ? (fault.seconds ?? 1) * 1000 : 0;
    void deliver(model, hook, message, lateMs);
    if (fault?.effect === "duplicate") void deliver(model, hook, message);
  }
}

interface Message {
  event: Delivery["event"];
  payload: object;
  action?: string;
  jobId?: number;
}

async function deliver(model: Model, hook: Hook, message: Message, lateMs = 0): Promise<void> {
  const { event, payload, action, jobId } = message;
  const body = JSON.stringify(payload); // As things stand now, however late it comes.
  if (lateMs > 0) await sleep(lateMs, undefined, { ref: false });
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
        "content-type": "application/json",
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
    delivery.status = 0; // Nobody answered: GitHub notes it among the hook's deliveries, and that is all.
  }
}
