import { readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { machineMetricNamespace, machineMetrics } from "../../contract/metrics.ts";
import type { Aws } from "./aws.ts";
import type { AgentConfiguration } from "./configuration.ts";
import type { IncidentCounts } from "./incidents.ts";

/** Milliseconds between two publications. */
export const metricsEveryMs = 60_000;

export type MetricValues = Record<keyof typeof machineMetrics, number>;

/**
 * What the machine itself has to say; percentages are of what a job could use.
 *
 * @param proc where `/proc` is mounted
 * @param disk a path on the disk that jobs work on
 */
export async function measure(
  proc: string,
  disk: string,
): Promise<Pick<MetricValues, "memoryUsed" | "diskUsed" | "load">> {
  const memory = readFileSync(`${proc}/meminfo`, "utf8");
  const kilobytes = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(memory)?.[1]);
  const { blocks, bfree, bavail } = await statfs(disk);
  const used = blocks - bfree;
  return {
    memoryUsed: 100 * (1 - kilobytes("MemAvailable") / kilobytes("MemTotal")),
    diskUsed: (100 * used) / (used + bavail),
    load: Number(readFileSync(`${proc}/loadavg`, "utf8").split(" ")[0]),
  };
}

/** @throws AwsError when they cannot be published */
export async function publishMetrics(
  { environment, fleet, runner }: AgentConfiguration,
  values: MetricValues,
  incidents: IncidentCounts,
  aws: Aws,
): Promise<void> {
  const dimensions = Object.entries({ Environment: environment, Fleet: fleet, Runner: runner });
  const data = [
    ...(Object.keys(machineMetrics) as (keyof typeof machineMetrics)[]).map((key) => ({
      MetricName: machineMetrics[key].name,
      Unit: machineMetrics[key].unit,
      Value: Number(values[key].toFixed(2)),
    })),
    ...Object.entries(incidents).map(([name, count]) => ({ MetricName: name, Unit: "Count", Value: count })),
  ];
  await aws("cloudwatch:PutMetricData", {
    Namespace: machineMetricNamespace,
    MetricData: data.map((metric) => ({
      ...metric,
      Dimensions: dimensions.map(([Name, Value]) => ({ Name, Value })),
    })),
  });
}
