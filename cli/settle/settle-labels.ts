import type { ObservedMachine } from "../../observe/machine.ts";
import type { Github } from "../clients/github.ts";
import { labelChange } from "../fleet/labels.ts";
import type { Output } from "../terminal/output.ts";
import type { FleetReport } from "./fleet-report.ts";

/**
 * Gives machines exactly these labels and their own label. Machines in service
 * get their fleet's labels, also after they registered again with their own label
 * alone. Machines out of service get the label that says so.
 *
 * @throws ServiceError when GitHub refuses; the machines before that one are done
 */
export async function settleLabels(
  { github, output }: { github: Github; output: Output },
  machines: readonly ObservedMachine[],
  labels: readonly string[],
  report: FleetReport,
): Promise<void> {
  for (const { runner, instanceId, name, entry } of machines) {
    const change = entry && labelChange(entry, [name, ...labels]);
    if (!change) continue;
    const { added, removed, wanted } = change;
    await github.runners.setLabels(entry, wanted);
    report.labelled.push({ runner, instanceId, added, removed });
    output.say(`${runner} (${instanceId}): ${[...added.map(plus), ...removed.map(minus)].join(" ")}`);
  }
}

const plus = (label: string) => `+${label}`;
const minus = (label: string) => `-${label}`;
