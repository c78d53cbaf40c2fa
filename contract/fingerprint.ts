import { createHash } from "node:crypto";
import { isObject } from "./json.ts";

/** Digits of a fingerprint: enough for the machines of one runner, short enough for a resource's name. */
const fingerprintDigits = 10;

/** JSON text that depends on the values alone, not on the order in which keys were written. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) =>
    isObject(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([one], [other]) => (one < other ? -1 : 1)))
      : entry,
  );
}

/**
 * Short hash of plain configuration. Equal fingerprints mean equal
 * configuration; `undefined` counts as absent.
 *
 * @returns ten hexadecimal digits
 */
export function fingerprintOf(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex").slice(0, fingerprintDigits);
}
