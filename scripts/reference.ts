import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { configurationReference } from "../config/reference.ts";
import { checkReference, referenceFile } from "./check/reference.ts";
import "./end-in-words.ts";

/*
 * `npm run reference` writes docs/configuration.md from the schema;
 * with `--check` it only checks whether the file is up to date (exit code 1 if not).
 */

const root = join(import.meta.dirname, "..");

if (process.argv.includes("--check")) {
  const { findings } = checkReference(root);
  for (const finding of findings) console.error(finding);
  process.exitCode = findings.length > 0 ? 1 : 0;
} else {
  writeFileSync(join(root, referenceFile), configurationReference());
}
