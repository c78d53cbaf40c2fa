import { EmulatedAwsError } from "./errors.ts";
import { number, optionalText, record, records, text, texts, time } from "./input.ts";
import type { Input } from "./input.ts";
import { addMetrics, sameDimensions, statistic } from "./metrics.ts";
import type { Service } from "./server.ts";
import type { Cloud, Datum } from "./state.ts";

/** CloudWatch: metrics are stored, returned and evaluated by alarms. Metric expressions are not emulated. */
export function cloudwatchService(cloud: Cloud): Service {
  const { data, clock } = cloud;

  /** The matching values, grouped by period, the oldest first. */
  const collect = (query: Input, period: number, start: number, end: number): [number, Datum[]][] => {
    const wanted = dimensionsOf(query);
    const periods = new Map<number, Datum[]>();
    for (const datum of data.metrics) {
      if (datum.namespace !== text(query, "Namespace") || datum.name !== text(query, "MetricName")) continue;
      if (datum.timestamp < start || datum.timestamp >= end || !sameDimensions(datum.dimensions, wanted))
        continue;
      const at = start + Math.floor((datum.timestamp - start) / (period * 1000)) * period * 1000;
      periods.set(at, [...(periods.get(at) ?? []), datum]);
    }
    return [...periods].sort(([a], [b]) => a - b);
  };

  return {
    signingName: "monitoring",
    prefix: "cloudwatch",
    actions: {
      PutMetricData: {
        needs: (input) => [{ resource: "*", context: { "cloudwatch:namespace": text(input, "Namespace") } }],
        run: (input) => {
          const values = records(input, "MetricData").map((datum) => ({
            namespace: text(input, "Namespace"),
            name: text(datum, "MetricName"),
            dimensions: dimensionsOf(datum),
            timestamp: time(datum, "Timestamp") ?? clock.now(),
            values: valuesOf(datum),
            unit: optionalText(datum, "Unit") ?? "None",
          }));
          addMetrics(cloud, values);
          return {};
        },
      },
      GetMetricStatistics: {
        run: (input) => {
          const period = number(input, "Period") ?? 60;
          const found = collect(input, period, time(input, "StartTime")!, time(input, "EndTime")!);
          const names = texts(input, "Statistics");
          return {
            Label: text(input, "MetricName"),
            Datapoints: found.map(([at, data]) => ({
              Timestamp: new Date(at),
              Unit: data[0]!.unit,
              ...Object.fromEntries(names.map((name) => [name, statistic(name, data)])),
            })),
          };
        },
      },
      GetMetricData: {
        run: (input) => ({
          MetricDataResults: records(input, "MetricDataQueries").map((query) => {
            const wanted = record(query, "MetricStat");
            const metric = wanted && record(wanted, "Metric");
            if (!wanted || !metric) {
              throw new EmulatedAwsError(
                "ValidationError",
                "The local cloud computes no metric math: see local/README.md",
              );
            }
            const period = number(wanted, "Period") ?? 60;
            const found = collect(
              metric,
              period,
              time(input, "StartTime")!,
              time(input, "EndTime")!,
            ).reverse();
            return {
              Id: text(query, "Id"),
              Label: optionalText(query, "Label") ?? text(metric, "MetricName"),
              StatusCode: "Complete",
              Timestamps: found.map(([at]) => new Date(at)),
              Values: found.map(([, data]) => statistic(text(wanted, "Stat"), data)),
            };
          }),
        }),
      },
    },
  };
}

function dimensionsOf(input: Input): Record<string, string> {
  return Object.fromEntries(
    records(input, "Dimensions").map((each) => [text(each, "Name"), text(each, "Value")]),
  );
}

function valuesOf(datum: Input): number[] {
  const counts = texts(datum, "Counts").map(Number);
  const values = texts(datum, "Values").map(Number);
  const single = number(datum, "Value");
  if (single !== undefined) return [single];
  if (values.length === 0) {
    throw new EmulatedAwsError(
      "InvalidParameterCombination",
      "The local cloud takes Value, or Values with Counts.",
    );
  }
  return values.flatMap((value, index) => new Array<number>(counts[index] ?? 1).fill(value));
}
