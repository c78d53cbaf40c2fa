import { machineName, runnerName } from "../../contract/names.ts";
import { projectTag, tags } from "../../contract/tags.ts";
import { ec2Protocol } from "../../local/aws/protocols.ts";

/*
 * DescribeInstances and DescribeVolumes as EC2 sends them: indented, in the
 * order of recorded answers, and with every field that EC2's model of
 * 2016-11-15 has of a Linux machine in a VPC. Half of the machines sleep.
 */

export const environment = "bench";

/** The most that a roster holds: its parameter has 4 KB. */
const fleetSize = 100;

const hourMs = 3_600_000;
const account = "123456789012";
const [vpcId, subnetId] = ["vpc-0123456789abcdef0", "subnet-0123456789abcdef0"];
const groupSet = [{ groupId: "sg-0123456789abcdef0", groupName: "longhaul-bench" }];
const operator = { managed: false };

export function fleetOf(number: number): string {
  return `cloud${Math.floor(number / fleetSize)}`;
}

export function fleetNames(machines: number): string[] {
  return Array.from({ length: Math.ceil(machines / fleetSize) }, (_, index) => `cloud${index}`);
}

export function idOf(number: number): string {
  return `i-${number.toString(16).padStart(17, "0")}`;
}

export function isAsleep(number: number): boolean {
  return number % 2 === 1;
}

/** The machine's name at GitHub. */
export function nameOf(number: number): string {
  return machineName(runnerOf(number), idOf(number));
}

/**
 * One page.
 *
 * @param now milliseconds since the epoch
 * @param token of the next page
 */
export function instancesAnswer(numbers: readonly number[], now: number, token?: string): Promise<string> {
  const reservationSet = numbers.map((number) => ({
    reservationId: idOf(number).replace("i-", "r-"),
    ownerId: account,
    groupSet: [],
    instancesSet: [instance(number, now)],
  }));
  return ec2Protocol.result("DescribeInstances", { reservationSet, nextToken: token }).text();
}

/**
 * One page of their disks.
 *
 * @param now milliseconds since the epoch
 * @param token of the next page
 */
export function volumesAnswer(numbers: readonly number[], now: number, token?: string): Promise<string> {
  const volumeSet = numbers.map((number) => volume(number, now));
  return ec2Protocol.result("DescribeVolumes", { volumeSet, nextToken: token }).text();
}

function runnerOf(number: number): string {
  return runnerName(environment, fleetOf(number), (number % fleetSize) + 1);
}

function zoneOf(number: number): Record<string, string> {
  return number % 4 < 2
    ? { availabilityZone: "eu-central-1a", availabilityZoneId: "euc1-az2" }
    : { availabilityZone: "eu-central-1b", availabilityZoneId: "euc1-az3" };
}

function tagSet(number: number, own: Readonly<Record<string, string>> = {}) {
  const all = {
    Name: nameOf(number),
    [tags.project]: projectTag,
    [tags.environment]: environment,
    [tags.fleet]: fleetOf(number),
    [tags.runner]: runnerOf(number),
    ...own,
  };
  return Object.entries(all).map(([key, value]) => ({ key, value }));
}

