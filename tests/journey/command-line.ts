import { spawn } from "node:child_process";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { endProcesses, findProcesses } from "../../local/machines/processes.ts";
import { eventually } from "../environment.ts";

/** Root of the project. */
export const project = join(import.meta.dirname, "../..");

/** The operator's command, as `npm run build` produces it. */
export const longhaul = join(project, "dist/longhaul.js");

/** A program's output, and how it ended. */
export interface Ended {
  /** Null: a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A running program. */
export interface Running {
  /** Waits until it has printed a text. Fails if it ends before. */
  printed(text: RegExp): Promise<void>;
  /** Does what Ctrl-C does in a terminal: the program and its process group get the signal. */
  pressCtrlC(): void;
  /** Closes the terminal: the program and its process group get the signal for that. */
  closeTerminal(): void;
  /** Does what `kill <id>` does: only the program gets the signal. */
  terminate(): void;
  /** Ends the program and its process group at once, as when memory is short. */
  killAll(): void;
  pid: number;
  ended: Promise<Ended>;
}

/**
 * A folder for everything that a test makes. It is the temporary folder of each
 * program that the test starts.
 */
export interface Workplace {
  folder: string;
  start(program: string, ...words: string[]): Running;
  /** Runs `node dist/longhaul.js …` until it ends, with the variables of an environment. */
  longhaul(variables: Record<string, string>, ...words: string[]): Promise<Ended>;
  /** Runs `node dist/longhaul.js local …` as a user does, until it ends. */
  local(...words: string[]): Promise<Ended>;
  /**
   * Ids of all processes that belong to something below the folder, and of the
   * processes that those started.
   */
  processes(below?: string): number[];
  /** Ends the remaining processes, and deletes the folder. */
  close(): Promise<void>;
}

export async function openWorkplace(): Promise<Workplace> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "longhaul-journey-")));
  const env = { PATH: process.env.PATH, HOME: homedir(), TMPDIR: folder };
  const processes = (below = folder) =>
    findProcesses((environment) => environment.some((entry) => entry.includes(below)));

  const start = (program: string, ...words: string[]): Running => startWith(env, program, ...words);
  const startWith = (variables: NodeJS.ProcessEnv, program: string, ...words: string[]): Running => {
    const child = spawn(program, words, {
      cwd: project,
      env: variables,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    let isOver = false;
    const ended = new Promise<Ended>((resolve, reject) => {
      child.once("error", reject).once("close", (code) => {
        isOver = true;
        resolve({ code, stdout, stderr });
      });
    });
    return {
      printed: async (text) => {
        const what = `"${program} ${words.join(" ")}" prints ${String(text)}`;
        const hasPrinted = () => text.test(stdout + stderr);
        await eventually(what, () => hasPrinted() || isOver);
        if (!hasPrinted()) throw new Error(`${what}: the program ended first, after\n${stdout}${stderr}`);
      },
      pressCtrlC: () => process.kill(-child.pid!, "SIGINT"),
      closeTerminal: () => process.kill(-child.pid!, "SIGHUP"),
      terminate: () => child.kill("SIGTERM"),
      killAll: () => process.kill(-child.pid!, "SIGKILL"),
      pid: child.pid!,
      ended,
    };
  };

  return {
    folder,
    start,
    longhaul: (variables, ...words) =>
      startWith({ ...env, ...variables }, process.execPath, longhaul, ...words).ended,
    local: (...words) => start(process.execPath, longhaul, "local", ...words).ended,
    processes,
    close: async () => {
      await endProcesses(processes);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
