import { seededRandom } from "../../scripts/simulation/random.ts";

/** Numbers that one seed determines: the same on every computer and in every run. */
export interface Random {
  /** From 0 up to, but not including, 1. */
  next(): number;
  chance(probability: number): boolean;
  between(low: number, high: number): number;
  /** A whole number from 0 to below `count`. */
  below(count: number): number;
  pick<T>(from: readonly T[]): T;
  /**
   * Mostly from `low` to `high`. Once in `oneIn` times it is up to `worst`, as on
   * a busy computer or network.
   */
  delay(low: number, high: number, oneIn: number, worst: number): number;
}

export function randomFrom(seed: number): Random {
  const next = seededRandom((seed ^ 0x9e3779b9) | 0);
  const between = (low: number, high: number) => low + next() * (high - low);
  const below = (count: number) => Math.floor(next() * count);
  next(); // Neighbouring seeds begin alike.
  return {
    next,
    between,
    below,
    chance: (probability) => next() < probability,
    pick: (from) => from[below(from.length)]!,
    delay: (low, high, oneIn, worst) => (below(oneIn) === 0 ? between(high, worst) : between(low, high)),
  };
}
