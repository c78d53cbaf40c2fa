import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { gte } from "semver";
import { BadUsage } from "../../exit-codes.ts";
import type { LocalContext } from "./context.ts";

const run = promisify(execFile);
const answerWithinMs = 10_000;

/** The first version that can sign requests as the boot script needs it (`--aws-sigv4`). */
const oldestCurl = "7.75.0";

/** What the programs print for `--version`; undefined: the program is not installed. */
export interface FoundPrograms {
  curl: string | undefined;
  python3: string | undefined;
}

/** The programs that a computer lacks to boot machines, each with its purpose. */
export function lackingPrograms({ curl, python3 }: FoundPrograms): string[] {
  const version = curl === undefined ? undefined : /^curl (\d+\.\d+\.\d+)/.exec(curl)?.[1];
  const curlIs =
    curl === undefined
      ? "it is not installed"
      : version === undefined
        ? "its version is unknown"
        : `it is ${version}`;
  return [
    ...(version !== undefined && gte(version, oldestCurl)
      ? []
      : [`curl ${oldestCurl} or later, with which a machine's boot script calls AWS (${curlIs})`]),
    ...(python3 === undefined ? ["python3, with which it reads AWS's answers (it is not installed)"] : []),
  ];
}

/**
 * Checks the programs that machines boot with, before anything has begun. Machines
 * are processes of this computer, and use its programs.
 *
 * @throws BadUsage
 */
export async function requirePrograms({ base }: Pick<LocalContext, "base">): Promise<void> {
  const versionOf = async (program: string) =>
    run(program, ["--version"], { env: base, timeout: answerWithinMs }).then(
      ({ stdout }) => stdout,
      () => undefined,
    );
  const [curl, python3] = await Promise.all([versionOf("curl"), versionOf("python3")]);
  const lacking = lackingPrograms({ curl, python3 });
  if (lacking.length === 0) return;
  throw new BadUsage(
    `Local machines need on PATH ${lacking.join(", and ")}. ` +
      "Install it with the system's packages, for example: sudo apt-get install curl python3.",
  );
}
