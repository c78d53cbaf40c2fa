/**
 * The memory of `longhaul settle`: which machines it has seen at EC2, and when
 * last. EC2 forgets a terminated instance after about an hour, and does not
 * always describe a living one; that a machine was seen and is not described
 * any more is what tells the two apart.
 */

import { parameterLength } from "./aws-limits.ts";
import { isObject, parseObject } from "./json.ts";

/** Milliseconds since the epoch, by instance id. */
export type KnownMachines = ReadonlyMap<string, number>;

/** What every id begins with; it is not written down, so that twice a fleet's largest size has room. */
const idPrefix = "i-";

const idDigits = /^[0-9a-f]{8,17}$/;

/**
 * The value of a fleet's `known-machines` parameter: ids by the moment, because one look
 * sees most machines at once. What does not fit is left out, beginning with the
 * machines seen last: they will be seen again.
 */
export function formatKnownMachines(seen: KnownMachines): string {
  const kept = [...seen].sort(([a, one], [b, other]) => one - other || (a < b ? -1 : 1));
  for (;;) {
    const text = formatAll(kept);
    if (text.length <= parameterLength) return text;
    kept.pop();
  }
}

function formatAll(seen: readonly (readonly [string, number])[]): string {
  const machines: Record<string, string> = {};
  for (const [id, at] of seen) {
    const moment = new Date(at).toISOString();
    const digits = id.slice(idPrefix.length);
    machines[moment] = machines[moment] === undefined ? digits : `${machines[moment]} ${digits}`;
  }
  return JSON.stringify({ machines });
}

/** @returns undefined when the text is no such memory; then nothing is remembered */
export function parseKnownMachines(text: string | undefined): KnownMachines | undefined {
  const machines = parseObject(text)?.machines;
  if (!isObject(machines)) return undefined;
  const seen = new Map<string, number>();
  for (const [moment, ids] of Object.entries(machines)) {
    const at = Date.parse(moment);
    if (Number.isNaN(at) || typeof ids !== "string") return undefined;
    for (const digits of ids.split(" ")) {
      if (!idDigits.test(digits)) return undefined;
      const id = `${idPrefix}${digits}`;
      seen.set(id, Math.max(at, seen.get(id) ?? at));
    }
  }
  return seen;
}

/** The value that the fleet begins with. */
export const initialKnownMachines = formatKnownMachines(new Map());
