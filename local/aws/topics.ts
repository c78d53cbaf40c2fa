import { Failure } from "../../contract/failure.ts";
import { isObject, parseObject } from "../../contract/json.ts";
import { optionalText, text } from "./input.ts";
import type { Input } from "./input.ts";
import { serviceMay } from "./service-access.ts";
import type { ActingService } from "./service-access.ts";
import type { Cloud, Mail } from "./state.ts";

/*
 * SNS's topics, as far as AWS's services publish to them and people read them
 * as mail. Mail is kept and logged. Addresses need no confirmation.
 */

export const topicType = "aws:sns/topic:Topic";
export const topicPolicyType = "aws:sns/topicPolicy:TopicPolicy";
export const subscriptionType = "aws:sns/topicSubscription:TopicSubscription";

/** A message that a service of AWS publishes. */
export interface Notification {
  service: ActingService;
  /** ARN of the budget or alarm. */
  source: string;
  subject: string;
  message: string;
}

/** Lines of mail that are kept. */
const maxMail = 1000;

export function sendMail({ data, clock, onMail }: Cloud, mail: Omit<Mail, "sentAt">): void {
  onMail?.(`mail to ${mail.to}: ${mail.subject}`);
  data.mail.push({ ...mail, sentAt: clock.now() });
  data.mail.splice(0, data.mail.length - maxMail);
}

/** Publishes to a topic. As on AWS, a message that the topic's policy does not allow is lost silently. */
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

/** Whether a message passes a subscription's filter. */
function passes(subscription: Input, message: string): boolean {
  const filter = readFilter(subscription);
  if (!filter) return true;
  const body = parseObject(message);
  return body !== undefined && filter(body);
}

type Filter = (body: Readonly<Record<string, unknown>>) => boolean;

/**
 * A subscription's filter; undefined without one. For every key one of its
 * values must match, and for `$or` one of its objects.
 *
 * @throws Error when the filter uses a feature that the local cloud does not
 * know
 * @see https://docs.aws.amazon.com/sns/latest/dg/and-or-logic.html
 */
export function readFilter(subscription: Input): Filter | undefined {
  const written = optionalText(subscription, "filterPolicy");
  if (written === undefined) return undefined;
  if (subscription.filterPolicyScope !== "MessageBody") refuse(written);
  return filterOf(parseObject(written), written);
}

function filterOf(policy: unknown, written: string): Filter {
  if (!isObject(policy)) refuse(written);
  const parts = Object.entries(policy).map(([key, rules]): Filter => {
    if (!Array.isArray(rules)) refuse(written);
    if (key === "$or") {
      const ways = rules.map((way) => filterOf(way, written));
      return (body) => ways.some((way) => way(body));
    }
    const values = rules.map((rule) => {
      if (typeof rule === "string") return (value: unknown) => value === rule;
      if (JSON.stringify(rule) === '{"exists":true}') return (value: unknown) => value !== undefined;
      refuse(written);
    });
    return (body) => values.some((fits) => fits(body[key]));
  });
  return (body) => parts.every((part) => part(body));
}

function refuse(filter: string): never {
  throw new Failure(
    `The local cloud knows filters of the message's body by values, existence and $or, not ${filter}: see local/README.md`,
  );
}
