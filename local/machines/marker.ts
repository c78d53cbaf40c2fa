import { findProcesses } from "./processes.ts";

/** In the environment of every process of a machine: the machine's folder. */
export const machineVariable = "LONGHAUL_MACHINE";

/** In the environment of every process of a service or scope: the unit's name. */
export const unitVariable = "LONGHAUL_UNIT";

/** Ids of the processes of one machine. */
export function processesOf(folder: string): number[] {
  const marker = `${machineVariable}=${latin1(folder)}`;
  return findProcesses((environment) => environment.includes(marker));
}

/** Ids of the processes of every machine below a folder. */
export function processesBelow(dir: string): number[] {
  const prefix = `${machineVariable}=${latin1(dir)}/`;
  return findProcesses((environment) => environment.some((entry) => entry.startsWith(prefix)));
}

/**
 * Ids of the processes of one unit of a machine, without those that one of them
 * has started as another unit.
 */
export function processesOfUnit(folder: string, unit: string): number[] {
  const markers = [`${machineVariable}=${latin1(folder)}`, `${unitVariable}=${unit}`];
  return findProcesses(
    (environment) => markers.every((marker) => environment.includes(marker)),
    (environment) =>
      environment.some((entry) => entry.startsWith(`${unitVariable}=`)) && !environment.includes(markers[1]!),
  );
}

/** A path with one character for each byte, the form in which findProcesses reads environments. */
function latin1(path: string): string {
  return Buffer.from(path, "utf8").toString("latin1");
}
