import type { Power } from "../contract/parameters.ts";
import type { FleetSettings, Listing } from "../contract/desired.ts";
import { desiredFor } from "../contract/desired.ts";
import { conditionOf } from "./condition.ts";
import type { Condition } from "./condition.ts";
import type { InstanceState } from "../contract/instance-state.ts";
import type { ObservedMachine } from "./machine.ts";

/**
 * One runner with one machine, as `longhaul status --json` prints it. Null:
 * not known, or there is none. Times are ISO 8601 in UTC.
 */
export interface RunnerStatus {
  fleet: string;
  runner: string;
  state: Condition;
  since: string | null;
  /** One sentence for people. */
  detail: string | null;
  /** Link to the run of its job. */
  job: string | null;
  instanceId: string | null;
  /** The machine's name at GitHub. */
  name: string | null;
  /** EC2's word for its state. */
  instanceState: InstanceState | "unknown" | null;
  listing: Listing | null;
  desired: { power: Power; by: string; reason: string; until: string | null } | null;
  /** Version of the runner software at work. */
  version: string | null;
  generation: number | null;
  /** When the machine was made. */
  createdAt: string | null;
  imageId: string | null;
  imageCreatedAt: string | null;
}

/** What `longhaul status --json` prints. */
export interface EnvironmentStatus {
  environment: string;
  /** When the environment was observed. */
  at: string;
  /** Whether GitHub could be asked. */
  githubAsked: boolean;
  runners: RunnerStatus[];
  /** Sentences about what could not be read, and about runner versions that should be raised. */
  notes: string[];
}

/** The input of an environment's status. */
export interface Findings {
  environment: string;
  /** The runners of the configuration. */
  declared: readonly { fleet: string; runner: string }[];
  /** All machines of the environment, found by tag. */
  machines: readonly ObservedMachine[];
  settings: ReadonlyMap<string, FleetSettings>;
  /** When images were made, by their ids. */
  images: ReadonlyMap<string, string>;
  githubAsked: boolean;
  /** Base URL for people's links. */
  githubUrl: string;
  notes: readonly string[];
  /** Milliseconds since the epoch. */
  now: number;
}

/**
 * Every configured runner and every existing machine, whatever created it, in
 * the order of fleets and of the runners' numbers. Terminated machines are not
 * shown.
 */
export function environmentStatus(findings: Findings): EnvironmentStatus {
  const { environment, declared, githubAsked, notes, now } = findings;
  const machines = findings.machines.filter(({ instanceState }) => instanceState !== "terminated");
  const embodied = new Set(machines.map(({ runner }) => runner));
  return {
    environment,
    at: new Date(now).toISOString(),
    githubAsked,
    runners: [
      ...machines.map((machine) => machineStatus(machine, findings)),
      ...declared.filter(({ runner }) => !embodied.has(runner)).map(missing),
    ].sort(byPlace),
    notes: [...notes],
  };
}

function machineStatus(
  machine: ObservedMachine,
  { settings, images, githubAsked, githubUrl, now }: Findings,
): RunnerStatus {
  const { fleet, runner, instanceId, name, instanceState, imageId } = machine;
  const known = settings.get(fleet);
  const desired = known && desiredFor(machine, known, now);
  const listing = desired?.listing ?? "unknown";
  const { condition, since, detail, job } = conditionOf(machine, {
    listing,
    ...(known && { settings: known }),
    githubAsked,
    now,
  });
  return {
    fleet,
    runner,
    state: condition,
    since: since ?? null,
    detail: detail ?? null,
    job: job === undefined ? null : `${githubUrl}/${job}`,
    instanceId,
    name,
    instanceState,
    listing,
    desired: desired
      ? { power: desired.power, by: desired.by, reason: desired.reason, until: desired.until ?? null }
      : null,
    version: machine.report?.version ?? null,
    generation: machine.generation ?? null,
    createdAt: machine.createdAt ?? null,
    imageId: imageId ?? null,
    imageCreatedAt: images.get(imageId ?? "") ?? null,
  };
}

function missing({ fleet, runner }: { fleet: string; runner: string }): RunnerStatus {
  return {
    fleet,
    runner,
    state: "missing",
    since: null,
    detail: "No machine has its tag: `pulumi up --refresh` makes one.",
    job: null,
    instanceId: null,
    name: null,
    instanceState: null,
    listing: null,
    desired: null,
    version: null,
    generation: null,
    createdAt: null,
    imageId: null,
    imageCreatedAt: null,
  };
}

/** By fleet, then by the runners' numbers, then the older machine first. */
function byPlace(a: RunnerStatus, b: RunnerStatus): number {
  return (
    a.fleet.localeCompare(b.fleet, "en") ||
    a.runner.localeCompare(b.runner, "en", { numeric: true }) ||
    (a.createdAt ?? "").localeCompare(b.createdAt ?? "")
  );
}
