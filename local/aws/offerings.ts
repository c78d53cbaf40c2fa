import { EmulatedAwsError } from "./errors.ts";
import type { Cloud } from "./state.ts";

/** A zone as DescribeAvailabilityZones tells it. */
interface Zone {
  name: string;
  state: "available";
  /** A local zone is none of the region's own, and is told where the account has opted into it. */
  optInStatus: "opt-in-not-required" | "opted-in";
}

/** The zones of the local region, with a local zone whose name sorts before theirs, as those of EC2 do. */
export function zonesOf({ region }: Cloud): Zone[] {
  const own = ["a", "b", "c"].map((letter) => `${region}${letter}`);
  return [
    { name: `${region}-ham-1a`, state: "available", optInStatus: "opted-in" },
    ...own.map((name) => ({ name, state: "available", optInStatus: "opt-in-not-required" }) as const),
  ];
}

/**
 * What zone b still offers. Like us-east-1's use1-az3 it has none of today's
 * families, so that zones taken by their names alone fail here as they do there.
 */
const olderFamilies = new Set(["c3", "c4", "m3", "m4", "r3", "r4", "t2"]);

/** A family with its generation, and a size: `m5.xlarge`. EC2 offers nothing else. */
const typeName = /^[a-z][a-z-]*\d[a-z0-9-]*\.[a-z0-9-]+$/;

/** The zones that offer an instance type. */
export function zonesOffering(cloud: Cloud, instanceType: string): string[] {
  const said = cloud.data.offerings[instanceType];
  if (said) return said;
  if (!typeName.test(instanceType)) return [];
  const isOlder = olderFamilies.has(instanceType.split(".")[0]!);
  return zonesOf(cloud)
    .map(({ name }) => name)
    .filter((zone) => isOlder || !zone.endsWith("b"));
}

/** @throws AwsError Unsupported, as EC2 words it, when a zone does not offer an instance type */
export function checkOffered(cloud: Cloud, instanceType: string, zone: string): void {
  const zones = zonesOffering(cloud, instanceType);
  if (zones.includes(zone)) return;
  throw new EmulatedAwsError(
    "Unsupported",
    `Your requested instance type (${instanceType}) is not supported in your requested Availability Zone (${zone}). ` +
      `Please retry your request by not specifying an Availability Zone or choosing ${zones.join(", ")}.`,
  );
}
