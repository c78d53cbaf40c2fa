import { sentenceOf } from "../../../contract/failure.ts";
import { receiverMetrics } from "../../../contract/metrics.ts";
import type { ReceiverCall, ReceiverConfiguration } from "../../../contract/receiver.ts";
import { formatJobMessage } from "../../../contract/waiting-jobs.ts";
import type { CallAws } from "../../aws/client.ts";
import { embeddedMetrics } from "../embedded-metrics.ts";
import { writeJobState } from "../job-table.ts";
import type { JobReport } from "../job-table.ts";
import { decideDelivery } from "./decide-delivery.ts";
import type { DeliveryDecision } from "./decide-delivery.ts";
import { answerOf, requestOf } from "./url-event.ts";
import type { DeliveryRequest, UrlAnswer } from "./url-event.ts";
import { webhookSecret } from "./webhook-secret.ts";

export interface ReceiverWorld {
  configuration: ReceiverConfiguration;
  /** URL of the controller's queue. */
  queueUrl: string;
  aws: CallAws<ReceiverCall>;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Writes one line to the function's log. */
  log: (line: string) => void;
}

/** The outcome of a delivery, for the answer, the log and the metrics. */
interface DeliveryOutcome {
  metric: keyof typeof receiverMetrics;
  status: number;
  /** For GitHub and the log. */
  reason: string;
  /** The error that the receiver met. It is logged, and not part of the answer. */
  error?: unknown;
}

/**
 * The webhook's receiver: checks the delivery, writes the job's state, sends the
 * controller a hint, and answers. It never throws: if anything fails it answers
 * 503, which GitHub shows among the webhook's deliveries.
 *
 * @returns a handler of Lambda's events, of any form
 */
export function createReceiver(world: ReceiverWorld): (event: unknown) => Promise<UrlAnswer> {
  const { configuration, queueUrl, aws, now, log } = world;
  const secret = webhookSecret(configuration.secretParameter, aws, now);

  return async (event) => {
    const request = requestOf(event);
    const { metric, status, reason, error } = await handle(request).catch(
      (error: unknown): DeliveryOutcome => ({
        metric: "failed",
        status: 503,
        reason: "it could not be carried out",
        error,
      }),
    );
    log(
      embeddedMetrics({
        environment: configuration.environment,
        now: now(),
        counts: { [receiverMetrics[metric]]: 1 },
        properties: { status, ...loggedReason(reason, error), delivery: deliveryId(request) },
      }),
    );
    return answerOf(status, reason);
  };

  async function handle(request: DeliveryRequest): Promise<DeliveryOutcome> {
    const decision = await decide(request);
    if (decision.kind !== "write") {
      const { kind: metric, status, reason } = decision;
      return { metric, status, reason };
    }
    return carryOut(decision.job);
  }

  async function decide(request: DeliveryRequest): Promise<DeliveryDecision> {
    const first = decideDelivery(request, configuration, await secret.current(), now());
    if (first.kind !== "refused" || !first.unsigned) return first;
    const renewed = await secret.renewed();
    return renewed === undefined ? first : decideDelivery(request, configuration, renewed, now());
  }

  async function carryOut(job: JobReport): Promise<DeliveryOutcome> {
    const written = await writeJobState(configuration.table, job, now(), aws);
    const what = `job ${job.id} of ${job.repository} is ${job.state}`;
    if (written === "behind")
      return { metric: "ignored", status: 202, reason: `${what}: the table has this state or a later one` };
    // Only a queued job can be a reason to start a machine.
    if (job.state !== "queued") return { metric: "accepted", status: 202, reason: what };
    try {
      await aws("sqs:SendMessage", { QueueUrl: queueUrl, MessageBody: formatJobMessage(job) });
      return { metric: "accepted", status: 202, reason: what };
    } catch (error) {
      // The table has the job, and the controller reads the table each minute.
      return {
        metric: "accepted",
        status: 202,
        reason: `${what}; the controller was not sent a hint`,
        error,
      };
    }
  }
}

/** GitHub's id of the delivery, by which it is found among the webhook's deliveries. Empty if it has another form. */
function deliveryId({ headers }: DeliveryRequest): string {
  const id = headers["x-github-delivery"] ?? "";
  return /^[0-9a-f-]{36}$/.test(id) ? id : "";
}

/** The reason for the log, with the error's sentence, and the stack of a fault. */
function loggedReason(reason: string, error: unknown): Record<string, string> {
  if (error === undefined) return { reason };
  const fault: Record<string, string> = {};
  const why = sentenceOf(error, (trace) => (fault.stack = trace));
  return { ...fault, reason: `${reason}: ${why}` };
}
