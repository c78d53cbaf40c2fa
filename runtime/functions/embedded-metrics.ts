import { metricNamespace } from "../../contract/metrics.ts";

export interface EmbeddedMetrics {
  environment: string;
  /** Milliseconds since the epoch. */
  now: number;
  /** Counts, by the metric's name. */
  counts: Readonly<Record<string, number>>;
  /** Values other than counts, such as US dollars, by the metric's name. */
  amounts?: Readonly<Record<string, number>>;
  /** Additional fields of the line, for searches in the log. They are not dimensions. */
  properties?: Readonly<Record<string, string | number>>;
}

/**
 * One line of a function's log that CloudWatch takes metrics from, so that
 * counting needs neither a call nor a permission.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function embeddedMetrics({
  environment,
  now,
  counts,
  amounts = {},
  properties = {},
}: EmbeddedMetrics): string {
  const named = (values: object, Unit: "Count" | "None") =>
    Object.keys(values).map((Name) => ({ Name, Unit }));
  return JSON.stringify({
    ...properties,
    ...counts,
    ...amounts,
    Environment: environment,
    _aws: {
      Timestamp: now,
      CloudWatchMetrics: [
        {
          Namespace: metricNamespace,
          Dimensions: [["Environment"]],
          Metrics: [...named(counts, "Count"), ...named(amounts, "None")],
        },
      ],
    },
  });
}
