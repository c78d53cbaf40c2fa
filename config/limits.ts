import { networkPrefixes } from "../contract/aws-limits.ts";

/** Limits that the rules and the documentation name. Those of AWS are in contract/aws-limits.ts. */
export const limits = {
  /** Longhaul's own: one fleet is one `await`, and a preview of it has been measured. */
  runnersPerFleet: 100,
  /** GitHub: a job on a self-hosted runner is cancelled after five days. */
  jobMinutes: 5 * 24 * 60,
  /**
   * Longhaul's own: what the smoke test's `timeout-minutes` leaves above the
   * minutes it holds the runner, for its first and last steps.
   */
  smokeMarginMinutes: 30,
  /** The runner's own check (`LabelsValidator` in actions/runner). */
  labelLength: 256,
  /**
   * GitHub's REST API takes 100 custom labels at once. Four of a machine's are not
   * its fleet's: its own, and `self-hosted`, the system and the architecture, which
   * it does not register with and is given with the fleet's.
   */
  labelsPerFleet: 96,
  /** GitHub refuses to register runners below this version. */
  oldestRunnerVersion: "2.329.0",
  /** Longhaul's own, against a price per month written by mistake: EC2's largest types cost less than half of it. */
  priceUsdPerHour: 1000,
  /** A prefix length. */
  widestNetwork: networkPrefixes.largestVpc,
  /** Subnets are quarters of the VPC. A prefix length. */
  narrowestNetwork: networkPrefixes.smallestSubnet - 2,
  /** Longhaul's own: each zone has a quarter of the VPC. */
  zones: 4,
  /**
   * Longhaul's own: a minute is how long GitHub waits for an offered job to be
   * taken and how long the runner's HTTP client keeps a connection that it does
   * not use, so what is younger than that may still belong to a job. Below
   * twice that minute, a job can also meet its third miss and be cancelled.
   */
  quietSeconds: 120,
} as const;
