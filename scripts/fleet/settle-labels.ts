import { fleetParameters } from "../../contract/parameters.ts";
import type { SettleRequest } from "../../contract/requests.ts";
import { describeMachine } from "../../observe/describe-machine.ts";
import type { ObservedMachine } from "../../observe/machine.ts";
import { observeMachines } from "../../observe/observe-machines.ts";
import { standingOf } from "../../observe/standing.ts";
import type { Aws } from "../clients/aws.ts";
import type { Github } from "../clients/github.ts";
import type { Output } from "../output.ts";
import { readFleetSettings } from "./fleet-settings.ts";
import { labelChange } from "./labels.ts";

export interface SettleCollaborators {
  aws: Aws;
  github: Github;
  output: Output;
}

export interface SettleResult {
  /** Machines whose labels were changed. */
  changed: { runner: string; instanceId: string; added: string[]; removed: string[] }[];
  /** One sentence for each machine of the roster that could not be labelled. */
  unsettled: string[];
}

/**
 * Gives every machine of the roster exactly the fleet's labels and its own.
 * Twice changes nothing.
 *
 * @throws Error when the roster cannot be read
 */
export async function settleLabels(
  { aws, github, output }: SettleCollaborators,
  { target, fleet, labels }: SettleRequest,
): Promise<SettleResult> {
  const { environment } = target;
  const roster = await readRoster(aws, environment, fleet);
  const machines = await observeMachines(
    { ec2: aws.instances, github: github.runners },
    { environment, fleet },
  );
  const result: SettleResult = { changed: [], unsettled: [] };
  for (const instanceId of roster) {
    const machine = machines.find((each) => each.instanceId === instanceId);
    if (!machine?.entry) {
      result.unsettled.push(unsettled(fleet, instanceId, machine));
      continue;
    }
    const { runner, name, entry } = machine;
    const change = labelChange(entry, [name, ...labels]);
    if (!change) continue;
    const { added, removed, wanted } = change;
    await github.runners.setLabels(entry, wanted);
    result.changed.push({ runner, instanceId, added, removed });
    output.say(`${runner} (${instanceId}): ${[...added.map(plus), ...removed.map(minus)].join(" ")}`);
  }
  return result;
}

const plus = (label: string) => `+${label}`;
const minus = (label: string) => `-${label}`;

async function readRoster(aws: Aws, environment: string, fleet: string): Promise<readonly string[]> {
  const { roster } = await readFleetSettings(aws.parameters, environment, fleet);
  if (roster) return roster;
  const { roster: name } = fleetParameters(environment, fleet);
  throw new Error(
    `The roster ${name} does not exist or is damaged, so nothing was settled. \`pulumi up\` writes it.`,
  );
}

function unsettled(fleet: string, instanceId: string, machine: ObservedMachine | undefined): string {
  return machine
    ? `Runner ${machine.runner} could not be labelled: ${describeMachine(machine)}. ${standingOf(machine).nextStep}`
    : `${instanceId} is on the roster of ${fleet}, and EC2 does not describe it. See docs/troubleshooting.md#machine-unknown.`;
}
