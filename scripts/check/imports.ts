import { dirname, join } from "node:path";
import ts from "typescript";

/**
 * The project's own files that a file imports, types among them. Imports are
 * written with the files' whole names.
 *
 * @param file its path from the project's root, as those that are returned
 */
export function importsOf(file: string, text: string): string[] {
  if (!file.endsWith(".ts")) return [];
  return ts
    .preProcessFile(text)
    .importedFiles.filter(({ fileName }) => fileName.startsWith("."))
    .map(({ fileName }) => join(dirname(file), fileName));
}
