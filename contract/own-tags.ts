/**
 * The configuration's own tags on machines and disks. Machines and disks outlive
 * changes of the configuration, and other people tag them too. So each carries a
 * list of the keys that Longhaul has written, and only keys on that list are
 * ever removed.
 */

import { createHash } from "node:crypto";
import { tags } from "./tags.ts";

/** Number of tags on a machine besides the configured ones: `Name`, and those of Longhaul except `instance`. */
export const reservedTagCount = Object.keys(tags).length;

/** Letters of a key's mark: 36 bits, so that no two keys of a resource share one. */
const markLength = 6;

/** A key as it is written in the list: the keys themselves would not fit into the 256 characters of a tag. */
function markOf(key: string): string {
  return createHash("sha256").update(key).digest("base64url").slice(0, markLength);
}

/** The tags that a machine or a disk gets when it is created. */
export function markedTags(own: Readonly<Record<string, string>>): Record<string, string> {
  const marks = Object.keys(own).map(markOf).sort().join("");
  return marks === "" ? {} : { ...own, [tags.ownTags]: marks };
}

/** The calls that bring a resource's configured tags to the desired ones. */
export interface TagChange {
  write: Record<string, string>;
  /** Keys. They are removed first, because a resource has at most 50 tags. */
  remove: string[];
}

/**
 * @param current all tags of the resource
 * @param own the configured tags that it should have
 * @returns undefined if nothing has to change
 */
export function tagChange(
  current: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>>,
): TagChange | undefined {
  const wanted = markedTags(own);
  const written = new Set(current[tags.ownTags]?.match(new RegExp(`.{${markLength}}`, "g")));
  const isLeft = (key: string) => key === tags.ownTags || written.has(markOf(key));
  const remove = Object.keys(current).filter((key) => !(key in wanted) && isLeft(key));
  const write = Object.fromEntries(Object.entries(wanted).filter(([key, value]) => current[key] !== value));
  return remove.length + Object.keys(write).length === 0 ? undefined : { write, remove };
}
