import { isGone } from "../../contract/instance-state.ts";
import { Failure } from "../../contract/failure.ts";
import type { Override } from "../../contract/override.ts";
import { desiredFor } from "../../contract/desired.ts";
import type { FleetSettings, Desired } from "../../contract/desired.ts";
import { brieflyDescribe, describeMachine } from "../../observe/describe-machine.ts";
import type { ObservedMachine } from "../../observe/machine.ts";
import { observeMachines } from "../../observe/observe-machines.ts";
import { readinessOf } from "../../observe/readiness.ts";
import type { Aws } from "../clients/aws.ts";
import type { Github } from "../clients/github.ts";
import type { Clock } from "../clock.ts";
import type { Environment } from "../environment.ts";
import { readSettingsOfFleets } from "../fleet/fleet-settings.ts";
import type { Output } from "../terminal/output.ts";
import { awaitPower, powerWords } from "./await-power.ts";
import { isSelected } from "../fleet/select-runners.ts";
import type { FleetSelection } from "../fleet/select-runners.ts";
import { notStartedAfterAll, startByOperator } from "./start-by-operator.ts";
import type { Started } from "./start-by-operator.ts";
import { writeOverrides } from "./write-overrides.ts";
import type { WrittenFleet } from "./write-overrides.ts";

export interface PowerCollaborators {
  aws: Aws;
  /** Absent: no credentials. Then a running instance counts as awake. */
  github: Github | undefined;
  clock: Clock;
  output: Output;
}

/** An override for some runners, and how long to wait for it. */
export interface PowerRequest {
  override: Override;
  selections: readonly FleetSelection[];
  /** Minutes to wait for the machines; absent: do not wait. */
  waitMinutes?: number;
}

/** The result of {@link setPower}. */
export interface PowerResult {
  override: Override;
  fleets: WrittenFleet[];
  /** Ids of the machines that were started. */
  started: string[];
  /** Machines that EC2 did not start, and why. */
  notStarted: { runner: string; instanceId: string; why: string }[];
  /** Machines that have not reached the power after the wait, with a sentence each. */
  left: { runner: string; instanceId: string; why: string }[];
}

type NotStarted = Started["refused"][number];

function withoutNames({
  machine: { runner, instanceId },
  why,
}: NotStarted): PowerResult["notStarted"][number] {
  return { runner, instanceId, why };
}

type Target = Pick<Environment, "name" | "target">;

/**
 * Writes an operator's override, starts the machines that it wakes, and waits
 * until all machines have reached the power. This code never stops a machine:
 * each one powers off by itself when its job has ended.
 *
 * @throws Failure for a wake without `overBudget` while the budget has turned power off; ServiceError
 */
