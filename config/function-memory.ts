import type { FunctionName } from "../contract/names.ts";

/** Megabytes. Lambda gives processor time by memory: with less, a cold start takes seconds. */
const smallestMb = 256;

/** Lambda gives one whole processor at this many megabytes, and the functions use no second one. */
const wholeProcessorMb = 1769;

/** Number of runners that the controller can handle in time with the smallest memory. */
const runnersOfSmallest = 500;

/**
 * Megabytes for a function. The controller looks at every runner. Its need of
 * memory hardly grows with their number, because EC2 is read page by page
 * (docs/benchmarks.md). Its need of time does, and Lambda gives processor time by
 * memory. The receiver looks at one delivery.
 *
 * @param runners of all fleets
 */
export function functionMemoryMb(name: FunctionName, runners: number): number {
  if (name === "receiver") return smallestMb;
  return Math.min(wholeProcessorMb, smallestMb * Math.max(1, Math.ceil(runners / runnersOfSmallest)));
}
