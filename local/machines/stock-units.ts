import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Services that a stock image contains and has enabled, ordered as its packages
 * order them: after `sysinit.target` and no later than Longhaul's own. Each
 * does what the real service does at its start, and ends.
 */
const stockUnits: Readonly<Record<string, string>> = {
  "cron.service": "cron",
  "systemd-logind.service": "logind",
};

/** Writes them to a disk that does not have them yet. Returns the names of those that must be enabled. */
export function putStockUnits(root: string): string[] {
  const isNew = ([name]: [string, string]) => !existsSync(join(root, "etc/systemd/system", name));
  return Object.entries(stockUnits)
    .filter(isNew)
    .map(([name, program]) => {
      const lines = ["[Service]", "Type=oneshot", `ExecStart=${program}`, "KillMode=process"];
      const text = [...lines, "[Install]", "WantedBy=multi-user.target", ""].join("\n");
      writeFileSync(join(root, "etc/systemd/system", name), text);
      return name;
    });
}
