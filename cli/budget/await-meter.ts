import { meterParameter, parseMeter } from "../../contract/meter.ts";
import type { MeterRecord } from "../../contract/meter.ts";
import { functionLogGroupName } from "../../contract/names.ts";
import type { AwaitMeterRequest } from "../../contract/requests.ts";
import type { Aws } from "../clients/aws.ts";
import type { Clock } from "../clock.ts";
import type { Output } from "../terminal/output.ts";
import { pollUntil } from "../poll.ts";

/** The third record comes within three minutes, and calls may fail while the roles are new. */
const limitMs = 6 * 60_000;

/**
 * Milliseconds that CloudWatch may take to show a new metric: two minutes, as the note in
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/publishingMetrics.html says (read, not tried).
 */
const newMetricMs = 2 * 60_000;

/** Milliseconds by which the controller's call of one minute may begin later than that of another. */
const jitterMs = 15_000;

/**
 * Waits until the controller has counted long enough for CloudWatch to show the
 * metric. An alarm that is created earlier goes off at once, and ends with the
 * first value. If the controller does not count, this says so and succeeds: the
 * alarm is then right to go off, and must be created.
 *
 * It compares times of the record with each other alone, so that this
 * computer's clock may be wrong.
 *
 * @throws ServiceError when SSM does not answer
 */
export async function awaitMeter(
  {
    aws,
    clock,
    output,
  }: { aws: { parameters: Pick<Aws["parameters"], "read"> }; clock: Clock; output: Output },
  { target: { environment } }: AwaitMeterRequest,
): Promise<void> {
  const name = meterParameter(environment);
  let record: MeterRecord | undefined;
  const counts = await pollUntil(
    async () => {
      record = parseMeter((await aws.parameters.read([name])).get(name));
      if (record && countedMs(record) >= newMetricMs - jitterMs) return true;
      output.progress("Waiting until the controller counts what is spent.");
      return undefined;
    },
    { clock, limitMs, say: output.say },
  );
  if (counts) return;
  const seen = record
    ? `the record in ${name} goes from ${record.begun} to ${record.at}, and should grow each minute`
    : `${name} holds no record of what is spent`;
  output.say(
    `After ${limitMs / 60_000} min, ${seen}. The alarm on a silent meter is created all the same, and may report ` +
      `that the meter does not count. The log group ${functionLogGroupName(environment, "controller")} shows ` +
      "what the controller does. See docs/troubleshooting.md#meter-silent.",
  );
}

/** For how long the record has been written. */
function countedMs({ begun, at }: MeterRecord): number {
  return Date.parse(at) - Date.parse(begun);
}
