/** Numbers that one seed decides: the same on every computer and in every run. */
export interface Random {
  /** From 0 to 1, without 1. */
  next(): number;
  chance(probability: number): boolean;
  between(low: number, high: number): number;
  /** A whole number from 0 to below `count`. */
  below(count: number): number;
  pick<T>(from: readonly T[]): T;
  /** Mostly from `low` to `high`; once in `oneIn` times up to `worst`, as a busy computer or network has it. */
  delay(low: number, high: number, oneIn: number, worst: number): number;
}

/** Mulberry32: small, fast, and good enough to make schedules. */
export function randomFrom(seed: number): Random {
  let state = (seed ^ 0x9e3779b9) | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
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
