import { parseMachineName } from "../../contract/names.ts";
import { fleetParameters } from "../../contract/parameters.ts";
import { desiredFor } from "../../contract/desired.ts";
import type { FleetSettings } from "../../contract/desired.ts";
import { joinMachines } from "../../observe/join-machines.ts";
import type { NamedMachine } from "../../observe/join-machines.ts";
import type { ObservedMachine } from "../../observe/machine.ts";
import type { Aws } from "../clients/aws.ts";
import type { Clock } from "../clock.ts";
import { judgeMachine } from "./judge-machine.ts";
import type { SettleVerdict } from "./judge-machine.ts";
import type { Inventory } from "./inventory.ts";

export interface JudgedMachine {
  machine: ObservedMachine;
  verdict: SettleVerdict;
}

/**
 * Judges every machine of a fleet: those that EC2 describes, and those on a list
 * that EC2 does not describe.
 *
 * @throws ServiceError when SSM does not answer
 */
export async function judgeFleet(
  { aws, clock }: { aws: Pick<Aws, "parameters">; clock: Clock },
  { environment, fleet }: { environment: string; fleet: string },
  settings: FleetSettings,
  own: Inventory,
): Promise<JudgedMachine[]> {
  const now = clock.now();
  const listed = joinMachines(own.instances, own.entries ?? [], undescribed(fleet, settings, own)).map(
    (machine) => ({ machine, listing: desiredFor(machine, settings, now).listing }),
  );
  const isRunningUnlisted = listed.some(
    ({ machine, listing }) => listing === "none" && machine.instanceState === "running",
  );
  const listsWrittenAt = isRunningUnlisted ? await readWrittenAt() : 0;
  const githubAsked = own.entries !== undefined;
  return listed.map(({ machine, listing }) => ({
    machine,
    verdict: judgeMachine(machine, { listing, githubAsked, listsWrittenAt, now }),
  }));

  async function readWrittenAt(): Promise<number> {
    const { candidates, roster, override } = fleetParameters(environment, fleet);
    const moments = await aws.parameters.writtenAt([candidates, roster, override]);
    return Math.max(0, ...moments.values());
  }
}

/** Whether the lists can be read, by the rule by which machines leave: an id that is on neither must be seen as such. */
export function listsAreReadable(settings: FleetSettings, now: number): boolean {
  return desiredFor({ runner: "", instanceId: "" }, settings, now).listing === "none";
}

/** Machines on a list that EC2 does not describe. Their runners are known from their entries alone. */
function undescribed(
  fleet: string,
  { candidates = [], roster = [] }: FleetSettings,
  { instances, entries = [] }: Inventory,
): NamedMachine[] {
  const described = new Set(instances.map(({ id }) => id));
  const runners = new Map(
    entries.map(({ name }) => {
      const { instanceId, runner } = parseMachineName(name)!;
      return [instanceId, runner];
    }),
  );
  return [...new Set([...candidates, ...roster])]
    .filter((id) => !described.has(id))
    .map((instanceId) => ({ fleet, runner: runners.get(instanceId) ?? "", instanceId }));
}
