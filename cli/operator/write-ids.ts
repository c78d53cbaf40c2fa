import { parseObject } from "../../contract/json.ts";

/*
 * An `override` parameter lists the ids of the last writes that it is based on,
 * each a few random characters. A writer that finds its own id there knows that
 * the present value is based on its write, and not on an older value.
 */

/** How many ids are kept: more than writes happen in the seconds before a writer looks for its own id. */
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
