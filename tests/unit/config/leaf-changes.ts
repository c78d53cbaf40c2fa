import { loadConfiguration } from "../../../config/load.ts";
import { ConfigurationError, formatPath, type Path } from "../../../config/issues.ts";
import type { WrittenConfiguration } from "./arbitrary.ts";

/** A configuration, and the same with one leaf written differently; both are valid. */
export interface LeafChange {
  environment: string;
  before: Record<string, unknown>;
  after: Record<string, unknown>;
  /** The leaf: `fleets.*.disk.sizeGb`, with `*` for names and numbers. */
  leaf: string;
  /** The leaf's path in this configuration: `fleets.cloud.disk.sizeGb`. */
  path: string;
}

const replaced =
  <T>(one: T, other: T) =>
  (value: unknown) =>
    value === one ? other : one;
const extended = (text: string, start?: string) => (value: unknown) =>
  typeof value === "string" ? `${value}${text}` : start;
const toggled = (assumed: boolean) => (value: unknown) => !(value ?? assumed);
const raised = (assumed: number) => (value: unknown) => Number(value ?? assumed) + 1;
const appended = (entry: string) => (value: unknown) => [...((value as string[] | undefined) ?? []), entry];
const certificate = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
const endpoint = replaced("https://one.example.com", "https://other.example.com");
const proxy = replaced("http://one.example.com:3128", "http://other.example.com:3128");

/** Another value for each leaf of the schema, given the written value, which is undefined if the leaf is absent. */
export const otherValues: Readonly<Record<string, (value: unknown) => unknown>> = {
  "aws.account": replaced("210987654321", "123456789012"),
  "aws.region": replaced("eu-west-1", "eu-west-2"),
  "aws.partition": (value) => (value === undefined ? "aws" : undefined),
  "aws.endpoints.ec2": endpoint,
  "aws.endpoints.ssm": endpoint,
  "aws.endpoints.monitoring": endpoint,
  "aws.endpoints.logs": endpoint,
  "aws.endpoints.dynamodb": endpoint,
  "aws.endpoints.sqs": endpoint,
  "aws.endpoints.sts": endpoint,
  "aws.endpoints.iam": endpoint,
  "aws.endpoints.budgets": endpoint,
  "aws.rolePath": replaced("/one/", "/other/"),
  "aws.permissionsBoundary": extended("2", "arn:aws:iam::123456789012:policy/boundary"),
  "aws.kmsKeyArn": extended("2", "arn:aws:kms:eu-central-1:123456789012:key/1234abcd"),
  "github.organization": extended("-2"),
  "github.repository": extended("-2"),
  "github.runnerGroup.name": replaced("one group", "other group"),
  "github.runnerGroup.visibility": replaced("all", "private"),
  "github.runnerGroup.repositories": appended("another"),
  "github.url": replaced("https://one.example.com", "https://other.example.com"),
  "network.cidr": replaced("10.50.0.0/16", "10.60.0.0/16"),
  "network.vpcId": replaced("vpc-0aaa", "vpc-0bbb"),
  "network.subnetIds": appended("subnet-0ccc"),
  "network.zones": (value) => (value === undefined ? ["eu-central-1a", "eu-central-1c"] : undefined),
  "network.proxy.http": proxy,
  "network.proxy.https": proxy,
  "network.proxy.noProxy": appended("direct.example.com"),
  "network.caBundle": extended(certificate, certificate),
  "tags.*": extended("-2"),
  "fleets.*.runners": raised(1),
  "fleets.*.generations.*": raised(1),
  "fleets.*.instanceType": otherSize,
  "fleets.*.priceUsdPerHour": raised(0.25),
  "fleets.*.architecture": (value) => (value === undefined ? "x64" : undefined),
  "fleets.*.image.distribution": replaced("ubuntu-24.04", "amazon-linux-2023"),
  "fleets.*.image.parameter": replaced("/images/one", "/images/other"),
  "fleets.*.image.ami": replaced("ami-0aaa", "ami-0bbb"),
  "fleets.*.image.user": replaced("one", "other"),
  "fleets.*.image.baked": toggled(false),
  "fleets.*.disk.sizeGb": raised(100),
  "fleets.*.disk.iops": raised(3000),
  "fleets.*.disk.throughput": raised(125),
  "fleets.*.labels": appended("another-label"),
  "fleets.*.runner.version": replaced("2.341.0", "2.342.0"),
  "fleets.*.runner.sha256": replaced("a".repeat(64), "b".repeat(64)),
  "fleets.*.runner.url": replaced(
    "https://one.example.com/runner.tar.gz",
    "https://other.example.com/runner.tar.gz",
  ),
  "fleets.*.runner.selfUpdate": toggled(true),
  "fleets.*.docker": toggled(true),
  "fleets.*.dockerLiveRestore": toggled(true),
  "fleets.*.sudo": toggled(false),
  "fleets.*.tags.*": extended("-2"),
  "fleets.*.bootSteps": appended("echo another"),
  "fleets.*.everyBoot": appended("echo another"),
  "fleets.*.autoShutdown.idleMinutes": raised(60),
  "fleets.*.autoShutdown.minimumAwake": (value) => (value === 1 ? 0 : 1),
  "fleets.*.autoShutdown.maxJobHours": raised(24),
  "fleets.*.autoShutdown.enforce": toggled(false),
  "fleets.*.autoShutdown.workingHours.wake": atTime("05:45", "05:50"),
  "fleets.*.autoShutdown.workingHours.sleep": atTime("20:45", "20:50"),
  "fleets.*.autoShutdown.workingHours.zone": replaced("Asia/Tokyo", "Asia/Kolkata"),
  "fleets.*.autoShutdown.workingHours.holidays": appended("2027-12-25"),
  "alarms.emails": appended("more@example.com"),
  "budget.monthlyUsd": replaced(6000, 7000),
  "budget.dailyUsd": replaced(10, 20),
  "budget.awsBudget": toggled(true),
  "budget.costAllocationTag": toggled(false),
  "budget.deniedRoles": appended("another"),
  "smokeTest.enabled": toggled(true),
  "smokeTest.minutes": raised(360),
  "smokeTest.machines": replaced("all", "first"),
  "smokeTest.wait": replaced("end", "start"),
  "smokeTest.repository": extended("-2"),
  "smokeTest.workflow": replaced("one.yml", "other.yml"),
  "smokeTest.manageWorkflow": toggled(true),
  "smokeTest.onlineWithinMinutes": replaced(20, 25),
  "agent.pollSeconds": replaced(20, 25),
  "agent.quietSeconds": replaced(200, 250),
  "agent.spreadSeconds": replaced(20, 25),
  "agent.staySeconds": replaced(20, 25),
  "agent.diskPercent": replaced(60, 80),
  "wakeOnDemand.enabled": toggled(false),
  "wakeOnDemand.repositories": appended("another"),
  "wakeOnDemand.app.id": raised(1),
  "wakeOnDemand.app.installationId": raised(1),
  "wakeOnDemand.emptyLabels": (value) => (value === undefined ? "cloud" : undefined),
};

