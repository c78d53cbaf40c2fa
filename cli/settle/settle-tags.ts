import { isGone } from "../../contract/instance-state.ts";
import { tagChange } from "../../contract/own-tags.ts";
import type { TagChange } from "../../contract/own-tags.ts";
import { projectTag, tags } from "../../contract/tags.ts";
import type { Aws } from "../clients/aws.ts";
import type { Tagged } from "../clients/resource-tags.ts";
import type { Output } from "../terminal/output.ts";
import type { FleetReport } from "./fleet-report.ts";
import type { Inventory } from "./inventory.ts";

/** Maximum number of machines and disks in one call. */
const batchSize = 100;

/**
 * Updates the configured tags on a fleet's machines and disks. Tags that came
 * from elsewhere stay. Machines that need the same change share one call.
 *
 * @param machines all that EC2 described, whether on a list or not
 * @throws ServiceError when EC2 refuses; what was changed before stays changed
 */
export async function settleTags(
  { aws, output }: { aws: Pick<Aws, "resourceTags">; output: Output },
  { environment, fleet }: { environment: string; fleet: string },
  machines: Inventory["instances"],
  ownTags: Readonly<Record<string, string>>,
  report: FleetReport,
): Promise<void> {
  const { resourceTags } = aws;
  const ours = { [tags.project]: projectTag, [tags.environment]: environment, [tags.fleet]: fleet };
  const standing = machines.filter(({ state }) => !isGone(state));
  const resources = [...standing, ...(await resourceTags.disks(ours))];
  for (const { ids, change } of changesOf(resources, ownTags)) {
    const { write, remove } = change;
    if (remove.length > 0) await resourceTags.remove(ids, remove);
    if (Object.keys(write).length > 0) await resourceTags.write(ids, write);
    report.tagged.push(...ids);
  }
  const count = report.tagged.length;
  if (count > 0) output.say(`${environment}-${fleet}: the tags of ${count} machines and disks were changed.`);
}

/** The changes that are needed, each with the resources that need it. */
function changesOf(
  resources: readonly Tagged[],
  ownTags: Readonly<Record<string, string>>,
): { ids: string[]; change: TagChange }[] {
  const batches: { ids: string[]; change: TagChange; key: string }[] = [];
  for (const { id, tags: current } of resources) {
    const change = tagChange(current, ownTags);
    if (!change) continue;
    const key = JSON.stringify(change);
    const open = batches.find((batch) => batch.key === key && batch.ids.length < batchSize);
    if (open) open.ids.push(id);
    else batches.push({ ids: [id], change, key });
  }
  return batches;
}
