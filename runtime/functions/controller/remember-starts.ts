import { pieces } from "../../../contract/pieces.ts";
import { formatFailedStarts } from "../../../contract/failed-starts.ts";
import { tags } from "../../../contract/tags.ts";
import type { Spare } from "./demand.ts";
import type { ControllerAws } from "./aws.ts";
import type { NotStarted } from "./failed-starts.ts";

/** Instances in one call of `CreateTags`. */
const idsPerCall = 1000;

/** Minutes of an hour in which a machine is started although its tag cannot be written: once an hour, as after the longest back-off. */
const minuteWithoutTag = 0;

/**
 * Counts one more start of machines whose last start failed, before they are started: if it fails again, the next
 * back-off is longer. Two concurrent controllers write the same. A machine whose tag cannot be written is left out,
 * because it would be started each minute; but it is started once an hour, or where tags are forbidden no machine would
 * ever be started.
 *
 * @param now milliseconds since the epoch
 * @returns the starts that may go on, including all others, and the error of each write that failed
 */
export async function rememberFailedStarts<Start extends Spare>(
  starts: readonly Start[],
  notStarted: readonly NotStarted[],
  now: number,
  aws: ControllerAws,
): Promise<{ ready: Start[]; failures: unknown[] }> {
  const wanted = new Set(starts.map(({ instanceId }) => instanceId));
  const byCount = new Map<number, string[]>();
  for (const { instanceId, count } of notStarted)
    if (wanted.has(instanceId)) byCount.set(count, [...(byCount.get(count) ?? []), instanceId]);

  const unwritten = new Set<string>();
  const failures: unknown[] = [];
  for (const [count, ids] of byCount) {
    try {
      await writeTag(ids, formatFailedStarts({ count: count + 1, lastAt: now }), aws);
    } catch (error) {
      failures.push(error);
      if (new Date(now).getUTCMinutes() !== minuteWithoutTag) for (const id of ids) unwritten.add(id);
    }
  }
  return { ready: starts.filter(({ instanceId }) => !unwritten.has(instanceId)), failures };
}

/** Removes the count of failed starts from machines that have run since. @throws AwsError */
export async function forgetFailedStarts(instanceIds: readonly string[], aws: ControllerAws): Promise<void> {
  await writeTag(instanceIds, "", aws);
}

async function writeTag(instanceIds: readonly string[], value: string, aws: ControllerAws): Promise<void> {
  for (const some of pieces(instanceIds, idsPerCall))
    await aws("ec2:CreateTags", { ResourceId: some, Tag: [{ Key: tags.failedStarts, Value: value }] });
}
