import { isGone } from "../../contract/instance-state.ts";
import { brieflyDescribe } from "../../observe/describe-machine.ts";
import { observeMachines } from "../../observe/observe-machines.ts";
import type { ObservedMachine } from "../../observe/machine.ts";
import type { Aws } from "../clients/aws.ts";
import type { Clock } from "../clock.ts";
import { readSettingsOfFleets } from "../fleet/fleet-settings.ts";
import type { Output } from "../terminal/output.ts";
import { changeOverride } from "./change-override.ts";
import { reopening } from "./closing.ts";

export interface ReopenCollaborators {
  aws: Aws;
  clock: Clock;
  output: Output;
}

export interface ReopenResult {
  /** `absent`: there is no `override` parameter, so there is nothing to reopen. */
  fleets: { fleet: string; outcome: "written" | "already" | "absent" }[];
  /** Machines on the fleets' lists that have left, or that are leaving and can no longer be kept. */
  left: { fleet: string; instanceId: string }[];
}

/**
 * Takes back the closing of fleets, and reports which machines have left in the
 * meantime. A second call changes nothing.
 *
 * @throws ServiceError
 */
export async function reopenFleets(
  { aws, clock, output }: ReopenCollaborators,
  environment: string,
  fleets: readonly string[],
): Promise<ReopenResult> {
  const { parameters, instances } = aws;
  const outcomes = await Promise.all(
    fleets.map(async (fleet) => ({
      fleet,
      outcome: (await changeOverride({ parameters, clock }, environment, fleet, reopening)).outcome,
    })),
  );
  for (const { fleet, outcome } of outcomes) output.say(sentences[outcome](`${environment}-${fleet}`));

  const [settings, machines] = await Promise.all([
    readSettingsOfFleets(parameters, environment, fleets),
    observeMachines({ ec2: instances }, { environment }),
  ]);
  const byId = new Map(machines.map((machine) => [machine.instanceId, machine]));
  const left = fleets.flatMap((fleet) => {
    const { candidates = [], roster = [] } = settings.get(fleet)!;
    return [...new Set([...roster, ...candidates])]
      .filter((id) => hasLeft(byId.get(id)))
      .map((instanceId) => ({ fleet, instanceId }));
  });
  for (const { instanceId } of left) {
    const machine = byId.get(instanceId);
    output.say(
      `${machine ? brieflyDescribe(machine) : instanceId} has left or is leaving, and cannot be kept.`,
    );
  }
  if (left.length > 0) {
    output.say(`Run \`pulumi up --refresh\` to replace the ${left.length} machine(s) that left.`);
  }
  return { fleets: outcomes, left };
}

const sentences = {
  written: (fleet: string) =>
    `The fleet ${fleet} is open again: its machines stay. A destroy that is still running closes it again.`,
  already: (fleet: string) => `The fleet ${fleet} is open already. Nothing was written.`,
  absent: (fleet: string) => `The fleet ${fleet} has no override parameter: there is nothing to reopen.`,
};

/** A machine that reports "retired" has ended its listener. It does not read the lists again. */
function hasLeft(machine: ObservedMachine | undefined): boolean {
  if (!machine) return true;
  const { instanceState, report } = machine;
  if (isGone(instanceState)) return true;
  return instanceState === "running" && report?.state === "retired";
}
