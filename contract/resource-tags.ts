import { projectTag, tags } from "./tags.ts";

/*
 * The tags of every resource that can have tags. They are set on each resource
 * instead of as default tags of the provider: machines are found by them, the
 * provider of another program would not have them, and default tags do not
 * reach the volumes of an instance. Configured tags come first, so that none of
 * them can replace Longhaul's.
 */

/** Configured tags, by key: of the environment, or of the fleet (`tagsOfFleet`). */
export type OwnTags = Readonly<Record<string, string>>;

/** Tags of a resource of a whole environment. `Name` is what the console shows. */
export function environmentTags(environment: string, name: string, own: OwnTags): Record<string, string> {
  return { ...own, [tags.project]: projectTag, [tags.environment]: environment, Name: name };
}

/** Tags of a resource of one fleet. */
export function fleetTags(
  environment: string,
  fleet: string,
  name: string,
  own: OwnTags,
): Record<string, string> {
  return { ...environmentTags(environment, name, own), [tags.fleet]: fleet };
}

/** Tags of a resource of one runner. */
export function runnerTags(
  environment: string,
  fleet: string,
  runner: string,
  own: OwnTags,
): Record<string, string> {
  return { ...fleetTags(environment, fleet, runner, own), [tags.runner]: runner };
}
