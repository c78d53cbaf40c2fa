import { parseObject } from "../../contract/json.ts";
import { optionalText, text } from "./input.ts";
import type { Input } from "./input.ts";
import { serviceMay } from "./service-access.ts";
import type { ActingService } from "./service-access.ts";
import type { Cloud, Mail } from "./state.ts";

/*
 * SNS's topics, as far as services of AWS publish to them and people read them
 * as mail, which is kept and told. Nobody has to confirm an address.
 */

export const topicType = "aws:sns/topic:Topic";
export const topicPolicyType = "aws:sns/topicPolicy:TopicPolicy";
export const subscriptionType = "aws:sns/topicSubscription:TopicSubscription";

/** What a service of AWS publishes. */
export interface Notification {
  service: ActingService;
  /** ARN of the budget or alarm. */
  source: string;
  subject: string;
  message: string;
}

/** Lines of mail that are kept. */
const maxMail = 1000;

export function sendMail({ data, clock, tell }: Cloud, mail: Omit<Mail, "sentAt">): void {
  tell?.(`mail to ${mail.to}: ${mail.subject}`);
  data.mail.push({ ...mail, sentAt: clock.now() });
  data.mail.splice(0, data.mail.length - maxMail);
}

/** Publishes to a topic; as at AWS, what its policy does not allow is lost without a word. */
export function publish(cloud: Cloud, topicArn: string, notification: Notification): void {
  const { resources } = cloud.data;
  if (!resources[topicType]?.[topicArn] || !mayPublish(cloud, topicArn, notification)) return;
  const { subject, message } = notification;
  for (const subscription of Object.values(resources[subscriptionType] ?? {})) {
    if (subscription.topic === topicArn && passes(subscription, message)) {
      sendMail(cloud, { to: text(subscription, "endpoint"), subject, text: message });
    }
  }
}

/** Whether a topic's policy lets a service publish to it. */
export function mayPublish(
  { account, data }: Cloud,
  topicArn: string,
  { service, source }: Pick<Notification, "service" | "source">,
): boolean {
  const context = { "aws:SourceAccount": account, "aws:SourceArn": source };
  return serviceMay(data.resources[topicPolicyType]?.[topicArn]?.policy, service, {
    action: "sns:Publish",
    resource: topicArn,
    context,
  });
}

/** Whether a subscription's filter lets a message through. */
function passes(subscription: Input, message: string): boolean {
  const filter = readFilter(subscription);
  if (!filter) return true;
  const body = parseObject(message);
  return body !== undefined && filter.every((key) => body[key] !== undefined);
}

/**
 * The keys that a subscription's filter asks for; undefined without a filter.
 *
 * @throws Error when the filter asks for anything else than keys of the body
 */
export function readFilter(subscription: Input): string[] | undefined {
  const written = optionalText(subscription, "filterPolicy");
  if (written === undefined) return undefined;
  const entries = Object.entries(JSON.parse(written) as Record<string, unknown>);
  const isExistence = (rule: unknown) => JSON.stringify(rule) === '[{"exists":true}]';
  if (subscription.filterPolicyScope !== "MessageBody" || !entries.every(([, rule]) => isExistence(rule))) {
    throw new Error(
      `The local cloud knows filters for keys of the message's body only, not ${written}: see local/README.md`,
    );
  }
  return entries.map(([key]) => key);
}
