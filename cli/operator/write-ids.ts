import { parseObject } from "../../contract/json.ts";

/*
 * An `override` parameter names the last writes that went into it, each by a
 * few random characters. Whoever finds their own there knows that the present
 * value was made from theirs, and not from an older one.
 */

/** More than come to be within the seconds after which somebody looks for their own. */
const kept = 12;

/** @param text the parameter's value, which is JSON */
export function withWrite(text: string, id: string): string {
  const writes = writesIn(text).filter((other) => other !== id);
  return JSON.stringify({ ...parseObject(text), writes: [...writes.slice(1 - kept), id] });
}

export function hasWrite(text: string, id: string): boolean {
  return writesIn(text).includes(id);
}

function writesIn(text: string): unknown[] {
  const writes = parseObject(text)?.writes;
  return Array.isArray(writes) ? writes : [];
}
