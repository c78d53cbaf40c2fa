import { createHash } from "node:crypto";

/**
 * A number from 0 up to 1 that depends only on the seed and on what it is for.
 * So numbers that several places draw at the same time are the same in every
 * run.
 */
export function draw(seed: string, what: string): number {
  return createHash("sha256").update(`${seed} ${what}`).digest().readUIntBE(0, 6) / 2 ** 48;
}
