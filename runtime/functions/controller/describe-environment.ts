import { failedStartOf } from "../../../contract/failed-starts.ts";
import { Failure } from "../../../contract/failure.ts";
import { reportOf } from "../../../contract/machine-report.ts";
import type { MachineReport } from "../../../contract/machine-report.ts";
import type { DiskSize } from "../../../contract/prices.ts";
import { projectTag, tags } from "../../../contract/tags.ts";
import type { ControllerAws } from "./aws.ts";
import type { DescribedInstance, DescribedVolume, Ec2Answer, ReadAction } from "./ec2-answers.ts";
import type { Disk, ControlledMachine, MachineTags } from "./machine.ts";

/*
 * The environment's machines and disks as EC2 describes them, found by tag.
 */

/**
 * Machines and disks in one answer of EC2, whose limits are 1,000 and 500. An
 * answer has some 2 MB and half a MB of text, so that a large environment needs
 * no more memory than a small one.
 */
const perCall = { "ec2:DescribeInstances": 200, "ec2:DescribeVolumes": 250 } as const;

/** A disk that is younger may belong to a machine that is not described yet. */
const settledMs = 10 * 60_000;

/**
 * All machines of the environment, including recently terminated ones. Each occurs once: machines that come and go while
 * pages are read move others to another page, and a machine that occurred twice would be metered twice.
 *
 * @throws Error when EC2 does not answer, or describes a machine without its id, its state or its start
 */
export async function describeMachines(
  environment: string,
  aws: ControllerAws,
): Promise<ControlledMachine[]> {
  const machines = new Map<string, ControlledMachine>();
  for await (const { reservationSet } of describe("ec2:DescribeInstances", environment, aws)) {
    for (const { instancesSet } of reservationSet) {
      for (const instance of instancesSet) machines.set(instance.instanceId, machineOf(instance));
    }
  }
  return [...machines.values()];
}

/** A disk of the environment, and the machine that it is attached to. */
type AttachedDisk = Disk & { attachedTo: string | undefined };

/**
 * All disks of the environment, each of them once.
 *
 * @throws Error when EC2 does not answer, or describes a disk without its id or the moment at which it was made
 */
export async function describeDisks(environment: string, aws: ControllerAws): Promise<AttachedDisk[]> {
  const disks = new Map<string, AttachedDisk>();
  for await (const { volumeSet } of describe("ec2:DescribeVolumes", environment, aws)) {
    for (const volume of volumeSet) {
      if (volume.status === "deleting" || volume.status === "deleted") disks.delete(volume.volumeId);
      else disks.set(volume.volumeId, diskOf(volume));
    }
  }
  return [...disks.values()];
}

/** The machines with the description of their disks. */
export function withDisks(
  machines: readonly ControlledMachine[],
  disks: readonly AttachedDisk[],
): ControlledMachine[] {
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

/** Disks that are attached to no machine: they cost money all the same. @param now milliseconds since the epoch */
export function strayDisks(
  disks: readonly AttachedDisk[],
  machines: readonly ControlledMachine[],
  now: number,
): Disk[] {
  const living = new Set(machines.flatMap(({ id, state }) => (state === "terminated" ? [] : [id])));
  return disks.flatMap(({ attachedTo, ...disk }) =>
    now - disk.createdAt < settledMs || (attachedTo !== undefined && living.has(attachedTo)) ? [] : [disk],
  );
}

/** EC2's answers about everything with the environment's tags, page by page. */
async function* describe<Action extends ReadAction>(
  action: Action,
  environment: string,
  aws: ControllerAws,
): AsyncGenerator<Ec2Answer<Action>, void> {
  for (let token = ""; ;) {
    const page = (await aws(action, {
      Filter: [
        { Name: `tag:${tags.project}`, Value: [projectTag] },
        { Name: `tag:${tags.environment}`, Value: [environment] },
      ],
      MaxResults: perCall[action],
      ...(token !== "" && { NextToken: token }),
    })) as Ec2Answer<Action>;
    yield page;
    token = page.nextToken;
    if (token === "") return;
  }
}

function machineOf(instance: DescribedInstance): ControlledMachine {
  const tagged: Readonly<Record<string, string | undefined>> = Object.fromEntries(
    instance.tagSet.map(({ key, value }) => [key, value]),
  );
  const { instanceId, instanceState, stateReason, launchTime } = instance;
  const launchedAt = Date.parse(launchTime);
  // Neither the meter nor a start may rest on a guess: NaN hours would make the month's record unreadable.
  if (instanceId === "" || instanceState.name === "" || Number.isNaN(launchedAt)) {
    throw new Failure(
      `EC2 describes the machine "${instanceId}" with the state "${instanceState.name}" and the start "${launchTime}"`,
    );
  }
  const root = instance.blockDeviceMapping.find(({ deviceName }) => deviceName === instance.rootDeviceName);
  const attached = Date.parse(root?.ebs.attachTime ?? "");
  const stoppedAt = momentIn(instance.reason);
  const report = datedReport(reportOf(tagged));
  const failedStartsTag = tagged[tags.failedStarts] ?? "";
  const failedStart = failedStartOf(instanceState.name, stateReason, failedStartsTag, launchedAt);
  return {
    id: instanceId,
    fleet: tagged[tags.fleet] ?? "",
    runner: tagged[tags.runner] ?? "",
    instanceType: instance.instanceType,
    availabilityZone: instance.placement.availabilityZone,
    state: instanceState.name as ControlledMachine["state"],
    createdAt: Number.isNaN(attached) ? launchedAt : attached,
    launchedAt,
    ...(stoppedAt !== undefined && { stoppedAt }),
    hasPublicAddress: instance.ipAddress !== "",
    ...(failedStart && { failedStart }),
    ...(failedStartsTag !== "" && { failedStartsTag }),
    ...(report && { report }),
  };
}

/** A report without a valid time decides nothing here. */
function datedReport(report: MachineReport | undefined): MachineTags | undefined {
  if (report?.since === undefined) return undefined;
  const { state, since, detail = "" } = report;
  return { state, since: Date.parse(since), detail };
}

function diskOf(volume: DescribedVolume): AttachedDisk {
  const { volumeId, createTime, attachmentSet, tagSet } = volume;
  const fleet = tagSet.find(({ key }) => key === tags.fleet)?.value ?? "";
  const size = sizeOf(volume);
  const createdAt = Date.parse(createTime);
  if (volumeId === "" || Number.isNaN(createdAt))
    throw new Failure(`EC2 describes the disk "${volumeId}" as made at "${createTime}"`);
  return {
    id: volumeId,
    fleet,
    createdAt,
    ...(size && { size }),
    attachedTo: attachmentSet[0]?.instanceId,
  };
}

/** Only gp3 has operations that are paid for separately: those of gp2 come with its size. */
function sizeOf({ size, volumeType, iops, throughput }: DescribedVolume): DiskSize | undefined {
  const sizeGb = countOf(size);
  if (sizeGb === undefined) return undefined;
  return volumeType === "gp3" ? { sizeGb, iops: countOf(iops), throughput: countOf(throughput) } : { sizeGb };
}

function countOf(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** The moment in the brackets of a reason: see `reason` in ec2-answers.ts. */
function momentIn(reason: string): number | undefined {
  const [, date, time] = /\((\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (?:GMT|UTC)\)/.exec(reason) ?? [];
  const moment = Date.parse(`${String(date)}T${String(time)}Z`);
  return Number.isNaN(moment) ? undefined : moment;
}
