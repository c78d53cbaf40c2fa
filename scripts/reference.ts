import { readFileSync, writeFileSync } from "node:fs";
import { configurationReference } from "../config/reference.ts";

/*
 * `npm run reference` writes docs/configuration.md from the schema;
 * with `--check` it only says whether the file is up to date (exit code 1 if not).
 */

const file = new URL("../docs/configuration.md", import.meta.url);
const upToDate = configurationReference();

if (!process.argv.includes("--check")) {
  writeFileSync(file, upToDate);
} else if (readOrNothing(file) !== upToDate) {
  console.error("docs/configuration.md is not what config/schema.ts says: run `npm run reference`.");
  process.exitCode = 1;
}

function readOrNothing(url: URL): string | undefined {
  try {
    return readFileSync(url, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
