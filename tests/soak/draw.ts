import { createHash } from "node:crypto";

/**
 * A number from 0 up to 1 that depends on the seed and on what it is for, and
 * on nothing else: what several places draw at the same time comes out the
 * same in every run.
 */
export function draw(seed: string, what: string): number {
  return createHash("sha256").update(`${seed} ${what}`).digest().readUIntBE(0, 6) / 2 ** 48;
}
