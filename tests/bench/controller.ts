import { priceList } from "../../config/prices.ts";
import { ec2Protocol } from "../../local/aws/protocols.ts";
import type { ControllerCall } from "../../contract/controller-calls.ts";
import type { ControllerConfiguration } from "../../contract/controller.ts";
import { machineName, runnerName } from "../../contract/names.ts";
import { formatOperator, initialOperator } from "../../contract/operator.ts";
import { formatMachineList, fleetParameters, initialPower } from "../../contract/parameters.ts";
import { projectTag, tags } from "../../contract/tags.ts";
import { awsClient } from "../../runtime/aws/client.ts";
import type { Send } from "../../runtime/aws/http.ts";
import { control } from "../../runtime/functions/controller/controller.ts";
import type { ControllerHost } from "../../runtime/functions/controller/controller.ts";
import { readEc2Answer } from "../../runtime/functions/controller/describe.ts";
import { median, table } from "./measure.ts";

/*
 * One call of the controller, all of its own code from the signature to the
 * line of metrics, against an AWS in this process that answers at once. Beside
 * it: reading EC2's answer alone, which nobody could save.
 */

const sizes = [10, 100, 1000];
const repetitions = 15;

const environment = "bench";
const now = Date.UTC(2026, 4, 1, 10, 8, 30);
const hourMs = 3_600_000;

/** The most that a roster holds: its parameter has 4 KB. */
const fleetSize = 100;

const scenes = [
  { words: "nothing to do", jobs: false },
  { words: "a job for each sleeping machine", jobs: true },
] as const;

export async function controllerTable(): Promise<string> {
  const rows: string[][] = [];
  for (const machines of sizes) {
    for (const { words, jobs } of scenes) {
      const { milliseconds, answerKb, readMs, calls } = await measureTick(machines, jobs);
      rows.push([
        String(machines),
        words,
        `${milliseconds.toFixed(1)} ms`,
        `${readMs.toFixed(1)} ms of ${answerKb.toFixed(0)} kB`,
        Object.entries(calls)
          .map(([name, count]) => `${count} ${name}`)
          .join(", "),
      ]);
    }
  }
  return table(["machines", "call of the controller", "median", "EC2's answer alone", "calls of AWS"], rows);
}

interface TickFigures {
  milliseconds: number;
  /** Size of EC2's answer in kB, and milliseconds of reading it. */
  answerKb: number;
  readMs: number;
  /** Calls of AWS in one call of the controller, by their name. */
  calls: Record<string, number>;
}

/** Half of the machines sleep. */
async function measureTick(machines: number, withJobs: boolean): Promise<TickFigures> {
  const configuration = configurationOf(machines);
  const answers = await answersOf(configuration, machines, withJobs);
  let calls: Record<string, number> = {};
  const send: Send = ({ headers, body = "" }) => {
    const name = headers["x-amz-target"]?.split(".")[1] ?? new URLSearchParams(body).get("Action")!;
    calls[name] = (calls[name] ?? 0) + 1;
    return Promise.resolve({ status: 200, body: answers(name, body) });
  };
  const aws = awsClient<ControllerCall>({
    ...configuration.aws,
    credentials: () =>
      Promise.resolve({ accessKeyId: "AKIA", secretAccessKey: "secret", sessionToken: "token" }),
    send,
    clock: { now: () => now, sleep: () => Promise.resolve() },
    random: () => 0,
    readXml: readEc2Answer(),
  });
  const described = answers("DescribeInstances", "");
  const [ticks, reads]: [number[], number[]] = [[], []];
  const host: ControllerHost = {
    configuration,
    aws,
    send: () => Promise.reject(new Error("no sweep is configured")),
    now: () => now,
    elapsed: () => performance.now(),
    log: () => undefined,
  };
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    calls = {};
    const started = performance.now();
    await control(host, {});
    ticks.push(performance.now() - started);
    const read = performance.now();
    readEc2Answer()(described);
    reads.push(performance.now() - read);
  }
  return { milliseconds: median(ticks), answerKb: described.length / 1000, readMs: median(reads), calls };
}

function fleetOf(number: number): string {
  return `cloud${Math.floor(number / fleetSize)}`;
}

function numbersOf(fleet: string, machines: number): number[] {
  return Array.from({ length: machines }, (_, number) => number).filter(
    (number) => fleetOf(number) === fleet,
  );
}

function idOf(number: number): string {
  return `i-${number.toString(16).padStart(17, "0")}`;
}

function isAsleep(number: number): boolean {
  return number % 2 === 1;
}

function configurationOf(machines: number): ControllerConfiguration {
  const names = Array.from({ length: Math.ceil(machines / fleetSize) }, (_, index) => `cloud${index}`);
  return {
    environment,
    aws: {
      region: "eu-central-1",
      endpoints: {
        ec2: "https://ec2",
        ssm: "https://ssm",
        dynamodb: "https://dynamodb",
        budgets: "https://budgets",
      },
    },
    fleets: names.map((name) => ({
      name,
      minimumAwake: 0,
      instanceType: "m5.xlarge",
      prices: { machine: 0.23, disk: 0.013 },
    })),
    addressPrice: 0.005,
    priceList: priceList("eu-central-1"),
    demand: {
      table: "longhaul-bench-waiting-jobs",
      fleets: names.map((name) => ({ name, labels: ["self-hosted", "linux", "x64", name] })),
    },
    budget: { monthlyUsd: 100_000, account: "123456789012", name: "longhaul-bench" },
  };
}

