/** Draws numbers in [0, 1). */
export type Random = () => number;

/**
 * Numbers that are always the same for the same seed (mulberry32), so that
 * results made from them can be part of a document.
 */
export function seededRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A uniformly distributed number between two bounds. */
export function between(from: number, to: number, random: Random): number {
  return from + (to - from) * random();
}

/** The time until the next event, if events come independently of one another and `mean` apart on average. */
export function untilNext(mean: number, random: Random): number {
  return -mean * Math.log(1 - random());
}
