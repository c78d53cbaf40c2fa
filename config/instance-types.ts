/*
 * What the name of an instance type says. EC2's names are
 * `<series><generation><attributes>[-<more>].<size>`: c7gn.large is series c,
 * generation 7, attributes gn. See
 * https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
 */

export type Architecture = "x64" | "arm64";

/** Graviton families from before the attribute `g`. */
const earlyGraviton = new Set(["a1"]);

/** Families that need paravirtual images, which Ubuntu has not published for years. */
const paravirtual = new Set(["c1", "m1", "m2", "t1"]);

/**
 * The architecture of an instance type, from the name of its family; undefined
 * where the name does not follow EC2's rules. An attribute `g` behind the
 * generation means Graviton (g4dn is series g: Intel; g5g is Graviton), and
 * `-gb` a Grace processor (p6e-gb200).
 */
export function architectureOfInstanceType(instanceType: string): Architecture | undefined {
  const family = instanceType.split(".")[0]!;
  if (earlyGraviton.has(family) || /-gb\d/.test(family)) return "arm64";
  if (family.startsWith("mac2")) return "arm64";
  if (/^u-\d+tb\d+$/.test(family)) return "x64"; // High memory, first generation: u-6tb1.
  const attributes = /^[a-z]+\d+([a-z]*)(-[a-z0-9]+)?$/.exec(family)?.[1];
  if (attributes === undefined) return undefined;
  return attributes.includes("g") ? "arm64" : "x64";
}

/**
 * Whether an instance type has CPU credits: EC2's series `t`. Only such a type
 * accepts a credit specification.
 */
export function isBurstable(instanceType: string): boolean {
  return /^t\d/.test(instanceType);
}

/** Why a runner cannot work on an instance type, as the end of a sentence; undefined if it can. */
export function unusableInstanceType(instanceType: string): string | undefined {
  const family = instanceType.split(".")[0]!;
  if (family.startsWith("mac")) {
    return "runs macOS on a dedicated host; Longhaul's runners are Linux machines, for example m5.xlarge";
  }
  if (paravirtual.has(family)) {
    return "boots paravirtual images only, and current ones need HVM; take a current type, for example m5.xlarge";
  }
  if (/^(u-)?p\d+e?-gb\d/.test(family)) {
    return "is sold as a reserved UltraServer only and cannot be launched on demand; take another GPU type, for example g6.xlarge";
  }
  return undefined;
}