/** What AWS answers, by the call's name. */
async function answersOf(
  { fleets }: ControllerConfiguration,
  machines: number,
  withJobs: boolean,
): Promise<(name: string, body: string) => string> {
  const values = new Map<string, string>(
    fleets.flatMap(({ name }) => {
      const roster = formatMachineList(numbersOf(name, machines).map(idOf));
      const names = fleetParameters(environment, name);
      return [
        [names.candidates, roster],
        [names.roster, roster],
        [names.power, JSON.stringify({ ...initialPower, reason: "no working hours are set" })],
        [names.operator, formatOperator(initialOperator)],
        [names.shutdown, JSON.stringify({ idleMinutes: 30, minimumAwake: 0 })],
      ] as const;
    }),
  );
  const all = Array.from({ length: machines }, (_, number) => number);
  const described = await describeInstances(all);
  const running = all.filter((number) => !isAsleep(number)).map((number) => jobItem(number, "in_progress"));
  const queued = all.filter(isAsleep).map((number) => jobItem(number, "queued"));
  const scanned = JSON.stringify({ Items: withJobs ? [...running, ...queued] : running });
  return (name, body) => {
    switch (name) {
      case "DescribeInstances":
        return described;
      case "DescribeVolumes":
        return "<DescribeVolumesResponse><volumeSet/></DescribeVolumesResponse>";
      case "Scan":
        return scanned;
      case "GetParameters": {
        const { Names } = JSON.parse(body) as { Names: string[] };
        const found = Names.flatMap((Name) => {
          const Value = values.get(Name);
          return Value === undefined ? [] : [{ Name, Value, Type: "String", Version: 1 }];
        });
        return JSON.stringify({ Parameters: found });
      }
      default:
        return name === "StartInstances" ? "<StartInstancesResponse/>" : "{}";
    }
  };
}

/** EC2's answer with all that it tells of an instance which is longer than a word or two. */
function describeInstances(numbers: readonly number[]): Promise<string> {
  const reservationSet = numbers.map((number) => ({
    reservationId: idOf(number).replace("i-", "r-"),
    ownerId: "123456789012",
    groupSet: [],
    instancesSet: [describeInstance(number)],
  }));
  return ec2Protocol.result("DescribeInstances", { reservationSet }).text();
}

function describeInstance(number: number) {
  const fleet = fleetOf(number);
  const awake = !isAsleep(number);
  const runner = runnerName(environment, fleet, number + 1);
  const vpcId = "vpc-0123456789abcdef0";
  const groupSet = [{ groupId: "sg-0123456789abcdef0", groupName: "longhaul-bench" }];
  const moment = new Date(now - 20 * hourMs);
  return {
    instanceId: idOf(number),
    imageId: "ami-0123456789abcdef0",
    instanceState: awake ? { code: 16, name: "running" } : { code: 80, name: "stopped" },
    privateDnsName: `ip-10-42-0-${number % 256}.eu-central-1.compute.internal`,
    dnsName: awake ? `ec2-203-0-113-${number % 256}.eu-central-1.compute.amazonaws.com` : "",
    reason: awake ? "" : "User initiated shutdown",
    amiLaunchIndex: 0,
    instanceType: "m5.xlarge",
    launchTime: moment,
    placement: { availabilityZone: number % 4 < 2 ? "eu-central-1a" : "eu-central-1b", tenancy: "default" },
    monitoring: { state: "disabled" },
    subnetId: "subnet-0123456789abcdef0",
    vpcId,
    privateIpAddress: `10.42.0.${number % 256}`,
    ...(awake && { ipAddress: `203.0.113.${number % 256}` }),
    sourceDestCheck: true,
    groupSet,
    architecture: "x86_64",
    rootDeviceType: "ebs",
    rootDeviceName: "/dev/sda1",
    blockDeviceMapping: [
      {
        deviceName: "/dev/sda1",
        ebs: {
          volumeId: "vol-0123456789abcdef0",
          status: "attached",
          attachTime: moment,
          deleteOnTermination: true,
        },
      },
    ],
    virtualizationType: "hvm",
    tagSet: Object.entries({
      Name: machineName(runner, idOf(number)),
      [tags.project]: projectTag,
      [tags.environment]: environment,
      [tags.fleet]: fleet,
      [tags.runner]: runner,
    }).map(([key, value]) => ({ key, value })),
    hypervisor: "xen",
    networkInterfaceSet: [
      {
        networkInterfaceId: "eni-0123456789abcdef0",
        subnetId: "subnet-0123456789abcdef0",
        vpcId,
        status: "in-use",
        macAddress: "02:00:00:00:00:00",
        privateIpAddress: `10.42.0.${number % 256}`,
        groupSet,
        attachment: {
          attachmentId: "eni-attach-0123456789abcdef0",
          deviceIndex: 0,
          status: "attached",
          attachTime: moment,
        },
      },
    ],
    iamInstanceProfile: {
      arn: "arn:aws:iam::123456789012:instance-profile/longhaul/bench",
      id: "AIPA0123456789ABCDEF0",
    },
    ebsOptimized: true,
    enaSupport: true,
  };
}

/** A job as DynamoDB has it: one on each machine that is awake, or one for each that sleeps. */
function jobItem(number: number, state: "queued" | "in_progress") {
  const seconds = String(Math.floor(now / 1000) - 60);
  return {
    id: { S: String(29_679_449_526 + number) },
    repository: { S: "acme/app" },
    labels: { L: ["self-hosted", fleetOf(number)].map((label) => ({ S: label })) },
    state: { S: state },
    queuedAt: { N: seconds },
    at: { N: seconds },
    expiresAt: { N: String(Math.floor(now / 1000) + 80_000) },
    ...(state === "in_progress" && {
      runner: { S: machineName(runnerName(environment, fleetOf(number), number + 1), idOf(number)) },
    }),
  };
}
