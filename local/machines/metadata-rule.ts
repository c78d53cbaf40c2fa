import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { processesOf } from "./marker.ts";
import { environmentOf, processesWithSocket } from "./processes.ts";

/** The one rule that closes the service, as the stand-in for iptables records it. */
const rule = "OUTPUT -d 169.254.169.254 -m owner ! --uid-owner root -j REJECT";

/**
 * Applies a machine's rule about its metadata service. While the rule is set,
 * the result returns true for a request from a port of a process that is not
 * root's on the machine.
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

/** The environment shows the user to which `setpriv` or `sudo` has changed. */
function isRoot(pid: number): boolean {
  const user = environmentOf(pid).find((entry) => entry.startsWith("LONGHAUL_USER="));
  return user === undefined || user === "LONGHAUL_USER=root";
}
