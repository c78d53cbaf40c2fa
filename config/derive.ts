import { Failure } from "../contract/failure.ts";
import { defaultDistribution, imageParameters, knownChecksums } from "./defaults.ts";
import { type Architecture, architectureOfInstanceType } from "./instance-types.ts";
import { partitionOfRegion, partitions } from "./partitions.ts";
import type { Partition } from "./partitions.ts";
import type {
  AwsConfiguration,
  Configuration,
  FleetConfiguration,
  GithubConfiguration,
  SmokeTestConfiguration,
} from "./schema.ts";
import { withoutTrailingSlash } from "./urls.ts";

/*
 * Values that follow from the configuration. Everything here is pure, and defined
 * for every configuration that was loaded.
 */

/** The architecture as GitHub's runner names it: the configured one, or that of the instance type. */
export function architectureOf(
  fleet: Pick<FleetConfiguration, "architecture" | "instanceType">,
): Architecture {
  const architecture = fleet.architecture ?? architectureOfInstanceType(fleet.instanceType);
  if (!architecture) {
    throw new Failure(
      `The architecture of ${fleet.instanceType} cannot be told from its name: set the fleet's architecture.`,
    );
  }
  return architecture;
}

/** @throws when the fleet is not in the configuration */
export function fleetOf(configuration: Configuration, name: string): FleetConfiguration {
  const fleet = configuration.fleets[name];
  if (!fleet) {
    throw new Failure(
      `There is no fleet ${name} in the configuration: it names ${Object.keys(configuration.fleets).join(", ")}.`,
    );
  }
  return fleet;
}

/** Configured tags of a fleet's resources. For a fleet that is no longer configured, they are the environment's. */
export function tagsOfFleet(
  { tags, fleets }: Pick<Configuration, "tags" | "fleets">,
  fleet: string,
): Record<string, string> {
  return { ...tags, ...fleets[fleet]?.tags };
}

/** Where a fleet's machines download the runner's tarball. */
export function tarballUrl(fleet: FleetConfiguration): string {
  const { url, version } = fleet.runner;
  const file = `actions-runner-linux-${architectureOf(fleet)}-${version}.tar.gz`;
  return url ?? `https://github.com/actions/runner/releases/download/v${version}/${file}`;
}

/** SHA-256 of that tarball, hexadecimal. */
export function checksumOf(fleet: FleetConfiguration): string {
  const { sha256, version } = fleet.runner;
  const checksum = sha256 ?? knownChecksums[version]?.[architectureOf(fleet)];
  if (!checksum) throw new Failure(`The checksum of runner ${version} is not known: set runner.sha256.`);
  return checksum;
}

/** The image: one AMI, or an SSM parameter that holds the id of one. */
export type ImageReference = { kind: "ami"; id: string } | { kind: "parameter"; name: string };

export function imageReference(fleet: FleetConfiguration): ImageReference {
  const { ami, parameter, distribution = defaultDistribution } = fleet.image;
  if (ami !== undefined) return { kind: "ami", id: ami };
  return { kind: "parameter", name: parameter ?? imageParameters[distribution][architectureOf(fleet)] };
}

export function partitionOf(aws: Pick<AwsConfiguration, "partition" | "region">): Partition {
  return aws.partition ?? partitionOfRegion(aws.region);
}

/** The services whose endpoint can be configured, by their endpoint's name. */
export type AwsEndpoint = keyof AwsConfiguration["endpoints"];

/** Base URL of a service, without a trailing slash: the configured one, or the region's public one. */
export function serviceEndpoint(
  aws: Pick<AwsConfiguration, "partition" | "region" | "endpoints">,
  service: AwsEndpoint,
): string {
  const configured = aws.endpoints[service];
  if (configured !== undefined) return withoutTrailingSlash(configured);
  const { domain, hosts } = partitions[partitionOf(aws)];
  // IAM and Budgets have one endpoint for a whole partition.
  if (service === "iam" || service === "budgets") return `https://${hosts[service]}`;
  return `https://${service}.${aws.region}.${domain}`;
}

/** Whether AWS's own budget is made, as a safeguard behind the meter. */
export function hasAwsBudget({ monthlyUsd, awsBudget }: Configuration["budget"]): boolean {
  return monthlyUsd !== undefined && awsBudget;
}

/**
 * US dollars of a day above which people are notified: the configured amount, or
 * twice an even share of a month of 30 days. Undefined without a budget.
 */
export function dailyLimit({ monthlyUsd, dailyUsd }: Configuration["budget"]): number | undefined {
  if (monthlyUsd === undefined) return undefined;
  return dailyUsd ?? Math.round((monthlyUsd / 15) * 100) / 100;
}

/** The account that owns the runners at GitHub: the organisation, or the repository's owner. */
export function ownerOf(github: Pick<GithubConfiguration, "organization" | "repository">): string {
  return github.organization ?? github.repository!.split("/")[0]!;
}

/** Name of the one repository the runners belong to, without its owner; undefined for an organisation's. */
export function repositoryOf(github: Pick<GithubConfiguration, "repository">): string | undefined {
  return github.repository?.split("/")[1];
}

/**
 * Names of the repositories whose jobs wake machines, without the owner;
 * undefined for all of the owner's.
 */
export function wakingRepositories({
  github,
  wakeOnDemand,
}: Pick<Configuration, "github" | "wakeOnDemand">): readonly string[] | undefined {
  const repository = repositoryOf(github);
  if (repository !== undefined) return [repository];
  const { runnerGroup: group } = github;
  return wakeOnDemand.repositories ?? (group?.visibility === "selected" ? group.repositories : undefined);
}

/** File name of the smoke test's workflow: the configured one, or one with the environment's name. */
export function smokeWorkflowOf(
  environment: string,
  { workflow }: Pick<SmokeTestConfiguration, "workflow">,
): string {
  return workflow ?? `longhaul-smoke-${environment}.yml`;
}

/** The address that a runner registers with: `https://github.com/acme/app` or `https://github.com/acme`. */
export function registrationUrl(
  github: Pick<GithubConfiguration, "organization" | "repository" | "url">,
): string {
  return `${withoutTrailingSlash(github.url)}/${github.repository ?? github.organization!}`;
}

/**
 * Base URL of the REST API, without a trailing slash. GitHub Enterprise Server
 * (and the local cloud) has it below its own URL; github.com and the tenants
 * of ghe.com have a host of their own for it.
 */
export function apiUrl(github: Pick<GithubConfiguration, "url">): string {
  const { host, hostname } = new URL(github.url);
  if (hostname === "github.com" || hostname.endsWith(".ghe.com")) return `https://api.${host}`;
  return `${withoutTrailingSlash(github.url)}/api/v3`;
}
