import { sizeInXlarges } from "../../contract/prices.ts";
import type { Architecture } from "../../config/instance-types.ts";

/**
 * US dollars for a minute of GitHub's own Linux runners, by their cores:
 * https://docs.github.com/en/billing/reference/actions-runner-pricing
 */
const minutePrices: Readonly<Record<Architecture, readonly (readonly [cores: number, usd: number])[]>> = {
  x64: [
    [2, 0.006],
    [4, 0.012],
    [8, 0.022],
    [16, 0.042],
    [32, 0.082],
    [64, 0.162],
    [96, 0.252],
  ],
  arm64: [
    [2, 0.005],
    [4, 0.008],
    [8, 0.014],
    [16, 0.026],
    [32, 0.05],
    [64, 0.098],
  ],
};

/** The day from which these prices apply. */
export const hostedPricesSince = "2026-01-01";

/** GitHub's limit for a job on its own runners, in minutes. */
export const hostedLimitMinutes = 360;

/**
 * The price of a minute on the smallest hosted runner with at least as many cores.
 * Undefined if GitHub has no such runner, or the instance type's name does not
 * show the number of cores.
 */
export function hostedMinutePrice(instanceType: string, architecture: Architecture): number | undefined {
  const cores = coresOf(instanceType);
  if (cores === undefined) return undefined;
  return minutePrices[architecture].find(([offered]) => offered >= cores)?.[1];
}

/** An `xlarge` has four virtual cores. Every type has at least one, and burstable types have at least two. */
function coresOf(instanceType: string): number | undefined {
  const size = sizeInXlarges(instanceType);
  if (!size) return undefined;
  return Math.max(instanceType.startsWith("t") ? 2 : 1, size.xlarges * 4);
}

/** The minutes that GitHub bills: it rounds up to whole minutes. */
export function billedMinutes(milliseconds: number): number {
  return Math.ceil(milliseconds / 60_000);
}
