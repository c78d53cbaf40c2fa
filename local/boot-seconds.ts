import type { LocalCloud } from "./cloud.ts";
import { parseMachineName } from "../contract/names.ts";

/**
 * By instance id: the real seconds from each machine's first launch until its
 * runner was first online. (`launchedAt` is the last launch, after each sleep.)
 * Machines that were never online are left out.
 */
export function bootSeconds(cloud: Pick<LocalCloud, "aws" | "github">): Record<string, number> {
  const seconds: Record<string, number> = {};
  for (const { name, firstOnlineAt } of cloud.github.runners()) {
    const instanceId = parseMachineName(name)?.instanceId;
    const instance = instanceId === undefined ? undefined : cloud.aws.account.instances[instanceId];
    if (!instance || firstOnlineAt === undefined) continue;
    seconds[instance.id] = Math.round((firstOnlineAt - instance.createdAt) / 100) / 10;
  }
  return seconds;
}
