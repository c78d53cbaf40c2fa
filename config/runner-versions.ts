import { isObject } from "../contract/json.ts";
import { knownChecksums } from "./defaults.ts";
import { architectureOf, checksumOf } from "./derive.ts";
import type { Architecture } from "./instance-types.ts";
import type { Configuration, FleetConfiguration } from "./schema.ts";

/*
 * Compares the configured versions of the runner software with what GitHub offers
 * and refuses. Nothing here reads the clock: dates are reported as they are.
 */

/** One tarball for Linux that GitHub offers. */
export interface OfferedRunner {
  version: string;
  architecture: Architecture;
  /** Hexadecimal. */
  sha256?: string;
}

/** When GitHub starts to refuse a version, ISO 8601 in UTC. Absent: GitHub has not said. */
export interface VersionSupport {
  /** No runner of this version can register. */
  registrationEndsAt?: string;
  /** Runners of this version get no jobs. */
  jobsEndAt?: string;
}

/** GitHub's answers. */
export interface VersionAnswers {
  offered: readonly OfferedRunner[];
  /** By version. */
  support: ReadonlyMap<string, VersionSupport>;
}

/** Whether one `major.minor.patch` comes before another. */
export function isOlder(version: string, other: string): boolean {
  const [ours, theirs] = [version, other].map((text) => text.split(".").map(Number)) as [number[], number[]];
  const index = ours.findIndex((part, position) => part !== theirs[position]);
  return index >= 0 && ours[index]! < theirs[index]!;
}

/**
 * The Linux part of `GET …/actions/runners/downloads`. Only the file's name
 * contains the version: `actions-runner-linux-x64-2.338.0.tar.gz`.
 */
export function readOffered(body: unknown): OfferedRunner[] {
  return (Array.isArray(body) ? body : []).filter(isObject).flatMap((each): OfferedRunner[] => {
    const { filename, sha256_checksum: sha256 } = each;
    const [, architecture, version] =
      /^actions-runner-linux-(x64|arm64)-(\d+\.\d+\.\d+)\.tar\.gz$/.exec(String(filename)) ?? [];
    if (version === undefined) return [];
    const known = typeof sha256 === "string" && { sha256 };
    return [{ version, architecture: architecture as Architecture, ...known }];
  });
}

/**
 * `GET …/actions/runners/deprecations/{version}`. GitHub has been seen to leave
 * `registration_deprecates_at` out where its documentation has null, and to
 * answer 404 for a version that it does not know.
 */
export function readSupport(body: unknown): VersionSupport {
  if (!isObject(body)) return {};
  const { registration_deprecates_at: registration, runtime_deprecates_at: runtime } = body;
  return {
    ...(typeof registration === "string" && { registrationEndsAt: registration }),
    ...(typeof runtime === "string" && { jobsEndAt: runtime }),
  };
}

/** The sources. They reject if GitHub does not answer. */
export interface VersionSource {
  /** What GitHub offers for Linux. */
  offered(): Promise<OfferedRunner[]>;
  /** Until when GitHub accepts a version. */
  support(version: string): Promise<VersionSupport>;
}

/** What people should know about the configured runner versions, by what GitHub offers and refuses. */
export async function readVersionNotes(
  fleets: Configuration["fleets"],
  source: VersionSource,
): Promise<string[]> {
  const [offered, support] = await Promise.all([
    source.offered(),
    Promise.all(
      configuredVersions(fleets).map(async (version) => [version, await source.support(version)] as const),
    ),
  ]);
  return versionNotes(fleets, { offered, support: new Map(support) });
}

/** The configured versions, each once. */
export function configuredVersions(fleets: Configuration["fleets"]): string[] {
  return [...new Set(Object.values(fleets).map(({ runner }) => runner.version))];
}

/** A sentence or two for each fleet whose version should be raised or checked. */
export function versionNotes(fleets: Configuration["fleets"], answers: VersionAnswers): string[] {
  return Object.entries(fleets).flatMap(([name, fleet]) => {
    const offer = answers.offered.find(({ architecture }) => architecture === architectureOf(fleet));
    const support = answers.support.get(fleet.runner.version) ?? {};
    const note = noteOn(fleet, offer, support);
    return note === undefined ? [] : [`${name}: ${note}`];
  });
}

function noteOn(
  fleet: FleetConfiguration,
  offer: OfferedRunner | undefined,
  { registrationEndsAt, jobsEndAt }: VersionSupport,
): string | undefined {
  const { version, selfUpdate, url } = fleet.runner;
  const isBehind = offer !== undefined && isOlder(version, offer.version);
  const ends = [
    ...(jobsEndAt === undefined ? [] : [`GitHub gives it no jobs from ${jobsEndAt} on.`]),
    ...(registrationEndsAt === undefined
      ? []
      : [`No machine can register with it from ${registrationEndsAt} on.`]),
  ];
  if (ends.length > 0 || (isBehind && !selfUpdate)) {
    return [
      `runner.version is ${version}${isBehind ? `, and GitHub offers ${offer.version}` : ""}.`,
      ...(ends.length > 0 ? ends : ["GitHub refuses a version 30 days after the next one came out."]),
      `Raise ${isBehind ? whatToRaise(offer) : "runner.version"} and run \`pulumi up\`; a rotation would install ${version} again.`,
    ].join(" ");
  }
  const isOther =
    offer?.version === version && offer.sha256 !== undefined && offer.sha256 !== checksumOf(fleet);
  if (!isOther || url !== undefined) return undefined;
  return (
    `GitHub says that the checksum of ${version} for ${offer.architecture} is ${offer.sha256!}, but machines expect ` +
    `${checksumOf(fleet)}: a machine that downloads this tarball will not boot. Correct runner.sha256.`
  );
}

/** @param offer what GitHub offers for the fleet's architecture */
function whatToRaise({ version, architecture, sha256 }: OfferedRunner): string {
  const checksum =
    knownChecksums[version]?.[architecture] !== undefined
      ? "" // It need not be written.
      : ` and runner.sha256 to ${sha256 ?? "the checksum in its release notes"}`;
  return `runner.version to ${version}${checksum}`;
}
