import { readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import type { AgentConfiguration } from "../../contract/agent.ts";
import { machineMetricNamespace, machineMetrics } from "../../contract/metrics.ts";
import type { Aws } from "./aws.ts";
import type { IncidentCounts } from "./incidents.ts";

/** Milliseconds between two publications. */
export const metricsEveryMs = 60_000;

export type MetricValues = Record<keyof typeof machineMetrics, number>;

/** Values that are measured here and not observed elsewhere. */
type Measured = Pick<MetricValues, "memoryUsed" | "diskUsed" | "load">;

/**
 * The machine's own metrics; percentages are of what a job could use. A value
 * that cannot be read is left out: its missing metric shows that, and the others
 * do not depend on it. CloudWatch would refuse all of them for one that is not a
 * number.
 *
 * @param proc where `/proc` is mounted
 * @param disk a path on the disk that jobs work on
 */
export async function measure(proc: string, disk: string): Promise<Partial<Measured>> {
  const readings: [keyof Measured, () => number | Promise<number>][] = [
    ["memoryUsed", () => memoryUsed(readFileSync(`${proc}/meminfo`, "utf8"))],
    ["diskUsed", () => diskUsed(disk)],
    ["load", () => Number(readFileSync(`${proc}/loadavg`, "utf8").split(" ")[0])],
  ];
  const measured: Partial<Measured> = {};
  for (const [name, read] of readings) {
    const value = await Promise.resolve()
      .then(read)
      .catch(() => NaN);
    if (Number.isFinite(value)) measured[name] = value;
  }
  return measured;
}

function memoryUsed(meminfo: string): number {
  const kilobytes = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(meminfo)?.[1]);
  return 100 * (1 - kilobytes("MemAvailable") / kilobytes("MemTotal"));
}

async function diskUsed(disk: string): Promise<number> {
  const { blocks, bfree, bavail } = await statfs(disk);
  const used = blocks - bfree;
  return (100 * used) / (used + bavail);
}

/** @throws AwsError when they cannot be published */
export async function publishMetrics(
  { environment, fleet, runner }: AgentConfiguration,
  values: Partial<MetricValues>,
  incidents: IncidentCounts,
  aws: Aws,
): Promise<void> {
  const dimensions = Object.entries({ Environment: environment, Fleet: fleet, Runner: runner });
  const data = [
    ...(Object.keys(machineMetrics) as (keyof typeof machineMetrics)[]).flatMap((key) => {
      const value = values[key];
      const { name: MetricName, unit: Unit } = machineMetrics[key];
      return value === undefined ? [] : [{ MetricName, Unit, Value: Number(value.toFixed(2)) }];
    }),
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
