import { machineName } from "../contract/names.ts";
import { tags } from "../contract/tags.ts";
import type { Instance, ObservedMachine, RunnerEntry } from "./machine.ts";
import { reportOf } from "../contract/machine-report.ts";

/** A machine that is asked for by name. */
export interface NamedMachine {
  fleet: string;
  runner: string;
  instanceId: string;
}

/**
 * Joins what EC2 and GitHub know of the same machines: all that EC2 describes,
 * in the order of their runners, and the requested ones that it does not
 * describe.
 */
export function joinMachines(
  instances: readonly Instance[],
  entries: readonly RunnerEntry[],
  asked: readonly NamedMachine[] = [],
): ObservedMachine[] {
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const described = instances.map((instance) => {
    const named = asked.find(({ instanceId }) => instanceId === instance.id) ?? {
      fleet: instance.tags[tags.fleet] ?? "",
      runner: instance.tags[tags.runner] ?? "",
      instanceId: instance.id,
    };
    const report = reportOf(instance.tags);
    const { state: instanceState, stateReason, failedStart, imageId, launchedAt, createdAt } = instance;
    const generation = Number(instance.tags[tags.generation]);
    return withEntry({
      ...named,
      instanceState,
      stateReason,
      ...(failedStart && { failedStart }),
      imageId,
      launchedAt,
      createdAt,
      ...(generation > 0 && { generation }),
      ...(report && { report }),
    });
  });
  const known = new Set(instances.map(({ id }) => id));
  const undescribed = asked
    .filter(({ instanceId }) => !known.has(instanceId))
    .map((named) => withEntry({ ...named, instanceState: "unknown", stateReason: "" }));
  return [...described, ...undescribed].sort(byRunner);

  function withEntry(machine: Omit<ObservedMachine, "name" | "entry">): ObservedMachine {
    const name = machineName(machine.runner, machine.instanceId);
    const entry = byName.get(name);
    return { ...machine, name, ...(entry && { entry }) };
  }
}

function byRunner(a: ObservedMachine, b: ObservedMachine): number {
  return (
    a.runner.localeCompare(b.runner, "en", { numeric: true }) || a.instanceId.localeCompare(b.instanceId)
  );
}
