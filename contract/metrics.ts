/** The CloudWatch namespace of everything Longhaul measures. The machine's role may write no other. */
export const metricNamespace = "Longhaul";

/** Dimensions: `Environment`, `Fleet`, `Runner`. Published by each machine once a minute. */
export const machineMetrics = {
  /** 1 while a job has been received and has not ended. */
  busy: { name: "Busy", unit: "Count" },
  /** 1 while the listener runs. */
  listening: { name: "Listening", unit: "Count" },
  memoryUsed: { name: "MemoryUsed", unit: "Percent" },
  diskUsed: { name: "DiskUsed", unit: "Percent" },
  /** One-minute load average. */
  load: { name: "Load", unit: "None" },
} as const;
