import { parseMeter, meterParameter } from "../../../contract/meter.ts";
import { fleetParameters } from "../../../contract/parameters.ts";
import { parseFleetSettings } from "../../../contract/wishes.ts";
import type { ControllerConfiguration } from "../../../contract/controller.ts";
import { readJobs } from "../job-table.ts";
import type { ControllerAws } from "./aws.ts";
import type { Sighting } from "./decide.ts";
import { describeDisks, describeMachines, strayDisks, withDisks } from "./describe.ts";

/** `GetParameters` takes so many names. */
const namesPerCall = 10;

/**
 * Looks at everything that a decision rests on. Parameters that cannot be read
 * are undefined, as for a machine: they change nothing.
 *
 * @throws AwsError when EC2 or SSM do not answer: nothing can be decided then
 */
export async function observe(
  { environment, fleets, demand }: ControllerConfiguration,
  aws: ControllerAws,
  now: () => number,
): Promise<Sighting> {
  const names = fleets.flatMap(({ name }) => Object.values(fleetParameters(environment, name)));
  const [values, machines, disks, jobs] = await Promise.all([
    readParameters([...names, meterParameter(environment)], aws),
    describeMachines(environment, aws),
    // Without their answer a machine's disk counts as its fleet's: nothing else waits for it.
    describeDisks(environment, aws).catch((error: unknown) => error as Error),
    demand ? readJobs(demand.table, aws) : [],
  ]);
  const moment = now();
  return {
    now: moment,
    settings: Object.fromEntries(
      fleets.map(({ name }) => [name, parseFleetSettings(environment, name, values)]),
    ),
    ...(disks instanceof Error
      ? { machines, strayDisks: [], problems: [disks.message] }
      : {
          machines: withDisks(machines, disks),
          strayDisks: strayDisks(disks, machines, moment),
          problems: [],
        }),
    jobs,
    meter: parseMeter(values.get(meterParameter(environment))),
  };
}

async function readParameters(names: readonly string[], aws: ControllerAws): Promise<Map<string, string>> {
  const calls = [];
  for (let index = 0; index < names.length; index += namesPerCall) {
    calls.push(aws("ssm:GetParameters", { Names: names.slice(index, index + namesPerCall) }));
  }
  const answers = (await Promise.all(calls)) as { Parameters?: { Name: string; Value: string }[] }[];
  return new Map(
    answers.flatMap(({ Parameters = [] }) => Parameters.map(({ Name, Value }) => [Name, Value] as const)),
  );
}
