import type { FleetSettings } from "../../contract/desired.ts";
import { asleepDetail } from "../../observe/asleep-detail.ts";
import type { ObservedMachine } from "../../observe/machine.ts";

/**
 * Says what keeps a fleet's machines asleep. Each reason is one sentence with
 * all its runners, because most fleets sleep for a single reason.
 *
 * @param now milliseconds since the epoch
 */
export function explainAsleep(
  machines: readonly ObservedMachine[],
  settings: FleetSettings,
  now: number,
): string[] {
  const runners = new Map<string, string[]>();
  for (const machine of machines) {
    if (machine.instanceState !== "stopped") continue;
    const detail = asleepDetail(machine, settings, now);
    runners.set(detail, [...(runners.get(detail) ?? []), machine.runner]);
  }
  return [...runners].map(([detail, names]) => `Asleep: ${names.join(", ")}. ${detail}`);
}
