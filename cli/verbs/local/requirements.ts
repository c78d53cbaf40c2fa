import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { gte } from "semver";
import { BadUsage } from "../../exit-codes.ts";
import type { LocalContext } from "./context.ts";

const run = promisify(execFile);
const answerWithinMs = 10_000;

/** The first that signs requests as the boot script asks it to (`--aws-sigv4`). */
const oldestCurl = "7.75.0";

/** What the programs said of their version; undefined: there is none. */
export interface FoundPrograms {
  curl: string | undefined;
  python3: string | undefined;
}

/** What a computer lacks to boot machines, each with what it is for; empty: nothing. */
export function lackingPrograms({ curl, python3 }: FoundPrograms): string[] {
  const version = curl === undefined ? undefined : /^curl (\d+\.\d+\.\d+)/.exec(curl)?.[1];
  const curlIs =
    curl === undefined
      ? "there is none"
      : version === undefined
        ? "it did not say its version"
        : `it is ${version}`;
  return [
    ...(version !== undefined && gte(version, oldestCurl)
      ? []
      : [`curl ${oldestCurl} or later, with which a machine's boot script calls AWS (${curlIs})`]),
    ...(python3 === undefined ? ["python3, with which it reads AWS's answers (there is none)"] : []),
  ];
}

/**
 * Machines are processes of this computer and boot with its programs: what is
 * missing is told before anything has begun.
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
