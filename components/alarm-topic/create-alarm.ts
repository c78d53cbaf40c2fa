import { MetricAlarm } from "@pulumi/aws/cloudwatch/metricAlarm.js";
import type { MetricAlarmArgs } from "@pulumi/aws/cloudwatch/metricAlarm.js";
import type * as pulumi from "@pulumi/pulumi";
import type { Configuration } from "../../config/schema.ts";
import { environmentTags } from "../../contract/resource-tags.ts";
import type { AlarmTopic } from "./alarm-topic.ts";

/** Seconds of one evaluation: a metric that is written once a minute may miss a value. */
const period = 300;

export interface AlarmArgs extends Partial<MetricAlarmArgs> {
  environment: string;
  configuration: Pick<Configuration, "tags">;
  topic: AlarmTopic;
  /** The rest of its name. */
  kind: string;
}

/** An alarm `longhaul-<environment>-<kind>` that notifies the environment's topic. */
export function createAlarm(
  { environment, configuration, topic, kind, ...settings }: AlarmArgs,
  opts: pulumi.CustomResourceOptions,
): void {
  const name = `longhaul-${environment}-${kind}`;
  new MetricAlarm(
    name,
    {
      name,
      comparisonOperator: "GreaterThanOrEqualToThreshold",
      period,
      evaluationPeriods: 1,
      alarmActions: [topic.arn],
      tags: environmentTags(environment, name, configuration.tags),
      ...settings,
    },
    opts,
  );
}
