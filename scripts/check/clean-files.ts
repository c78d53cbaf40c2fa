import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseObject } from "../../contract/json.ts";
import { importsOf } from "./imports.ts";

/** What the verdict on every file depends on, besides the file and what it imports. */
const settings = [
  "eslint.config.js",
  "eslint.failures.js",
  "eslint.rooms.js",
  "tsconfig.json",
  "package-lock.json",
];

/**
 * The files that a linter has found to be clean, remembered in a file. A
 * linter that knows types judges a file by what it imports as well, so a file
 * counts as clean only as long as none of that has changed either.
 */
export interface CleanFiles {
  /** Those that are to be judged: they have changed, or something that they import has. */
  due(files: readonly string[]): string[];
  /** @param clean all files without a finding now, including those that were not checked again */
  remember(clean: readonly string[]): void;
}

/**
 * @param root the project's folder; all paths are relative to it
 * @param memory where the clean files are remembered; it need not exist
 */
export function readCleanFiles(root: string, memory: string): CleanFiles {
  // A damaged memory counts as empty: every file is then judged again.
  const known = (existsSync(memory) ? parseObject(readFileSync(memory, "utf8")) : undefined) ?? {};
  const keyOf = keys(root);
  return {
    due: (files) => files.filter((file) => known[file] !== keyOf(file)),
    remember: (clean) => {
      mkdirSync(dirname(memory), { recursive: true });
      writeFileSync(memory, JSON.stringify(Object.fromEntries(clean.map((file) => [file, keyOf(file)]))));
    },
  };
}

/** A file's key changes with its text, and with that of any file that it imports, directly or not. */
function keys(root: string): (file: string) => string {
  const read = new Map<string, { digest: string; imports: string[] }>();
  const look = (file: string) => {
    const before = read.get(file);
    if (before) return before;
    const path = join(root, file);
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    const found = { digest: sha256(text), imports: importsOf(file, text) };
    read.set(file, found);
    return found;
  };
  const settled = settings.map((file) => look(file).digest).join();
  return (file) => {
    const reached = new Set([file]); // The loop also visits what is added while it runs.
    for (const one of reached) for (const imported of look(one).imports) reached.add(imported);
    const all = [...reached].sort().map((one) => `${one} ${look(one).digest}`);
    return sha256([settled, ...all].join("\n"));
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
