import { readVersionNotes } from "../../config/runner-versions.ts";
import type { VersionSource } from "../../config/runner-versions.ts";
import type { Configuration } from "../../config/schema.ts";
import { ServiceError } from "../clients/service-error.ts";

/** The notes on the configured runner versions. If GitHub does not answer, a note says so, and nothing fails. */
export async function tryReadVersionNotes(
  runners: VersionSource,
  fleets: Configuration["fleets"],
): Promise<string[]> {
  try {
    return await readVersionNotes(fleets, runners);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return [`${error.message} The configured runner versions were not compared with GitHub's.`];
  }
}
