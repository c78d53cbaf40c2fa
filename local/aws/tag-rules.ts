import { EmulatedAwsError } from "./errors.ts";
import type { Cloud } from "./state.ts";

type Tags = Readonly<Record<string, string>>;

const maxTags = 50;

/** @throws AwsError if EC2 does not accept these tags, taken together, on a resource */
export function checkTags(tags: Tags): void {
  const entries = Object.entries(tags);
  if (entries.length > maxTags) throw new EmulatedAwsError("TagLimitExceeded", `More than ${maxTags} tags.`);
  for (const [key, value] of entries) {
    if (/^aws:/i.test(key) || key.length > 128) {
      throw new EmulatedAwsError("InvalidParameterValue", `'${key}' is not a valid tag key.`);
    }
    if (value.length > 256) {
      throw new EmulatedAwsError(
        "InvalidParameterValue",
        `Tag value exceeds the maximum length of 256 characters: ${key}`,
      );
    }
  }
}

/**
 * The effect of an organisation's policy that refuses to make resources without
 * certain tags: the request that makes the resource must carry them. SSM
 * accepts no tags together with an overwrite, so such a policy has to allow
 * overwrites.
 *
 * @param what is to be made
 * @throws AwsError if a required tag is missing
 */
export function checkDemandedTags({ data }: Cloud, what: string, tags: Tags): void {
  const missing = data.demandedTags.filter((key) => !(key in tags));
  if (missing.length === 0) return;
  const problem = `not authorized to make ${what} without the tag ${missing.join(", ")}, with an explicit deny in a service control policy`;
  throw new EmulatedAwsError("AccessDeniedException", problem, 403);
}

/**
 * @param inMetadata whether the instance's metadata service shows the tags:
 * their keys are then steps of a path
 * @throws AwsError as {@link checkTags} does, and for keys that the metadata
 * service does not accept
 * @see
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/work-with-tags-in-IMDS.html
 */
export function checkInstanceTags(tags: Tags, inMetadata: boolean): void {
  checkTags(tags);
  const refused = Object.keys(tags).find(
    (key) => !/^[0-9a-zA-Z\-_+=,.@:]+$/.test(key) || /^\.\.?$|^_index$/.test(key),
  );
  if (inMetadata && refused !== undefined) {
    const problem =
      `'${refused}' is not a valid tag key. Tag keys must match pattern ([0-9a-zA-Z\\-_+=,.@:]{1,255}), ` +
      "and must not be a reserved name ('.', '..', '_index')";
    throw new EmulatedAwsError("InvalidParameterValue", problem);
  }
}

/**
 * @throws AwsError for tags that a schedule group does not accept; no other
 * resource of Longhaul is that strict
 * @see https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Tag.html
 */
export function checkGroupTags(tags: Tags): void {
  const empty = Object.keys(tags).find((key) => tags[key] === "");
  if (empty === undefined) return;
  const problem = `Value '' of the tag '${empty}' failed to satisfy constraint: Member must have length greater than or equal to 1`;
  throw new EmulatedAwsError("ValidationException", problem);
}
