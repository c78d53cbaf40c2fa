import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { Failure } from "../../contract/failure.ts";
import type { EmulatedProvider, Properties } from "../provider.ts";

/** The command package. Its scripts really run, in the project's folder. */
export interface CommandProvider extends EmulatedProvider {
  /** Ends the scripts that still run; their resources fail. */
  close(): void;
}

/**
 * `command:local:Command` as version 1.2.1 behaves: `triggers` replace the
 * resource; any other change runs `update`, or `create` if there is no
 * `update`; `delete` may be absent; standard output and error are kept.
 *
 * @param options.directory where scripts run
 * @param options.environment what the scripts see besides their own variables:
 * on a real stack that is the environment of `pulumi up`
 */
export function commandProvider(options: {
  directory: string;
  environment: () => Record<string, string>;
  log: (line: string) => void;
}): CommandProvider {
  const running = new Set<ChildProcess>();

  const run = async (script: unknown, inputs: Properties, before: Properties): Promise<Properties> => {
    if (typeof script !== "string" || script === "")
      return { stdout: before.stdout ?? "", stderr: before.stderr ?? "" };
    const child = spawn("/bin/sh", ["-c", script], {
      cwd: options.directory,
      detached: true, // A process group of its own, so that it ends with everything it started.
      env: {
        ...options.environment(),
        ...(inputs.environment as Record<string, string> | undefined),
        PULUMI_COMMAND_STDOUT: typeof before.stdout === "string" ? before.stdout : "",
        PULUMI_COMMAND_STDERR: typeof before.stderr === "string" ? before.stderr : "",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(child);
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr, options.log)];
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
    }).finally(() => running.delete(child));
    if (code !== 0) {
      throw new Failure(
        `${code === null ? "killed" : `exit status ${code}`}: ${script}\n${await stderr}${await stdout}`,
      );
    }
    return { stdout: (await stdout).trimEnd(), stderr: (await stderr).trimEnd() };
  };

  let count = 0;
  return {
    types: {
      "command:local:Command": {
        create: async (inputs) => ({
          id: `command-${process.pid}-${++count}`,
          state: { ...inputs, ...(await run(inputs.create, inputs, {})) },
        }),
        read: (_id, state) => Promise.resolve(state),
        update: async (_id, state, inputs) => ({
          ...inputs,
          ...(await run(inputs.update ?? inputs.create, inputs, state)),
        }),
        delete: async (_id, state) => {
          await run(state.delete, state, state);
        },
        replaceOn: ["triggers"],
      },
    },
    functions: {},
    close: () => {
      for (const child of running) if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
    },
  };
}

async function collect(stream: NodeJS.ReadableStream, log?: (line: string) => void): Promise<string> {
  let text = "";
  let pending = "";
  for await (const chunk of stream) {
    text += String(chunk);
    pending += String(chunk);
    const lines = pending.split("\n");
    pending = lines.pop()!;
    for (const line of lines) log?.(line);
  }
  return text;
}