function instance(number: number, now: number) {
  const asleep = isAsleep(number);
  const moment = new Date(now - 20 * hourMs);
  const privateIpAddress = `10.42.${number >> 8}.${number & 255}`;
  const privateDnsName = `ip-${privateIpAddress.replaceAll(".", "-")}.eu-central-1.compute.internal`;
  const publicIp = `203.0.113.${number & 255}`;
  const dnsName = `ec2-${publicIp.replaceAll(".", "-")}.eu-central-1.compute.amazonaws.com`;
  const association = asleep ? undefined : { publicIp, publicDnsName: dnsName, ipOwnerId: "amazon" };
  const device = idOf(number).slice(2);
  const shutdown = "Client.InstanceInitiatedShutdown";
  return {
    instanceId: idOf(number),
    imageId: "ami-0123456789abcdef0",
    instanceState: asleep ? { code: 80, name: "stopped" } : { code: 16, name: "running" },
    privateDnsName,
    dnsName: asleep ? "" : dnsName,
    reason: "",
    amiLaunchIndex: 0,
    productCodes: [],
    instanceType: "m5.xlarge",
    launchTime: moment,
    placement: { ...zoneOf(number), groupName: "", tenancy: "default" },
    monitoring: { state: "disabled" },
    subnetId,
    vpcId,
    privateIpAddress,
    ipAddress: asleep ? undefined : publicIp,
    sourceDestCheck: true,
    groupSet,
    stateReason: asleep ? { code: shutdown, message: `${shutdown}: Instance initiated shutdown` } : undefined,
    architecture: "x86_64",
    rootDeviceType: "ebs",
    rootDeviceName: "/dev/sda1",
    blockDeviceMapping: [
      {
        deviceName: "/dev/sda1",
        ebs: {
          volumeId: `vol-${device}`,
          status: "attached",
          attachTime: moment,
          deleteOnTermination: true,
          operator,
          ebsCardIndex: 0,
        },
      },
    ],
    virtualizationType: "hvm",
    clientToken: `terraform-20260430140830${device}`,
    tagSet: tagSet(number, {
      [tags.state]: asleep ? "asleep" : "idle",
      [tags.since]: moment.toISOString(),
      [tags.detail]: asleep ? "no job for 30 minutes" : "waits for a job",
    }),
    hypervisor: "xen",
    networkInterfaceSet: [
      {
        networkInterfaceId: `eni-${device}`,
        subnetId,
        vpcId,
        description: "",
        ownerId: account,
        status: "in-use",
        macAddress: "02:3b:63:46:13:9a",
        privateIpAddress,
        privateDnsName,
        sourceDestCheck: true,
        groupSet,
        attachment: {
          attachmentId: `eni-attach-${device}`,
          deviceIndex: 0,
          networkCardIndex: 0,
          status: "attached",
          attachTime: moment,
          deleteOnTermination: true,
        },
        association,
        privateIpAddressesSet: [{ privateIpAddress, privateDnsName, primary: true, association }],
        ipv6AddressesSet: [],
        interfaceType: "interface",
        operator,
      },
    ],
    iamInstanceProfile: {
      arn: `arn:aws:iam::${account}:instance-profile/longhaul/bench`,
      id: "AIPA0123456789ABCDEF0",
    },
    ebsOptimized: true,
    enaSupport: true,
    cpuOptions: { coreCount: 2, threadsPerCore: 2 },
    capacityReservationSpecification: { capacityReservationPreference: "open" },
    hibernationOptions: { configured: false },
    metadataOptions: {
      state: "applied",
      httpTokens: "required",
      httpPutResponseHopLimit: 1,
      httpEndpoint: "enabled",
      httpProtocolIpv4: "enabled",
      httpProtocolIpv6: "disabled",
      instanceMetadataTags: "disabled",
    },
    enclaveOptions: { enabled: false },
    bootMode: "uefi-preferred",
    platformDetails: "Linux/UNIX",
    usageOperation: "RunInstances",
    usageOperationUpdateTime: moment,
    privateDnsNameOptions: {
      hostnameType: "ip-name",
      enableResourceNameDnsARecord: false,
      enableResourceNameDnsAAAARecord: false,
    },
    maintenanceOptions: { autoRecovery: "default", rebootMigration: "default" },
    currentInstanceBootMode: "legacy-bios",
    networkPerformanceOptions: { bandwidthWeighting: "default" },
    operator,
  };
}

function volume(number: number, now: number) {
  const moment = new Date(now - 20 * hourMs);
  const volumeId = idOf(number).replace("i-", "vol-");
  return {
    volumeId,
    size: 100,
    snapshotId: "snap-0123456789abcdef0",
    ...zoneOf(number),
    status: "in-use",
    createTime: moment,
    attachmentSet: [
      {
        volumeId,
        instanceId: idOf(number),
        device: "/dev/sda1",
        status: "attached",
        attachTime: moment,
        deleteOnTermination: true,
        ebsCardIndex: 0,
      },
    ],
    tagSet: tagSet(number),
    volumeType: "gp3",
    iops: 3000,
    encrypted: true,
    kmsKeyId: `arn:aws:kms:eu-central-1:${account}:key/01234567-89ab-cdef-0123-456789abcdef`,
    multiAttachEnabled: false,
    throughput: 125,
    operator,
  };
}
