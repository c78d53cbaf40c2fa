import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../contract/failure.ts";
import type { Clock } from "../clock.ts";
import { copyPrograms } from "../own-files.ts";
import type { FunctionAnswer, Invocation } from "./child.ts";

/** A deployed function. */
export interface DeployedFunction {
  name: string;
  /** `<file without ending>.<export>` */
  handler: string;
  /** In real seconds: a real call takes as long here as on AWS. */
  timeoutSeconds: number;
  /** The archive's files: text by path. */
  files: Readonly<Record<string, string>>;
  /** What Lambda puts into the function's environment: credentials of its role, and its variables. */
  environment: Readonly<Record<string, string>>;
  /** Receives each line of its log: what it printed, and why a call failed. */
  print: (line: string) => void;
  /** Receives the end of each call. */
  ended: (call: { hasFailed: boolean }) => void;
}

/** Runs functions as processes of the current user. */
export interface FunctionHost {
  /** Replaces the function that is deployed under that name. */
  deploy(deployed: DeployedFunction): void;
  /** Accepts no further calls. A call that is in progress ends normally, as in Lambda. */
  remove: (name: string) => void;
  /**
   * Calls a function and waits until it ends. Calls of one function run one after
   * the other.
   *
   * @throws Error with the function's own message when it fails or takes too long
   */
  invoke(name: string, event: unknown): Promise<unknown>;
  /** Ends every process. */
  stop(): Promise<void>;
}

interface Instance {
  deployed: DeployedFunction;
  /** Undefined while the instance is cold. */
  child?: ChildProcess;
  /** The last call, which the next one waits for. */
  last: Promise<unknown>;
}

export interface FunctionHostOptions {
  /** Folder of the functions' files. */
  dir: string;
  clock: Clock;
  /** `PATH`, the only variable that functions take from this process. */
  path: string;
}

export function createFunctionHost({ dir, clock, path }: FunctionHostOptions): FunctionHost {
  const instances = new Map<string, Instance>();
  /** Instances of functions that were removed during a call. */
  const leaving = new Set<Instance>();
  let calls = 0;

  const programs = join(dir, ".programs");
  copyPrograms(programs, ["child", "machine-clock"]);

  const start = ({ name, handler, environment, print }: DeployedFunction): ChildProcess => {
    const child = spawn(
      process.execPath,
      [
        "--require",
        join(programs, "machine-clock.cjs"),
        join(programs, "child.cjs"),
        join(dir, name),
        handler,
      ],
      {
        env: { ...environment, PATH: path, LONGHAUL_CLOCK: clock.file },
        stdio: ["ignore", "pipe", "pipe", "ipc"],
      },
    );
    for (const stream of [child.stdout!, child.stderr!]) {
      let rest = "";
      stream.setEncoding("utf8").on("data", (text: string) => {
        const lines = (rest + text).split("\n");
        rest = lines.pop()!;
        lines.forEach(print);
      });
    }
    return child;
  };

  /** The process of an instance. It is started if the instance has none, or if the last one has ended. */
  const warm = (instance: Instance): ChildProcess => {
    const { child: last, deployed } = instance;
    // A process that took too long has been killed, and may not have ended yet.
    if (last?.exitCode === null && last.signalCode === null && !last.killed) return last;
    return (instance.child = start(deployed));
  };

  const call = (instance: Instance, event: unknown): Promise<unknown> => {
    const { name, timeoutSeconds } = instance.deployed;
    if (instances.get(name) !== instance) throw new Failure(`There is no function ${name} any more.`);
    const child = warm(instance);
    const id = ++calls;
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        child.off("message", answer).off("exit", died);
        act();
      };
      const fail = (reason: string) => {
        settle(() => {
          instance.deployed.print(`ERROR ${reason}`);
          instance.deployed.ended({ hasFailed: true });
          reject(new Failure(`The function ${name} ${reason}`));
        });
      };
      const answer = (message: FunctionAnswer) => {
        if (message.id !== id) return;
        if ("error" in message) fail(`failed: ${message.error}`);
        else
          settle(() => {
            instance.deployed.ended({ hasFailed: false });
            resolve(message.result);
          });
      };
      const died = () => {
        fail("ended before it answered.");
      };
      const timer = setTimeout(() => {
        child.kill("SIGKILL");
        fail(`took more than ${timeoutSeconds} seconds.`);
      }, timeoutSeconds * 1000);
      child.on("message", answer).once("exit", died);
      child.send({ id, event } satisfies Invocation);
    });
  };

  const end = (instance: Instance | undefined) => {
    instance?.child?.kill("SIGKILL");
  };

  return {
    deploy(deployed) {
      const { name, files } = deployed;
      end(instances.get(name));
      const folder = join(dir, name);
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true });
      for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
      instances.set(name, { deployed, last: Promise.resolve() });
    },
    remove(name) {
      const instance = instances.get(name);
      instances.delete(name);
      rmSync(join(dir, name), { recursive: true, force: true });
      if (!instance) return;
      leaving.add(instance);
      void instance.last.then(() => {
        end(instance);
        leaving.delete(instance);
      });
    },
    invoke(name, event) {
      const instance = instances.get(name);
      if (!instance) return Promise.reject(new Failure(`There is no function ${name}.`));
      const next = instance.last.then(() => call(instance, event));
      instance.last = next.catch(() => undefined);
      return next;
    },
    async stop() {
      const all = [...instances.values(), ...leaving];
      instances.clear();
      all.forEach(end);
      await Promise.all(all.map(({ last }) => last));
    },
  };
}
