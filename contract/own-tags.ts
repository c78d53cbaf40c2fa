/**
 * Tags of one's own on machines and disks: those of the configuration. Both outlive
 * changes of it, and other people tag them too. So each carries a list of the keys
 * that Longhaul has written, and only what is on that list is ever removed.
 */

import { createHash } from "node:crypto";
import { tags } from "./tags.ts";

/** Tags that are on a machine beside those of one's own: `Name`, and those of Longhaul but `instance`. */
export const reservedTagCount = Object.keys(tags).length;

/** EC2's limit for the tags of a resource, and that of nearly every service. */
export const maxTags = 50;

/** Letters of a key's mark: 36 bits, so that no other key of a resource has the same one. */
const markLength = 6;

/** A key as it stands in the list: the keys themselves would not fit into a tag's 256 characters. */
function markOf(key: string): string {
  return createHash("sha256").update(key).digest("base64url").slice(0, markLength);
}

/** The tags as a machine or a disk gets them when it is made. */
export function markedTags(own: Readonly<Record<string, string>>): Record<string, string> {
  const marks = Object.keys(own).map(markOf).sort().join("");
  return marks === "" ? {} : { ...own, [tags.ownTags]: marks };
}

/** What must be called to bring a resource's tags of one's own to what is wanted. */
export interface TagChange {
  write: Record<string, string>;
  /** Keys. They go first, because 50 tags are the most. */
  remove: string[];
}

/**
 * @param current all tags of the resource
 * @param own the tags of one's own that it should have
 * @returns undefined where nothing has to change
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
