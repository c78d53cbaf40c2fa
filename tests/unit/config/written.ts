import { ConfigurationError, loadConfiguration } from "../../../config/load.ts";

/** The smallest possible configuration, with runners of one repository. */
export const least = {
  aws: { account: "123456789012", region: "eu-central-1" },
  github: { repository: "acme/app" },
  fleets: { cloud: {} },
} as const;

/** The smallest for an organisation. */
export const leastForOrganization = {
  ...least,
  github: { organization: "acme" },
  smokeTest: { repository: "app" },
} as const;

/** A configuration with values at paths (`fleets.cloud.disk.sizeGb`). The value undefined removes the key. */
export function written(
  base: Readonly<Record<string, unknown>>,
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const raw = structuredClone(base) as Record<string, unknown>;
  for (const [path, value] of Object.entries(values)) {
    const steps = path.split(".");
    const last = steps.pop()!;
    let place = raw;
    for (const step of steps) place = (place[step] ??= {}) as Record<string, unknown>;
    if (value === undefined) Reflect.deleteProperty(place, last);
    else place[last] = value;
  }
  return raw;
}

/** What is refused, as `path: sentence`, or an empty list if the configuration loads. */
export function refusals(environment: string, raw: Record<string, unknown>): string[] {
  try {
    loadConfiguration(environment, raw);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.issues.map(({ path, message }) => `${path}: ${message}`);
  }
}
