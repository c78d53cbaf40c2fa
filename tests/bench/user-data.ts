import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { MachineAssets } from "../../components/assets/assets.ts";
import { machineConfiguration } from "../../components/runner-fleet/machine-configuration.ts";
import { compressUserData, renderUserData } from "../../components/runner-fleet/user-data.ts";
import { loadConfiguration } from "../../config/load.ts";

/** Size of the user data for a machine of Pulumi.dev.yaml, in bytes before base64. */
export function defaultUserDataBytes(assets: MachineAssets): number {
  const file = new URL("../../Pulumi.dev.yaml", import.meta.url);
  const { config } = parse(readFileSync(file, "utf8")) as { config: Record<string, unknown> };
  const raw = Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.slice(key.indexOf(":") + 1), value]),
  );
  const configuration = loadConfiguration("dev", raw);
  const [[fleet, settings]] = Object.entries(configuration.fleets) as [
    [string, typeof configuration.fleets.x],
  ];
  const machine = { environment: "dev", fleet, runner: `dev-${fleet}-1` };
  const text = renderUserData(machineConfiguration(machine, configuration, settings!), assets);
  return Buffer.from(compressUserData(text, machine.runner), "base64").length;
}
