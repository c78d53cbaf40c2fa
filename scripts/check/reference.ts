import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { configurationReference } from "../../config/reference.ts";
import type { CheckResult } from "./finding.ts";

/** Path of the reference, below the project's root. */
export const referenceFile = "docs/configuration.md";

/**
 * Checks that docs/configuration.md agrees with the schema.
 *
 * @param root the project's folder
 */
export function checkReference(root: string): CheckResult {
  const file = join(root, referenceFile);
  const upToDate = existsSync(file) && readFileSync(file, "utf8") === configurationReference();
  const stale = `${referenceFile}: is not what config/schema.ts says; run "npm run reference" and commit it`;
  return { what: referenceFile, findings: upToDate ? [] : [stale] };
}
