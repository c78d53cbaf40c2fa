import { machineName, runnerName } from "../../contract/names.ts";
import { tags } from "../../contract/tags.ts";
import { eventually } from "../environment.ts";
import type { TestEnvironment } from "../environment.ts";
import { programsOf } from "../journey/machine-processes.ts";
import { instanceOf, rosterOf } from "../journey/one-runner.ts";
import type { FleetControls } from "../fleet-controls.ts";
import type { WatchedMachine } from "./instants.ts";
import type { Jobs } from "./jobs.ts";

/** A fleet of one runner, so that a job which asks for its label meets one machine at a time. */
export interface Place {
  fleet: string;
  runner: string;
  /** Instance id; undefined: it is gone, and the engine has not made another yet. */
  machine: string | undefined;
}

export interface Surroundings {
  environment: TestEnvironment;
  controls: FleetControls;
  jobs: Jobs;
}

/** Milliseconds until a machine that was started, or made, listens. */
const readyLimitMs = 60_000;

export function placeNamed(fleet: string): Place {
  return { fleet, runner: runnerName("local", fleet, 1), machine: undefined };
}

/** The machine of a place, once it is idle. */
export async function readyMachine(environment: TestEnvironment, place: Place): Promise<WatchedMachine> {
  const { runner, machine } = place;
  const instanceId = machine!;
  await eventually(`${runner} (${instanceId}) is idle`, () => isIdle(environment, place), readyLimitMs);
  return { runner, instanceId, listener: programsOf(environment, instanceId).listener! };
}

/** Whether it listens and has no job. */
export function isIdle(environment: TestEnvironment, { runner, machine }: Place): boolean {
  const { state, tags: told } = instanceOf(environment, machine!);
  const { github } = environment.cloud;
  const name = machineName(runner, machine!);
  return (
    state === "running" &&
    told[tags.state] === "idle" &&
    github.runners().some((entry) => entry.name === name && (entry.session?.openPolls ?? 0) > 0) &&
    !github.jobs().some((job) => job.runner?.name === name && job.status === "in_progress")
  );
}

/** Assigns the machines on the rosters to the places. */
export function takeMachines(environment: TestEnvironment, places: readonly Place[]): void {
  for (const place of places) place.machine = rosterOf(environment, place.fleet)[0]!;
}
