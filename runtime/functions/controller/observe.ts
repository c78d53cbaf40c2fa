import { namesPerCall } from "../../../contract/aws-limits.ts";
import { pieces } from "../../../contract/pieces.ts";
import { explained, Failure } from "../../../contract/failure.ts";
import { emptyMeter, meterParameter, parseMeter } from "../../../contract/meter.ts";
import { fleetParameters } from "../../../contract/parameters.ts";
import { parseFleetSettings } from "../../../contract/desired.ts";
import type { FleetSettings } from "../../../contract/desired.ts";
import type { ControllerConfiguration } from "../../../contract/controller.ts";
import { parametersIn } from "../../aws/parameters.ts";
import { readJobs } from "../job-table.ts";
import type { ControllerAws } from "./aws.ts";
import type { Sighting } from "./sighting.ts";
import { describeDisks, describeMachines, strayDisks, withDisks } from "./describe-environment.ts";
import type { ControlledMachine } from "./machine.ts";

/**
 * Reads everything that a decision rests on, concurrently. It never throws: what
 * cannot be read is undefined, and a problem says what that costs. Lists that
 * come in pages are read whole or not at all, because a machine on a missing
 * page would count as gone.
 */
export async function observe(
  { environment, fleets, demand }: ControllerConfiguration,
  aws: ControllerAws,
  now: () => number,
): Promise<Sighting> {
  const problems: Failure[] = [];
  const attempt = async <Read>(cost: string, reading: Promise<Read>): Promise<Read | undefined> => {
    try {
      return await reading;
    } catch (error) {
      problems.push(explained(error, (why) => `${cost}: ${why}`));
      return undefined;
    }
  };
  const meterName = meterParameter(environment);
  const names = fleets.flatMap(({ name }) => Object.values(fleetParameters(environment, name)));
  const [answers, machines, disks, jobs] = await Promise.all([
    Promise.all(
      pieces([...names, meterName], namesPerCall).map((some) =>
        attempt(
          `${some.join(", ")} cannot be read, so nothing changes that rests on them`,
          readParameters(some, aws),
        ),
      ),
    ),
    attempt(
      "The machines cannot be read, so none is started, and the meter stands still and catches up later",
      describeMachines(environment, aws),
    ),
    attempt(
      "The disks cannot be read, so each machine's counts as its fleet has them, and none without a machine",
      describeDisks(environment, aws),
    ),
    demand
      ? attempt(
          "The waiting jobs cannot be read, so no machine is started for them",
          readJobs(demand.table, aws),
        )
      : [],
  ]);
  const moment = now();
  const values = new Map(answers.flatMap((answer) => [...(answer ?? [])]));
  const settings = Object.fromEntries(
    fleets.map(({ name }) => [name, parseFleetSettings(environment, name, present(values))]),
  );
  problems.push(
    ...Object.entries(settings).flatMap(([fleet, own]) =>
      damaged({ environment, fleet, settings: own, values, hasSleeper: hasSleeper(fleet, machines) }),
    ),
  );
  const meterText = values.get(meterName);
  const meter = parseMeter(meterText);
  if (!meter && meterText !== undefined && meterText !== emptyMeter)
    problems.push(
      new Failure(
        `${meterName} holds no record that this version knows, so the meter starts the month again: earlier costs of the ` +
          "month are forgotten, but power that the budget has turned off stays off.",
      ),
    );
  return {
    now: moment,
    settings,
    machines: machines && disks ? withDisks(machines, disks) : machines,
    strayDisks: machines && disks ? strayDisks(disks, machines, moment) : undefined,
    jobs,
    meter: meter ?? (values.has(meterName) ? "none" : undefined),
    problems,
  };
}

/** By name; undefined: the parameter does not exist. */
type Values = ReadonlyMap<string, string | undefined>;

async function readParameters(names: readonly string[], aws: ControllerAws): Promise<Values> {
  const values = parametersIn(await aws("ssm:GetParameters", { Names: names }));
  return new Map(names.map((name) => [name, values.get(name)]));
}

function present(values: Values): Map<string, string> {
  return new Map([...values].flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** True if one of a fleet's machines is stopped, as far as machines could be read. */
function hasSleeper(fleet: string, machines: readonly ControlledMachine[] = []): boolean {
  return machines.some((machine) => machine.fleet === fleet && machine.state === "stopped");
}

/**
 * A problem for a fleet's parameters that were read, but are missing or damaged,
 * and without which no machine is started. A fleet has no roster until its first machines
 * are proven, which takes hours with a long smoke test. So a missing roster
 * matters only once a machine sleeps that it might name.
 */
function damaged(one: {
  environment: string;
  fleet: string;
  settings: FleetSettings;
  values: Values;
  hasSleeper: boolean;
}): Failure[] {
  const { environment, fleet, settings, values, hasSleeper } = one;
  const names = fleetParameters(environment, fleet);
  const isNotYetMade = (key: string) =>
    key === "roster" && !hasSleeper && values.get(names.roster) === undefined;
  const those = (["roster", "override", "limits"] as const)
    .filter((key) => !settings[key] && values.has(names[key]) && !isNotYetMade(key))
    .map((key) => names[key]);
  if (those.length === 0) return [];
  return [
    new Failure(
      `${those.join(" and ")} cannot be understood, so no machine of ${fleet} is started. ` +
        "`pulumi up --refresh` writes what the program sets, `longhaul wake --clear` replaces a damaged override.",
    ),
  ];
}
