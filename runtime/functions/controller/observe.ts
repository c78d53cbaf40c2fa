import { XMLParser } from "fast-xml-parser";
import { parseMeter, meterParameter } from "../../../contract/meter.ts";
import { fleetParameters } from "../../../contract/parameters.ts";
import { projectTag, tags } from "../../../contract/tags.ts";
import { parseFleetSettings } from "../../../contract/wishes.ts";
import type { ControllerConfiguration } from "../../../contract/controller.ts";
import { readJobs } from "../job-table.ts";
import type { ControllerAws } from "./aws.ts";
import type { Sighting } from "./decide.ts";
import type { Machine } from "./machine.ts";

/** `GetParameters` takes so many names. */
const namesPerCall = 10;

/** `DescribeInstances` gives at most so many in one answer. */
const instancesPerCall = 1000;

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
  const [values, machines, jobs] = await Promise.all([
    readParameters([...names, meterParameter(environment)], aws),
    describeMachines(environment, aws),
    demand ? readJobs(demand.table, aws) : [],
  ]);
  return {
    now: now(),
    settings: Object.fromEntries(
      fleets.map(({ name }) => [name, parseFleetSettings(environment, name, values)]),
    ),
    machines,
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

async function describeMachines(environment: string, aws: ControllerAws): Promise<Machine[]> {
  const machines: Machine[] = [];
  for (let token: string | undefined; ;) {
    const answer = (await aws("ec2:DescribeInstances", {
      Filter: [
        { Name: `tag:${tags.project}`, Value: [projectTag] },
        { Name: `tag:${tags.environment}`, Value: [environment] },
      ],
      MaxResults: instancesPerCall,
      ...(token !== undefined && { NextToken: token }),
    })) as DescribeInstancesAnswer;
    const { reservationSet, nextToken } = answer.DescribeInstancesResponse;
    const reservations = itemsOf(reservationSet);
    machines.push(...reservations.flatMap(({ instancesSet }) => itemsOf(instancesSet).map(machineOf)));
    if (!nextToken) return machines;
    token = nextToken;
  }
}

interface DescribeInstancesAnswer {
  DescribeInstancesResponse: {
    reservationSet: ItemSet<{ instancesSet: ItemSet<DescribedInstance> }>;
    nextToken?: string;
  };
}
type ItemSet<Item> = { item: Item[] } | "" | undefined;

interface DescribedInstance {
  instanceId: string;
  instanceState: { name: Machine["state"] };
  /** What ended it, with the moment in brackets where somebody asked for it: `User initiated (2026-11-26 01:02:03 GMT)`. */
  reason?: string;
  launchTime: string;
  ipAddress?: string;
  placement?: { availabilityZone?: string };
  rootDeviceName?: string;
  blockDeviceMapping?: ItemSet<{ deviceName: string; ebs?: { attachTime?: string } }>;
  tagSet?: ItemSet<{ key: string; value: string }>;
}

/** Reads EC2's answers: lists are `item`s, and all values are text. */
export function readEc2Answer(): (body: string) => unknown {
  const parser = new XMLParser({
    parseTagValue: false,
    ignoreAttributes: true,
    isArray: (name) => name === "item",
  });
  return (body) => parser.parse(body) as unknown;
}

function itemsOf<Item>(set: ItemSet<Item>): Item[] {
  return typeof set === "object" ? set.item : [];
}

function machineOf(instance: DescribedInstance): Machine {
  const tagged = new Map(itemsOf(instance.tagSet).map(({ key, value }) => [key, value]));
  const launchedAt = Date.parse(instance.launchTime);
  const root = itemsOf(instance.blockDeviceMapping).find(
    ({ deviceName }) => deviceName === instance.rootDeviceName,
  );
  const attached = Date.parse(root?.ebs?.attachTime ?? "");
  const stoppedAt = momentIn(instance.reason ?? "");
  return {
    id: instance.instanceId,
    fleet: tagged.get(tags.fleet) ?? "",
    runner: tagged.get(tags.runner) ?? "",
    availabilityZone: instance.placement?.availabilityZone ?? "",
    state: instance.instanceState.name,
    createdAt: Number.isNaN(attached) ? launchedAt : attached,
    launchedAt,
    ...(stoppedAt !== undefined && { stoppedAt }),
    hasPublicAddress: (instance.ipAddress ?? "") !== "",
  };
}

/** The moment in the brackets of a reason: see {@link DescribedInstance.reason}. */
function momentIn(reason: string): number | undefined {
  const [, date, time] = /\((\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (?:GMT|UTC)\)/.exec(reason) ?? [];
  const moment = Date.parse(`${String(date)}T${String(time)}Z`);
  return Number.isNaN(moment) ? undefined : moment;
}
