import { spawn } from "node:child_process";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { endProcesses, findProcesses } from "../../local/machines/processes.ts";
import { eventually } from "../environment.ts";

/** Root of the project. */
export const project = join(import.meta.dirname, "../..");

/** The operator's command, as `npm run build` leaves it. */
export const longhaul = join(project, "dist/longhaul.js");

/** What a program printed, and how it ended. */
export interface Ended {
  /** Null: a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A program at work. */
export interface Running {
  /** Waits until it has printed something; fails when it ends without. */
  printed(text: RegExp): Promise<void>;
  /** What Ctrl-C does in a terminal: the signal goes to the program and to all that it has in its group. */
  pressCtrlC(): void;
  /** The terminal is closed: all that it runs is told. */
  closeTerminal(): void;
  /** `kill <id>`: the program alone gets the signal. */
  terminate(): void;
  /** As where memory is short: the program and all that it has in its group end at once. */
  killAll(): void;
  pid: number;
  ended: Promise<Ended>;
}

/** A folder for everything that a test makes: the temporary folder of each program it starts. */
export interface Workplace {
  folder: string;
  start(program: string, ...words: string[]): Running;
  /** `node dist/longhaul.js …`, to its end, with the variables of an environment. */
  longhaul(variables: Record<string, string>, ...words: string[]): Promise<Ended>;
  /** `node dist/longhaul.js local …`, as a user runs it, to its end. */
  local(...words: string[]): Promise<Ended>;
  /** Ids of all processes that belong to something below the folder, or were started by such a one. */
  processes(below?: string): number[];
  /** Ends what is left, and deletes the folder. */
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
        if (!hasPrinted()) throw new Error(`${what}: it has ended before, after\n${stdout}${stderr}`);
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
