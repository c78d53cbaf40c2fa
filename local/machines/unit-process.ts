import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { messageOf } from "../../contract/failure.ts";
import { unitVariable } from "./marker.ts";
import type { Unit } from "./units.ts";
import { expandVariables, parseEnvironmentFile } from "./units.ts";

/** What the services of a machine need from it. */
export interface ServiceHost {
  /** The machine's root folder. */
  root: string;
  environment: Record<string, string>;
  /** Receives each line of a unit's output, or of what happened to it. */
  log: (unit: string, line: string, console: boolean) => void;
}

export interface UnitProcess {
  child: ChildProcess;
  /** Resolves with the failure's description; an empty text means success. */
  ended: Promise<string>;
}

/** Runs one of a unit's commands with the unit's environment and mark. Its output goes to the journal. */
export function runCommandOf(
  unit: Unit,
  command: readonly string[],
  { root, environment, log }: ServiceHost,
): UnitProcess {
  const own = environmentOf(unit, environment);
  const [program, ...parameters] = command.map((word) => expandVariables(word, own));
  const child = spawn(program!, parameters, {
    cwd: unit.workingDirectory ?? root,
    env: own,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      log(unit.name, line, unit.console);
    });
  }
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => {
      resolve(messageOf(error));
    });
    child.once("exit", (code, signal) => {
      resolve(code === 0 ? "" : `ended with ${signal ?? `status ${code}`}`);
    });
  });
  return { child, ended };
}

/** A service's environment: the machine's, the unit's variables, then its files, and the mark of the unit. */
function environmentOf(unit: Unit, machine: Record<string, string>): Record<string, string> {
  const files = unit.environmentFiles.flatMap((file) => {
    const path = file.replace(/^-/, "");
    if (path !== file && !existsSync(path)) return [];
    return parseEnvironmentFile(readFileSync(path, "utf8"));
  });
  const entries = [...unit.environment, ...files].map((entry): [string, string] => {
    const equals = entry.indexOf("=");
    return [entry.slice(0, equals), entry.slice(equals + 1)];
  });
  return { ...machine, ...Object.fromEntries(entries), [unitVariable]: unit.name };
}
