import { EmulatedAwsError } from "./errors.ts";
import type { Volume } from "./state.ts";

/**
 * EC2's limits for a gp3 volume, since September 2025.
 *
 * @see https://docs.aws.amazon.com/ebs/latest/userguide/general-purpose.html
 */
const gp3 = {
  /** GiB. */
  sizes: [1, 65_536],
  iops: [3_000, 80_000],
  /** MiB/s. */
  throughputs: [125, 2_000],
  iopsPerGib: 500,
  throughputPerIops: 0.25,
} as const;

/** @throws AwsError if EC2 does not make such a gp3 volume; other types are not checked */
export function checkVolume({ volumeType, size, iops, throughput }: Volume): void {
  if (volumeType !== "gp3") return;
  checkRange("size", size, gp3.sizes);
  checkRange("iops", iops, gp3.iops);
  checkRange("throughput", throughput, gp3.throughputs);
  // Every disk has 3,000, however small it is.
  if (iops > gp3.iops[0]) checkRatio("Iops to volume size", iops / size, gp3.iopsPerGib, "iops per GiB");
  checkRatio("Throughput (MiBps) to iops", throughput / iops, gp3.throughputPerIops, "MiBps per iops");
}

function checkRange(name: string, value: number, [least, most]: readonly [number, number]): void {
  if (value > most) throw refused(`Volume ${name} of ${value} is too high; maximum is ${most}.`);
  if (value < least) throw refused(`Volume ${name} of ${value} is too low; minimum is ${least}.`);
}

function checkRatio(name: string, ratio: number, most: number, unit: string): void {
  if (ratio <= most) return;
  throw refused(`${name} ratio of ${ratio.toFixed(6)} is too high; maximum is ${most.toFixed(6)} ${unit}`);
}

function refused(problem: string): EmulatedAwsError {
  return new EmulatedAwsError("InvalidParameterValue", problem);
}
