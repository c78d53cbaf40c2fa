import { Failure } from "../../contract/failure.ts";
import { EmulatedAwsError } from "./errors.ts";
import { number, optionalText, text, texts } from "./input.ts";
import type { Input } from "./input.ts";
import { publish } from "./topics.ts";
import type { Cloud, Datum } from "./state.ts";

/** Number of data points that are kept; the oldest are dropped first. */
const maxData = 20_000;

export const alarmType = "aws:cloudwatch/metricAlarm:MetricAlarm";

const statistics = {
  SampleCount: (values: readonly number[]) => values.length,
  Sum: (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0),
  Average: (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length,
  Minimum: (values: readonly number[]) => Math.min(...values),
  Maximum: (values: readonly number[]) => Math.max(...values),
} as const;

const comparisons: Record<string, (value: number, threshold: number) => boolean> = {
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  GreaterThanThreshold: (value, threshold) => value > threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

/** Stores values from any source, and evaluates the alarms on them. */
export function addMetrics(cloud: Cloud, data: readonly Datum[]): void {
  const { metrics } = cloud.data;
  metrics.push(...data);
  metrics.splice(0, metrics.length - maxData);
  const named = new Set(data.map(({ name }) => name));
  for (const [name, alarm] of Object.entries(cloud.data.resources[alarmType] ?? {})) {
    if (named.has(text(alarm, "metricName"))) evaluateAlarm(cloud, name, alarm);
  }
}

/**
 * Stores an alarm. Alarms are evaluated over one period, when they are made and
 * when a value of their metric arrives. So an alarm for missing values is over
 * as soon as a value arrives, and begins only when the alarm is made while
 * there is no value.
 *
 * @throws Error for an alarm that the local cloud would not evaluate as
 * CloudWatch does
 */
export function putAlarm(cloud: Cloud, name: string, alarm: Input): void {
  checkAlarm(alarm);
  evaluateAlarm(cloud, name, alarm);
}

function checkAlarm(alarm: Input): void {
  const comparison = optionalText(alarm, "comparisonOperator") ?? "";
  if (
    comparison in comparisons &&
    number(alarm, "evaluationPeriods") === 1 &&
    ["ignore", "breaching", "notBreaching"].includes(optionalText(alarm, "treatMissingData") ?? "") &&
    optionalText(alarm, "metricName") !== undefined
  )
    return;
  throw new Failure(
    `The local cloud evaluates alarms on one metric over one period, and ${text(alarm, "name")} is another: see local/README.md`,
  );
}

function evaluateAlarm(cloud: Cloud, name: string, alarm: Input): void {
  const { data, clock } = cloud;
  const from = clock.now() - number(alarm, "period")! * 1000;
  const wanted = (alarm.dimensions ?? {}) as Record<string, string>;
  const values = data.metrics.filter(
    (datum) =>
      datum.name === alarm.metricName &&
      datum.namespace === alarm.namespace &&
      datum.timestamp > from &&
      sameDimensions(datum.dimensions, wanted),
  );
  if (values.length === 0 && alarm.treatMissingData === "ignore") return;
  const threshold = number(alarm, "threshold")!;
  const isBreached =
    values.length === 0
      ? alarm.treatMissingData === "breaching"
      : comparisons[text(alarm, "comparisonOperator")]!(
          statistic(text(alarm, "statistic"), values),
          threshold,
        );
  const state = isBreached ? "ALARM" : "OK";
  const before = data.alarms[name] ?? "INSUFFICIENT_DATA";
  data.alarms[name] = state;
  if (state === before) return;
  const message = {
    AlarmName: name,
    AlarmDescription: alarm.alarmDescription,
    AWSAccountId: cloud.account,
    Region: cloud.region,
    OldStateValue: before,
    NewStateValue: state,
    NewStateReason:
      values.length === 0
        ? `Threshold Crossed: no datapoints were received, and missing ones are treated as ${text(alarm, "treatMissingData")}.`
        : `Threshold Crossed: ${values.length} datapoints against the threshold ${threshold}.`,
    StateChangeTime: new Date(clock.now()).toISOString(),
  };
  for (const topic of texts(alarm, state === "ALARM" ? "alarmActions" : "okActions")) {
    publish(cloud, topic, {
      service: "cloudwatch",
      source: text(alarm, "arn"),
      subject: `${state}: "${name}" in ${cloud.region}`,
      message: JSON.stringify(message),
    });
  }
}

export function statistic(name: string, data: readonly Datum[]): number {
  if (!(name in statistics))
    throw new EmulatedAwsError("InvalidParameterValue", `The value ${name} is not a statistic.`);
  return statistics[name as keyof typeof statistics](data.flatMap(({ values }) => values));
}

export function sameDimensions(a: Record<string, string>, b: Record<string, string>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
