import { Topic } from "@pulumi/aws/sns/topic.js";
import { TopicPolicy } from "@pulumi/aws/sns/topicPolicy.js";
import { TopicSubscription } from "@pulumi/aws/sns/topicSubscription.js";
import * as pulumi from "@pulumi/pulumi";
import { hasAwsBudget, partitionOf } from "../../config/derive.ts";
import type { Configuration } from "../../config/schema.ts";
import { alarmTopicName } from "../../contract/names.ts";
import { arn } from "../iam/policy.ts";
import type { PolicyScope } from "../iam/policy.ts";
import { environmentTags } from "../../contract/resource-tags.ts";

/**
 * The messages that become mail: an alarm has begun, or is over. Every new alarm
 * goes from INSUFFICIENT_DATA to OK at its first value. CloudWatch runs the OK
 * actions for that too, although it is no news to people. AWS's budget writes to
 * the addresses by itself; its messages have no states and do not pass.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/and-or-logic.html
 */
const alarmMail = { $or: [{ NewStateValue: ["ALARM"] }, { OldStateValue: ["ALARM"] }] };

export interface AlarmTopicArgs {
  environment: string;
  configuration: Pick<Configuration, "aws" | "alarms" | "budget" | "tags">;
}

/**
 * Carries every notification for people: to the configured addresses, and to
 * whatever else subscribes. Longhaul itself does not subscribe.
 */
export class AlarmTopic extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;
  /** Permits services of AWS to publish. Services that try it when they are configured must wait for it. */
  readonly mayPublish: pulumi.Resource;

  constructor(name: string, args: AlarmTopicArgs, opts?: pulumi.ComponentResourceOptions) {
    super("longhaul:index:AlarmTopic", name, {}, opts);
    const { environment, configuration } = args;
    const { aws, alarms, budget } = configuration;
    const topicName = alarmTopicName(environment);
    const child = { parent: this };

    // Not encrypted by a customer's key: AWS's budget and alarms could not publish. No message holds a secret.
    const topic = new Topic(
      topicName,
      { name: topicName, tags: environmentTags(environment, topicName, configuration.tags) },
      child,
    );
    const policy = new TopicPolicy(
      topicName,
      {
        arn: topic.arn,
        policy: topic.arn.apply((topicArn) => topicPolicy(topicArn, aws, hasAwsBudget(budget))),
      },
      child,
    );
    for (const address of alarms.emails) {
      new TopicSubscription(
        `${topicName}-${address}`,
        {
          topic: topic.arn,
          protocol: "email",
          endpoint: address,
          filterPolicy: JSON.stringify(alarmMail),
          filterPolicyScope: "MessageBody",
        },
        child,
      );
    }

    this.arn = topic.arn;
    this.mayPublish = policy;
    this.registerOutputs({ arn: this.arn });
  }
}

/**
 * Permits publishing: by the alarms of this account, and by its budgets if
 * AWS's own budget is made. Other partitions may not know that service.
 */
export function topicPolicy(topicArn: string, aws: PolicyScope, withBudgets: boolean): string {
  const publish = (Sid: string, service: string, source: string) => ({
    Sid,
    Effect: "Allow",
    Principal: { Service: `${service}.amazonaws.com` },
    Action: "sns:Publish",
    Resource: topicArn,
    Condition: {
      StringEquals: { "aws:SourceAccount": aws.account },
      ArnLike: { "aws:SourceArn": source },
    },
  });
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      // As https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html asks for. It is not
      // documented which ARN AWS Budgets sends, so no narrower condition is known to match.
      ...(withBudgets
        ? [publish("Budgets", "budgets", `arn:${partitionOf(aws)}:budgets::${aws.account}:*`)]
        : []),
      publish("Alarms", "cloudwatch", arn(aws, "cloudwatch", "alarm:*")),
    ],
  });
}
