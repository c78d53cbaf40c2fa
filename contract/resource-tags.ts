import { projectTag, tags } from "./tags.ts";

/*
 * The tags of everything that can carry some. They are written on each
 * resource and not left to the provider's default tags: machines are found by
 * them, a provider of somebody else's program would not have them, and default
 * tags do not reach the volumes of an instance. The tags of one's own come
 * first, so that none of them can take the place of Longhaul's.
 */

/** Tags of one's own, by key: of the environment, or of the fleet (`tagsOfFleet`). */
export type OwnTags = Readonly<Record<string, string>>;

/** Tags of what belongs to a whole environment. `Name` is what the console shows. */
export function environmentTags(environment: string, name: string, own: OwnTags): Record<string, string> {
  return { ...own, [tags.project]: projectTag, [tags.environment]: environment, Name: name };
}

/** Tags of what belongs to one fleet. */
export function fleetTags(
  environment: string,
  fleet: string,
  name: string,
  own: OwnTags,
): Record<string, string> {
  return { ...environmentTags(environment, name, own), [tags.fleet]: fleet };
}

/** Tags of what belongs to one runner. */
export function runnerTags(
  environment: string,
  fleet: string,
  runner: string,
  own: OwnTags,
): Record<string, string> {
  return { ...fleetTags(environment, fleet, runner, own), [tags.runner]: runner };
}
