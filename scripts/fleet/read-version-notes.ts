import { configuredVersions, versionNotes } from "../../config/runner-versions.ts";
import type { Configuration } from "../../config/schema.ts";
import type { Runners } from "../clients/runners.ts";
import { ServiceError } from "../clients/service-error.ts";

/**
 * What people should know of the configured runner versions, by what GitHub
 * offers and refuses. That GitHub does not say is a note too, and costs nothing else.
 */
export async function readVersionNotes(
  runners: Pick<Runners, "offered" | "support">,
  fleets: Configuration["fleets"],
): Promise<string[]> {
  try {
    const [offered, support] = await Promise.all([
      runners.offered(),
      Promise.all(
        configuredVersions(fleets).map(async (version) => [version, await runners.support(version)] as const),
      ),
    ]);
    return versionNotes(fleets, { offered, support: new Map(support) });
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return [`${error.message} The configured runner versions were not compared with GitHub's.`];
  }
}