export async function setPower(
  { aws, github, clock, output }: PowerCollaborators,
  { name, target }: Target,
  { override, selections, waitMinutes }: PowerRequest,
): Promise<PowerResult> {
  const { power } = override;
  const fleets = selections.map(({ fleet }) => fleet);
  const printed = new Set<string>();
  if (power === "on" && !override.overBudget) refuseWithoutBudget(await settings());
  const written = await writeOverrides({ ...aws, clock, output }, name, selections, override);

  const targets = (await machinesAsDesired()).filter(({ instanceState }) => instanceState !== "terminated");
  const { started, refused } = await startByOperator(
    aws.instances,
    power === "on" ? targets.filter(isAsleep) : [],
  );
  for (const { name: machine } of started) output.say(`${machine} is starting.`);
  refused.forEach(tellNotStarted);

  const result: PowerResult = {
    override: override,
    fleets: written,
    started: started.map(({ instanceId }) => instanceId),
    notStarted: refused.map(withoutNames),
    left: [],
  };
  if (waitMinutes === undefined) return result;
  const awaited = new Set(targets.map(({ instanceId }) => instanceId));
  for (const { machine } of refused) awaited.delete(machine.instanceId);
  if (power === "on" && !github) {
    output.say("There are no GitHub credentials in the environment, so a running instance counts as awake.");
  }
  const left = await awaitPower({
    power,
    output,
    clock,
    limitMs: waitMinutes * 60_000,
    githubAsked: github !== undefined,
    look: async () => {
      const machines = await machinesAsDesired();
      for (const failure of notStartedAfterAll(started, machines)) {
        if (!awaited.delete(failure.machine.instanceId)) continue;
        tellNotStarted(failure);
        result.notStarted.push(withoutNames(failure));
      }
      return machines.filter(({ instanceId }) => awaited.has(instanceId));
    },
  });
  if (left.length === 0 && (awaited.size > 0 || result.notStarted.length === 0))
    output.say(`${awaited.size} machine(s) are ${powerWords(power)}.`);
  return { ...result, left: left.map(explain) };

  function tellNotStarted({ machine, why }: NotStarted): void {
    output.say(`${machine.name} could not be started: ${why}`);
  }

  function settings(): Promise<Map<string, FleetSettings>> {
    return readSettingsOfFleets(aws.parameters, name, fleets);
  }

  /** The selected machines that this power is desired for. For each other one, a message says why it is left out. */
  async function machinesAsDesired(): Promise<ObservedMachine[]> {
    const [all, known] = await Promise.all([
      observeMachines(
        { ec2: aws.instances, ...(github && power === "on" && { github: github.runners }) },
        { environment: name },
      ),
      settings(),
    ]);
    return all.filter((machine) => {
      if (!isSelected(selections, machine)) return false;
      const wanted = desiredFor(machine, known.get(machine.fleet)!, clock.now());
      const why = whyNot(machine, wanted);
      if (why !== undefined) tellOnce(machine, why);
      return why === undefined;
    });
  }

  /** Why a machine is left out of the wait; undefined: it is waited for. */
  function whyNot({ instanceState }: ObservedMachine, wanted: Desired): string | undefined {
    if (wanted.power !== power) return `stays ${wanted.power}: set by ${wanted.by} (${wanted.reason})`;
    if (power === "off") return undefined;
    if (isGone(instanceState)) return "is being terminated";
    if (wanted.listing === "none") return "is on no list of its fleet, so it takes no more jobs";
    return wanted.listing === "unknown"
      ? "is left as it is, because the lists of its fleet cannot be read"
      : undefined;
  }

  function tellOnce(machine: ObservedMachine, why: string): void {
    // A terminated machine needs no message.
    if (machine.instanceState === "terminated") return;
    const line = `${machine.name} ${why}.`;
    if (!printed.has(line)) output.say(line);
    printed.add(line);
  }

  function explain(machine: ObservedMachine): PowerResult["left"][number] {
    const { runner, instanceId, report } = machine;
    const link = report?.job === undefined ? "" : `: ${target.github.url}/${report.job}`;
    const why =
      power === "off"
        ? `${brieflyDescribe(machine)}${link}`
        : `Runner ${runner}: ${describeMachine(machine)}. ${readinessOf(machine).nextStep}`;
    return { runner, instanceId, why };
  }
}

function isAsleep({ instanceState }: ObservedMachine): boolean {
  return instanceState === "stopped";
}

/** @throws Failure when the budget has turned off one of the fleets */
function refuseWithoutBudget(settings: ReadonlyMap<string, FleetSettings>): void {
  const off = [...settings].flatMap(([fleet, { power }]) =>
    power?.power === "off" && power.by === "budget" ? [`${fleet} (${power.reason})`] : [],
  );
  if (off.length === 0) return;
  throw new Failure(
    `The budget has turned power off for ${off.join(", ")}, and the budget takes precedence over overrides. Nothing was done. ` +
      "Raise the budget in the stack's configuration, wait for the next month, or exceed it for a limited time: --over-budget --until 2h.",
  );
}
