import { metricNamespace } from "../../contract/metrics.ts";

export interface EmbeddedMetrics {
  environment: string;
  /** Milliseconds since the epoch. */
  now: number;
  /** By the metric's name: counts. */
  counts: Readonly<Record<string, number>>;
  /** What else the line says: for searches in the log, no dimensions. */
  properties?: Readonly<Record<string, string | number>>;
}

/**
 * One line of a function's log that CloudWatch takes metrics from, so that
 * counting needs neither a call nor a permission.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function embeddedMetrics({ environment, now, counts, properties = {} }: EmbeddedMetrics): string {
  return JSON.stringify({
    ...properties,
    ...counts,
    Environment: environment,
    _aws: {
      Timestamp: now,
      CloudWatchMetrics: [
        {
          Namespace: metricNamespace,
          Dimensions: [["Environment"]],
          Metrics: Object.keys(counts).map((Name) => ({ Name, Unit: "Count" })),
        },
      ],
    },
  });
}
