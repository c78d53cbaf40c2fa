/**
 * The machines that `longhaul settle` knows: which ones it has seen at EC2, and
 * when last. EC2 forgets a terminated instance after about an hour, and
 * sometimes does not describe a living one. The time since a machine was last
 * seen tells these two cases apart.
 */

import { parameterLength } from "./aws-limits.ts";
import { isObject, parseObject } from "./json.ts";

/** Milliseconds since the epoch, by instance id. */
export type KnownMachines = ReadonlyMap<string, number>;

/** The prefix of every id. It is not written, so that there is room for twice the largest size of a fleet. */
const idPrefix = "i-";

const idDigits = /^[0-9a-f]{8,17}$/;

/**
 * The value of a fleet's `known-machines` parameter: ids grouped by time,
 * because one look sees most machines at the same time. If the value is too
 * long, the machines seen last are left out: they will be seen again.
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

/** @returns undefined if the text has another form; then no machine is known */
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

/** The first value of the parameter. */
export const initialKnownMachines = formatKnownMachines(new Map());
