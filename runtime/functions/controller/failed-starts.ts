import { nextStartAt } from "../../../contract/failed-starts.ts";
import type { FailedStart } from "../../../contract/failed-starts.ts";
import type { WaitingJob } from "../../../contract/waiting-jobs.ts";
import { startSettlesMs } from "./demand.ts";
import type { ControlledMachine } from "./machine.ts";

/** Milliseconds that the function's clock may be ahead of EC2's. Less than the shortest wait between two starts. */
const clockSkewMs = 30_000;

/** A sleeping machine of which the last start has failed. */
export interface NotStarted extends FailedStart {
  instanceId: string;
  fleet: string;
}

export function failedMachines(machines: readonly ControlledMachine[]): NotStarted[] {
  return machines.flatMap(({ id, fleet, state, failedStart }) =>
    state === "stopped" && failedStart ? [{ instanceId: id, fleet, ...failedStart }] : [],
  );
}

/** True if its last start failed so recently that it is not started yet, for any purpose. */
export function isBackingOff({ failedStart }: ControlledMachine, now: number): boolean {
  return failedStart !== undefined && now < nextStartAt(failedStart);
}

/** Machines that have run since their failed starts, which no longer matter. */
export function recovered(machines: readonly ControlledMachine[]): string[] {
  return machines.flatMap(({ id, state, failedStart, failedStartsTag }) =>
    failedStartsTag !== undefined && !failedStart && (state === "running" || state === "stopped") ? [id] : [],
  );
}

/** A wake that was counted for a job, although its machine did not start. */
export type FailedWake = Pick<WaitingJob, "id" | "wakes"> & { wokenMachine: string };

/**
 * Takes the wakes off the counts of their jobs if EC2 did not start the machines. A machine that EC2 still describes as it
 * was before its start is not one of them.
 *
 * @returns the jobs as they count, and the wakes to take off
 */
export function withoutFailedWakes(
  jobs: readonly WaitingJob[],
  machines: readonly ControlledMachine[],
  now: number,
): { jobs: WaitingJob[]; failedWakes: FailedWake[] } {
  const failed = new Map(machines.flatMap((each) => (each.failedStart ? [[each.id, each] as const] : [])));
  const failedWakes: FailedWake[] = [];
  const counted = jobs.map((job) => {
    const { id, state, wakes, wokenAt, wokenMachine, ...rest } = job;
    const machine = failed.get(wokenMachine ?? "");
    if (!machine || state !== "queued" || wakes === 0 || wokenAt === undefined) return job;
    const isSettled = now - wokenAt * 1000 >= startSettlesMs;
    if (machine.launchedAt < wokenAt * 1000 - clockSkewMs && !isSettled) return job;
    failedWakes.push({ id, wakes, wokenMachine: machine.id });
    return { ...rest, id, state, wakes: wakes - 1 };
  });
  return { jobs: counted, failedWakes };
}
