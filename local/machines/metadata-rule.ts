import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { processesOf } from "./marker.ts";
import { environmentOf, processesWithSocket } from "./processes.ts";

/** What the stand-in for iptables has written down of the one rule that closes the service. */
const rule = "OUTPUT -d 169.254.169.254 -m owner ! --uid-owner root -j REJECT";

/**
 * Obeys a machine's rule about its metadata service: true for a request that comes from a port of a process which is not
 * root's on the machine, while the rule is set.
 *
 * @param root the machine's root folder
 */
export function metadataRule(root: string): (port: number) => boolean {
  const rules = join(root, ".kernel/iptables");
  return (port) => {
    if (!existsSync(rules) || !readFileSync(rules, "utf8").split("\n").includes(rule)) return false;
    const clients = processesWithSocket(processesOf(root), port);
    return clients.length === 0 || clients.some((pid) => !isRoot(pid));
  };
}

/** Whom `setpriv` or `sudo` has changed to stands in the environment. */
function isRoot(pid: number): boolean {
  const user = environmentOf(pid).find((entry) => entry.startsWith("LONGHAUL_USER="));
  return user === undefined || user === "LONGHAUL_USER=root";
}
