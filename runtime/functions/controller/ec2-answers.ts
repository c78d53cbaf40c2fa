import type { ControllerCall } from "../../../contract/controller-calls.ts";
import { text, xmlReader } from "./read-xml.ts";
import type { Read } from "./read-xml.ts";

/*
 * What is read from EC2's answers: to know more of a machine or a disk, name it
 * here. All values are text as EC2 sends it, and empty where it sends none.
 */

const tagSet = [{ key: text, value: text }] as const;

const instance = {
  instanceId: text,
  instanceType: text,
  instanceState: { name: text },
  /** Why it ended, with the moment in brackets if a user asked for it: `User initiated (2026-11-26 01:02:03 GMT)`. */
  reason: text,
  stateReason: { code: text, message: text },
  launchTime: text,
  ipAddress: text,
  placement: { availabilityZone: text },
  rootDeviceName: text,
  blockDeviceMapping: [{ deviceName: text, ebs: { attachTime: text } }],
  tagSet,
} as const;

const volume = {
  volumeId: text,
  /** GiB. */
  size: text,
  volumeType: text,
  iops: text,
  /** MiB/s; only gp3 has it. */
  throughput: text,
  status: text,
  createTime: text,
  attachmentSet: [{ instanceId: text }],
  tagSet,
} as const;

export type DescribedInstance = Read<typeof instance>;
export type DescribedVolume = Read<typeof volume>;

const readers = {
  "ec2:DescribeInstances": xmlReader("DescribeInstancesResponse", {
    reservationSet: [{ instancesSet: [instance] }],
    nextToken: text,
  }),
  "ec2:DescribeVolumes": xmlReader("DescribeVolumesResponse", { volumeSet: [volume], nextToken: text }),
};

/** The actions of which the answers are read. */
export type ReadAction = keyof typeof readers & ControllerCall;
/** An answer of EC2, as {@link readEc2Answer} reads it. */
export type Ec2Answer<Action extends ReadAction> = ReturnType<(typeof readers)[Action]>;

/**
 * Reads an answer of EC2; undefined for an action of which the answer is not needed.
 *
 * @throws Error when the answer is incomplete
 */
export function readEc2Answer(body: string, action: string): unknown {
  return isRead(action) ? readers[action](body) : undefined;
}

function isRead(action: string): action is ReadAction {
  return Object.hasOwn(readers, action);
}
