import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { isBuilt } from "../scripts/build-record.ts";

/*
 * Builds what tests run from dist/, if dist/ does not match the sources. Mocha
 * loads this file before the tests (.mocharc.json). Tests read dist/ when they
 * are loaded, so a global set-up would come too late. Mocha's parallel workers
 * load this file too, after the process that starts them.
 */

const root = join(import.meta.dirname, "..");

if (process.env.MOCHA_WORKER_ID === undefined && !isBuilt(root)) {
  const { status } = spawnSync(process.execPath, ["--import", "tsx", "scripts/build.ts"], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (status !== 0) throw new Error("The build that the tests would run failed: see the errors above.");
}
