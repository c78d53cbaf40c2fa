import { XMLParser } from "fast-xml-parser";
import type { DiskSize } from "../../../contract/prices.ts";
import { projectTag, tags } from "../../../contract/tags.ts";
import type { ControllerAws } from "./aws.ts";
import type { Disk, Machine, MachineTags } from "./machine.ts";

/*
 * What EC2 tells of the environment's machines and disks, by their tags.
 */

/** EC2 gives at most so many in one answer. */
const perCall = { "ec2:DescribeInstances": 1000, "ec2:DescribeVolumes": 500 } as const;

/** A disk that is younger may belong to a machine that is not described yet. */
const settledMs = 10 * 60_000;

/** All machines of the environment, those that have just been terminated among them. */
export async function describeMachines(environment: string, aws: ControllerAws): Promise<Machine[]> {
  const pages = (await describe("ec2:DescribeInstances", environment, aws)) as DescribeInstancesAnswer[];
  return pages
    .flatMap(({ DescribeInstancesResponse }) => itemsOf(DescribeInstancesResponse.reservationSet))
    .flatMap(({ instancesSet }) => itemsOf(instancesSet).map(machineOf));
}

/** A disk of the environment, and the machine that has it. */
type AttachedDisk = Disk & { attachedTo: string | undefined };

/** All disks of the environment. */
export async function describeDisks(environment: string, aws: ControllerAws): Promise<AttachedDisk[]> {
  const pages = (await describe("ec2:DescribeVolumes", environment, aws)) as DescribeVolumesAnswer[];
  return pages
    .flatMap(({ DescribeVolumesResponse }) => itemsOf(DescribeVolumesResponse.volumeSet))
    .filter(({ status }) => status !== "deleting" && status !== "deleted")
    .map(diskOf);
}

/** The machines with what is described of their disks. */
export function withDisks(machines: readonly Machine[], disks: readonly AttachedDisk[]): Machine[] {
  const sizes = new Map<string, DiskSize[]>();
  for (const { attachedTo, size } of disks) {
    if (attachedTo === undefined || !size) continue;
    const others = sizes.get(attachedTo);
    if (others) others.push(size);
    else sizes.set(attachedTo, [size]);
  }
  return machines.map((machine) => {
    const own = sizes.get(machine.id);
    return own ? { ...machine, disks: own } : machine;
  });
}

/** Disks that no machine has: whatever left them there, they cost money. @param now milliseconds since the epoch */
export function strayDisks(
  disks: readonly AttachedDisk[],
  machines: readonly Machine[],
  now: number,
): Disk[] {
  const living = new Set(machines.flatMap(({ id, state }) => (state === "terminated" ? [] : [id])));
  return disks.flatMap(({ attachedTo, ...disk }) =>
    now - disk.createdAt < settledMs || (attachedTo !== undefined && living.has(attachedTo)) ? [] : [disk],
  );
}

/** Every page of EC2's answer about what carries the environment's tags. */
async function describe(
  action: keyof typeof perCall,
  environment: string,
  aws: ControllerAws,
): Promise<unknown[]> {
  const pages: unknown[] = [];
  for (let token: string | undefined; ;) {
    const page = (await aws(action, {
      Filter: [
        { Name: `tag:${tags.project}`, Value: [projectTag] },
        { Name: `tag:${tags.environment}`, Value: [environment] },
      ],
      MaxResults: perCall[action],
      ...(token !== undefined && { NextToken: token }),
    })) as Record<string, { nextToken?: string }>;
    pages.push(page);
    token = Object.values(page)[0]?.nextToken;
    if (!token) return pages;
  }
}

interface DescribeInstancesAnswer {
  DescribeInstancesResponse: {
    reservationSet: ItemSet<{ instancesSet: ItemSet<DescribedInstance> }>;
  };
}
interface DescribeVolumesAnswer {
  DescribeVolumesResponse: { volumeSet: ItemSet<DescribedVolume> };
}
type ItemSet<Item> = { item: Item[] } | "" | undefined;

interface DescribedInstance {
  instanceId: string;
  instanceType: string;
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

interface DescribedVolume {
  volumeId: string;
  /** GiB. */
  size?: string;
  volumeType?: string;
  iops?: string;
  /** MiB/s; gp3 alone has it. */
  throughput?: string;
  status: string;
  createTime: string;
  attachmentSet?: ItemSet<{ instanceId: string }>;
  tagSet?: ItemSet<{ key: string; value: string }>;
}

/** Reads EC2's answers: lists are `item`s, and all values are text. */
export function readEc2Answer(): (body: string) => unknown {
  const parser = new XMLParser({
    parseTagValue: false,
    ignoreAttributes: true,
    ignoreDeclaration: true,
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
  const report = reportIn(tagged);
  return {
    id: instance.instanceId,
    fleet: tagged.get(tags.fleet) ?? "",
    runner: tagged.get(tags.runner) ?? "",
    instanceType: instance.instanceType,
    availabilityZone: instance.placement?.availabilityZone ?? "",
    state: instance.instanceState.name,
    createdAt: Number.isNaN(attached) ? launchedAt : attached,
    launchedAt,
    ...(stoppedAt !== undefined && { stoppedAt }),
    hasPublicAddress: (instance.ipAddress ?? "") !== "",
    ...(report && { report }),
  };
}

function reportIn(tagged: ReadonlyMap<string, string>): MachineTags | undefined {
  const state = tagged.get(tags.state);
  const since = Date.parse(tagged.get(tags.since) ?? "");
  if (state === undefined || Number.isNaN(since)) return undefined;
  return { state, since, detail: tagged.get(tags.detail) ?? "" };
}

function diskOf(volume: DescribedVolume): AttachedDisk {
  const { volumeId, createTime, attachmentSet, tagSet } = volume;
  const fleet = itemsOf(tagSet).find(({ key }) => key === tags.fleet)?.value ?? "";
  const size = sizeOf(volume);
  return {
    id: volumeId,
    fleet,
    createdAt: Date.parse(createTime),
    ...(size && { size }),
    attachedTo: itemsOf(attachmentSet)[0]?.instanceId,
  };
}

/** Other types than gp3 are described with operations that nobody pays for by themselves: gp2 has them by its size. */
function sizeOf({ size, volumeType, iops, throughput }: DescribedVolume): DiskSize | undefined {
  const sizeGb = countOf(size);
  if (sizeGb === undefined) return undefined;
  return volumeType === "gp3" ? { sizeGb, iops: countOf(iops), throughput: countOf(throughput) } : { sizeGb };
}

function countOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** The moment in the brackets of a reason: see {@link DescribedInstance.reason}. */
function momentIn(reason: string): number | undefined {
  const [, date, time] = /\((\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (?:GMT|UTC)\)/.exec(reason) ?? [];
  const moment = Date.parse(`${String(date)}T${String(time)}Z`);
  return Number.isNaN(moment) ? undefined : moment;
}
