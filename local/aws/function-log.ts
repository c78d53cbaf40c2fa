import { parseObject } from "../../contract/json.ts";
import { addMetrics } from "./metrics.ts";
import type { Cloud } from "./state.ts";

/** Maximum number of lines that are kept of a function's log. */
const maxLines = 5000;

/** Metrics that a function writes into a line of its log, in CloudWatch's embedded metric format. */
interface EmbeddedMetrics {
  _aws?: {
    Timestamp: number;
    CloudWatchMetrics: {
      Namespace: string;
      Dimensions: string[][];
      Metrics: { Name: string; Unit?: string }[];
    }[];
  };
  [name: string]: unknown;
}

/**
 * Writes a line that a function printed to its log group, and the metrics in
 * that line to CloudWatch. If the group was deleted, Lambda does not create it
 * again, because no role here permits that.
 */
export function logLine(cloud: Cloud, logGroup: string, stream: string, message: string): void {
  const group = cloud.data.logs[logGroup];
  if (!group) return;
  const events = (group[stream] ??= []);
  const timestamp = cloud.clock.now();
  events.push({ timestamp, ingestionTime: timestamp, message });
  events.splice(0, events.length - maxLines);
  addMetrics(cloud, metricsIn(message));
}

function metricsIn(message: string) {
  const values = parse(message);
  return (values?._aws?.CloudWatchMetrics ?? []).flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((keys) =>
      Metrics.map(({ Name, Unit = "None" }) => ({
        namespace: Namespace,
        name: Name,
        dimensions: Object.fromEntries(keys.map((key) => [key, String(values![key])])),
        timestamp: values!._aws!.Timestamp,
        values: [Number(values![Name])],
        unit: Unit,
      })),
    ),
  );
}

/** A line that was cut or has another form is ignored, as CloudWatch does. */
function parse(message: string): EmbeddedMetrics | undefined {
  return message.includes('"_aws"') ? parseObject(message) : undefined;
}
