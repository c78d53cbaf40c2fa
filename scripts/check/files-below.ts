import { readdirSync } from "node:fs";
import { join, relative } from "node:path";

/** Folders that contain no files of the project's own. */
const foreign = new Set([".git", ".longhaul", "dist", "node_modules"]);

/** Paths of the project's own files, relative to its root. git is not asked, because an export of the project has no repository. */
export function filesBelow(root: string, folder = root): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.isDirectory())
        return foreign.has(entry.name) ? [] : filesBelow(root, join(folder, entry.name));
      return entry.isFile() ? [relative(root, join(folder, entry.name))] : [];
    });
}
