/** Draws numbers in [0, 1). */
export type Random = () => number;

/**
 * Numbers that are the same for the same seed, everywhere and always
 * (mulberry32): what is made of them can stand in a document.
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

/** A number between two, each as likely. */
export function between(from: number, to: number, random: Random): number {
  return from + (to - from) * random();
}

/** The time until the next of events that come independently of one another, `mean` apart on average. */
export function untilNext(mean: number, random: Random): number {
  return -mean * Math.log(1 - random());
}