/** The same days at another time, so that wakes and sleeps still alternate. */
function atTime(time: string, otherTime: string) {
  return (value: unknown) =>
    typeof value === "string"
      ? value.replace(/\d+:\d+/, (now) => (now === time ? otherTime : time))
      : `daily ${time}`;
}

/** The same family in another size, so that the architecture stays. */
function otherSize(value: unknown): string {
  const [family, size] = typeof value === "string" ? value.split(".") : ["m5", "xlarge"];
  return `${family}.${size === "large" ? "xlarge" : "large"}`;
}

/**
 * Every change of one leaf that leaves the configuration valid.
 *
 * @param wanted which leaves to change; each takes the loading of a configuration
 */
export function leafChanges(
  { environment, raw }: WrittenConfiguration,
  wanted: (leaf: string, index: number) => boolean = () => true,
): LeafChange[] {
  const leaves = Object.entries(otherValues).filter(([leaf], index) => wanted(leaf, index));
  return leaves.flatMap(([leaf, other]) =>
    pathsOf(leaf, raw).flatMap((path) => {
      const after = withValue(raw, path, other(valueAt(raw, path)));
      if (!loads(environment, after)) return [];
      return [{ environment, before: raw, after, leaf, path: formatPath(path) }];
    }),
  );
}

/** The paths of a leaf in one configuration, in which `*` stands for each fleet and for each of its runners. */
function pathsOf(leaf: string, raw: Record<string, unknown>): Path[] {
  const fleets = Object.entries(raw.fleets as Record<string, { runners?: number }>);
  if (!leaf.startsWith("fleets.*.")) return [leaf.split(".")];
  return fleets.flatMap(([name, { runners = 1 }]) => {
    const rest = leaf.split(".").slice(2);
    if (rest.at(-1) !== "*") return [["fleets", name, ...rest]];
    return Array.from({ length: runners }, (_, index) => [
      "fleets",
      name,
      ...rest.slice(0, -1),
      String(index + 1),
    ]);
  });
}

function valueAt(raw: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], raw);
}

function withValue(raw: Record<string, unknown>, path: Path, value: unknown): Record<string, unknown> {
  const [step, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) {
    const others = Object.entries(raw).filter(([key]) => key !== step);
    return Object.fromEntries(value === undefined ? others : [...others, [step, value]]);
  }
  return { ...raw, [step]: withValue((raw[step] ?? {}) as Record<string, unknown>, rest, value) };
}

function loads(environment: string, raw: Record<string, unknown>): boolean {
  try {
    loadConfiguration(environment, raw);
    return true;
  } catch (error) {
    if (error instanceof ConfigurationError) return false;
    throw error;
  }
}
