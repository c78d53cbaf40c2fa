import { tagLimits } from "../../contract/aws-limits.ts";
import { reservedTagCount } from "../../contract/own-tags.ts";
import type { Finding, Path } from "../issues.ts";
import type { Configuration } from "../schema.ts";
import { lowerCase } from "./repeated.ts";

type Tags = Readonly<Record<string, string>>;

const { number: maxTags, keyLength, valueLength } = tagLimits;

/** The characters that IAM, Systems Manager and others accept. EC2 accepts more. */
const allowed = /^[\p{L}\p{N}\p{Z}_.:/=+\-@]*$/u;

/** The number of tags that fit on a machine, which has most tags, besides those of Longhaul. */
const maxOwnTags = maxTags - reservedTagCount;

/**
 * Every service must accept the configured tags: a resource that is refused would
 * leave an `up` half done.
 *
 * @see https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
 */
export function tagFindings({ tags, fleets }: Pick<Configuration, "tags" | "fleets">): Finding[] {
  return [
    ...placeFindings(["tags"], tags),
    ...emptyFindings(tags),
    ...Object.entries(fleets).flatMap(([name, fleet]) => {
      const path = ["fleets", name, "tags"];
      return [...placeFindings(path, fleet.tags), ...besideFindings(path, fleet.tags, tags)];
    }),
  ];
}

/** What is wrong with the tags of one place. */
function placeFindings(path: Path, tags: Tags): Finding[] {
  const keys = Object.keys(tags);
  const findings = Object.entries(tags).flatMap(([key, value], index): Finding[] => {
    const message = keyRefusal(key, keys.slice(0, index)) ?? valueRefusal(value);
    return message === undefined ? [] : [{ path: [...path, key], message }];
  });
  return [...findings, ...countFindings(path, keys)];
}

/** What is wrong with a fleet's tags beside those of the environment. */
function besideFindings(path: Path, own: Tags, environments: Tags): Finding[] {
  const because = [["tags"]];
  const findings = Object.keys(own).flatMap((key): Finding[] => {
    const other = Object.keys(environments).find(
      (each) => each !== key && lowerCase(each) === lowerCase(key),
    );
    if (other === undefined) return [];
    const message = `differs from the environment's ${other} only in its case, which IAM ignores; write both in the same way`;
    return [{ path: [...path, key], message, because }];
  });
  const both = Object.keys({ ...environments, ...own });
  const isTooManyAlone = [own, environments].some((tags) => Object.keys(tags).length > maxOwnTags);
  const counted = isTooManyAlone ? [] : countFindings(path, both, " together with the environment's");
  return [...findings, ...counted.map((finding) => ({ ...finding, because }))];
}

/**
 * One of the resources with the environment's tags accepts no tag without a value.
 *
 * @see https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Tag.html
 */
function emptyFindings(tags: Tags): Finding[] {
  return Object.entries(tags).flatMap(([key, value]) =>
    value === ""
      ? [
          {
            path: ["tags", key],
            message:
              "has no value, and the group of the controller's schedule accepts no tag without one; give it one, or write it in the tags of each fleet",
          },
        ]
      : [],
  );
}

function countFindings(path: Path, keys: readonly string[], beside = ""): Finding[] {
  if (keys.length <= maxOwnTags) return [];
  const message =
    `has ${keys.length} tags${beside}; AWS allows ${maxTags} on one resource, and Longhaul needs ${reservedTagCount} of them for a machine, ` +
    `so at most ${maxOwnTags} fit`;
  return [{ path, message }];
}

function keyRefusal(key: string, earlier: readonly string[]): string | undefined {
  const lower = lowerCase(key);
  if (key === "") return "is a tag without a key; give it one, or remove it";
  if (key.length > keyLength) return `has a key of ${key.length} characters; AWS allows ${keyLength}`;
  if (!allowed.test(key)) {
    return "has a key with characters that not every AWS service accepts; letters, digits, blanks and _ . : / = + - @ are safe";
  }
  if (key.trim() !== key) return "has a key that begins or ends with a blank; remove the blank";
  if (lower.startsWith("aws:")) return "begins with aws:, which AWS reserves for itself; use another key";
  if (lower.startsWith("longhaul:")) {
    return "begins with longhaul:, by which Longhaul finds its own resources; use another key";
  }
  if (lower === "name")
    return "is written by Longhaul, so that the console shows what each resource is; use another key";
  const same = earlier.find((other) => lowerCase(other) === lower);
  if (same === undefined) return undefined;
  return `is there already as ${same}, and IAM ignores case; remove one`;
}

function valueRefusal(value: string): string | undefined {
  if (value.length > valueLength)
    return `has a value of ${value.length} characters; AWS allows ${valueLength}`;
  if (allowed.test(value)) return undefined;
  return "has a value with characters that not every AWS service accepts; letters, digits, blanks and _ . : / = + - @ are safe";
}
