import { EmulatedAwsError } from "./errors.ts";
import type { Cloud } from "./state.ts";

/** A zone as DescribeAvailabilityZones reports it. */
interface Zone {
  name: string;
  state: "available";
  /** A local zone is not one of the region's own zones. It is reported if the account has opted into it. */
  optInStatus: "opt-in-not-required" | "opted-in";
}

/** The zones of the local region. Among them is a local zone, and its name sorts first, as on EC2. */
export function zonesOf({ region }: Cloud): Zone[] {
  const own = ["a", "b", "c"].map((letter) => `${region}${letter}`);
  return [
    { name: `${region}-ham-1a`, state: "available", optInStatus: "opted-in" },
    ...own.map((name) => ({ name, state: "available", optInStatus: "opt-in-not-required" }) as const),
  ];
}

/**
 * What zone b still offers. Like us-east-1's use1-az3 it offers none of today's
 * families. So code that chooses zones by name alone fails here as it does on
 * AWS.
 */
const olderFamilies = new Set(["c3", "c4", "m3", "m4", "r3", "r4", "t2"]);

/** A family with its generation, and a size: `m5.xlarge`. All of EC2's type names have this form. */
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
