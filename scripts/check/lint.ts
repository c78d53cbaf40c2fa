import { join, relative } from "node:path";
import { ESLint } from "eslint";
import { readCleanFiles } from "./clean-files.ts";
import { filesBelow } from "./files-below.ts";
import "../end-in-words.ts";

/*
 * `npm run check:lint`: runs ESLint on the files that were not found clean before.
 * ESLint's own cache depends only on a file's text, so it would miss the caller of
 * a function that has become asynchronous in another file. Exit code 1 with
 * ESLint's report.
 */

const root = join(import.meta.dirname, "../..");
const eslint = new ESLint({ cwd: root });
const clean = readCleanFiles(root, join(root, "node_modules/.cache/longhaul/lint.json"));

const files: string[] = [];
for (const file of filesBelow(root)) {
  if (/\.[cm]?[jt]s$/.test(file) && !(await eslint.isPathIgnored(file))) files.push(file);
}
const due = clean.due(files);
const results = due.length === 0 ? [] : await eslint.lintFiles(due);
const faulty = results.filter(({ messages }) => messages.length > 0);
if (faulty.length > 0) {
  console.log(await (await eslint.loadFormatter("stylish")).format(faulty));
  process.exitCode = 1;
}
const dirty = new Set(faulty.map(({ filePath }) => relative(root, filePath)));
clean.remember(files.filter((file) => !dirty.has(file)));
console.log(`linted ${due.length} of ${files.length} files; the others and what they import are unchanged`);
