import { spawn } from "node:child_process";
import { Failure } from "../../contract/failure.ts";

/** Options of a command. Secrets go into the environment, never into the arguments. */
export interface CommandOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Default: one minute. */
  timeoutMs?: number;
}

/** Runs a command to its end, and returns its exit code and its output. Rejects if it cannot be run in time. */
export type RunCommand = (
  program: string,
  parameters: readonly string[],
  options?: CommandOptions,
) => Promise<{ code: number; output: string }>;

/** Characters of output that are kept. */
const maxOutput = 20_000;

/** @param environment the base of every command's environment */
export function commandRunner(environment: Record<string, string>): RunCommand {
  return (program, parameters, { cwd = "/", env = {}, timeoutMs = 60_000 } = {}) =>
    new Promise((resolve, reject) => {
      const child = spawn(program, parameters, {
        cwd,
        env: { ...environment, ...env },
        stdio: ["ignore", "pipe", "pipe"],
        timeout: timeoutMs,
      });
      let output = "";
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => {
          output = (output + text).slice(-maxOutput);
        });
      }
      child.once("error", reject).once("close", (code, signal) => {
        if (code === null)
          reject(new Failure(`${program} was ended by ${String(signal)} after at most ${timeoutMs} ms`));
        else resolve({ code, output });
      });
    });
}
