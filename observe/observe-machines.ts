import { machineName } from "../contract/names.ts";
import { projectTag, tags } from "../contract/tags.ts";
import { joinMachines } from "./join-machines.ts";
import type { NamedMachine } from "./join-machines.ts";
import type { ObservedMachine, RunnerEntry } from "./machine.ts";
import type { InstanceFilter, InstanceSource, RunnerSource } from "./sources.ts";

/** Most machines that are asked for at GitHub one by one; for more, the whole list takes fewer requests. */
const maxAskedByName = 5;

export interface MachineFilter extends Omit<InstanceFilter, "tags" | "instanceIds"> {
  environment: string;
  /** Absent: every fleet. */
  fleet?: string;
  /** Only these machines, including those that EC2 does not describe. */
  machines?: readonly Omit<NamedMachine, "fleet">[];
}

export interface MachineSources {
  ec2: InstanceSource;
  /** Absent: the inventory has no entries. */
  github?: RunnerSource;
}

/**
 * The inventory of an environment's machines: found by tag, as EC2 describes
 * them, with their reports and their entries at GitHub.
 *
 * @throws what the sources throw
 */
export async function observeMachines(
  { ec2, github }: MachineSources,
  { environment, fleet, machines, ...place }: MachineFilter,
): Promise<ObservedMachine[]> {
  const asked = machines?.map((machine) => ({ fleet: fleet ?? "", ...machine }));
  // EC2 refuses a filter without values.
  if (asked?.length === 0) return [];
  const [instances, entries] = await Promise.all([
    ec2.describe({
      ...place,
      tags: {
        [tags.project]: projectTag,
        [tags.environment]: environment,
        ...(fleet !== undefined && { [tags.fleet]: fleet }),
      },
      ...(asked && { instanceIds: asked.map(({ instanceId }) => instanceId) }),
    }),
    github ? entriesOf(github, asked) : [],
  ]);
  return joinMachines(instances, entries, asked);
}

async function entriesOf(
  github: RunnerSource,
  asked: readonly NamedMachine[] | undefined,
): Promise<RunnerEntry[]> {
  if (!asked || asked.length > maxAskedByName) return github.list();
  const found = await Promise.all(
    asked.map(({ runner, instanceId }) => github.find(machineName(runner, instanceId))),
  );
  return found.filter((entry) => entry !== undefined);
}
