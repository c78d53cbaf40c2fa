import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mutants } from "./list.ts";
import { planted } from "./plant.ts";

/*
 * `npm run mutants`: plants each fault of list.ts in a copy of the project, one
 * after the other, and prints those that no test notices. Ends with 1 if there
 * is one, or if its tests fail without the fault.
 */

const project = join(import.meta.dirname, "../..");
/** Milliseconds for the tests of one fault. */
const limitMs = 5 * 60_000;
/**
 * What a copy needs, apart from the packages. The build is copied, because
 * tests build again with the fault in it.
 */
const isCopied = (path: string) => !["node_modules", ".git"].some((name) => path === join(project, name));

const copy = mkdtempSync(join(tmpdir(), "longhaul-mutants-"));
try {
  cpSync(project, copy, { recursive: true, filter: isCopied });
  symlinkSync(join(project, "node_modules"), join(copy, "node_modules"));
  process.exitCode = run() ? 0 : 1;
} finally {
  rmSync(copy, { recursive: true, force: true });
}

/** @returns whether every fault was noticed, by tests that succeed without it */
function run(): boolean {
  const sound = new Map<string, boolean>();
  let living = 0;
  for (const { harm, file, from, to, tests } of mutants) {
    const key = tests.join(" ");
    if (!sound.has(key)) sound.set(key, succeeds(tests));
    const path = join(copy, file);
    const text = readFileSync(path, "utf8");
    writeFileSync(path, planted({ file, from, to }, text));
    const isNoticed = !succeeds(tests);
    writeFileSync(path, text);
    const verdict = !sound.get(key) ? "the tests fail without it" : isNoticed ? "noticed" : "LIVES";
    if (verdict !== "noticed") living += 1;
    console.log(`${verdict}: ${harm} (${file})`);
  }
  console.log(`${mutants.length} faults planted, ${living} not noticed`);
  return living === 0;
}

function succeeds(tests: readonly string[]): boolean {
  const { status, error } = spawnSync(
    process.execPath,
    ["node_modules/mocha/bin/mocha.js", "--reporter", "dot", ...tests],
    { cwd: copy, stdio: "ignore", timeout: limitMs },
  );
  if (error) throw error;
  return status === 0;
}
