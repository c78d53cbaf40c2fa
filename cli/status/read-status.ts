import { namePattern } from "../../contract/names.ts";
import type { FleetSettings } from "../../contract/desired.ts";
import { environmentStatus } from "../../observe/environment-status.ts";
import type { EnvironmentStatus } from "../../observe/environment-status.ts";
import type { ObservedMachine, RunnerEntry } from "../../observe/machine.ts";
import { observeMachines } from "../../observe/observe-machines.ts";
import type { Aws } from "../clients/aws.ts";
import type { Github } from "../clients/github.ts";
import { ServiceError } from "../clients/service-error.ts";
import type { Clock } from "../clock.ts";
import type { Environment } from "../environment.ts";
import { readSettingsOfFleets } from "../fleet/fleet-settings.ts";
import { declaredRunners } from "../../config/declared-runners.ts";

export interface StatusCollaborators {
  aws: Aws;
  /** Absent: no credentials. */
  github: Github | undefined;
  clock: Clock;
}

/**
 * Reads an environment's status once. If GitHub or the images' age cannot be
 * read, a note says so and the rest is still reported.
 *
 * @param versionNotes notes about the configured runner versions
 * @throws ServiceError when EC2 or SSM does not answer
 */
export async function readStatus(
  { aws, github, clock }: StatusCollaborators,
  { name, configuration, target }: Pick<Environment, "name" | "configuration" | "target">,
  versionNotes: readonly string[] = [],
): Promise<EnvironmentStatus> {
  const notes = [...versionNotes];
  const entries = await entriesAtGithub();
  const machines = await observeMachines(
    {
      ec2: aws.instances,
      ...(github && entries && { github: { ...github.runners, list: () => Promise.resolve(entries) } }),
    },
    { environment: name },
  );
  const [settings, images] = await Promise.all([settingsOf(machines), imageDates(machines)]);
  return environmentStatus({
    environment: name,
    declared: declaredRunners(name, configuration),
    machines,
    settings,
    images,
    githubAsked: entries !== undefined,
    githubUrl: target.github.url,
    notes,
    now: clock.now(),
  });

  async function entriesAtGithub(): Promise<RunnerEntry[] | undefined> {
    if (!github) {
      notes.push("GitHub was not asked: there are no credentials for it in the environment.");
      return undefined;
    }
    return unlessRefused(() => github.runners.list(), undefined);
  }

  async function settingsOf(found: readonly ObservedMachine[]): Promise<Map<string, FleetSettings>> {
    const fleets = new Set([
      ...Object.keys(configuration.fleets),
      // A tag can hold any text. SSM would refuse a name with other characters.
      ...found.map(({ fleet }) => fleet).filter((fleet) => namePattern.test(fleet)),
    ]);
    return readSettingsOfFleets(aws.parameters, name, fleets);
  }

  async function imageDates(found: readonly ObservedMachine[]): Promise<ReadonlyMap<string, string>> {
    const ids = new Set(found.map(({ imageId }) => imageId).filter((id) => id !== undefined));
    return unlessRefused(() => aws.images.createdAt([...ids]), new Map<string, string>());
  }

  /** The service's answer. If it refuses: `otherwise`, and a note with its error. */
  async function unlessRefused<Answer, Otherwise>(
    ask: () => Promise<Answer>,
    otherwise: Otherwise,
  ): Promise<Answer | Otherwise> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      notes.push(error.message);
      return otherwise;
    }
  }
}
