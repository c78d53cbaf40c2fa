/** Megabytes. Lambda gives processor time by memory: with less, a cold start takes seconds. */
export const memorySize = 256;

/** Lambda gives one whole processor at this many megabytes, and the functions use no second one. */
const wholeProcessorMb = 1769;

/**
 * Megabytes for a function that looks at every runner. What it needs of them
 * hardly grows, because EC2 is read page by page (docs/benchmarks.md); its time
 * does, and processor time comes with memory.
 */
export function memoryForFleets(fleets: Readonly<Record<string, { runners: number }>>): number {
  const all = Object.values(fleets).reduce((sum, { runners }) => sum + runners, 0);
  return Math.min(wholeProcessorMb, memorySize * Math.ceil(all / 500));
}
