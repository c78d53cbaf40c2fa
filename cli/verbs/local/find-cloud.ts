import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import {
  cloudFile,
  holderOf,
  holdFolder,
  parseCloudFile,
  readBootSeconds,
  reapMachines,
  withoutOwn,
} from "longhaul-local";
import type { CloudFile, CloudHandle } from "longhaul-local";
import { Failure, messageOf } from "../../../contract/failure.ts";
import { BadUsage } from "../../exit-codes.ts";

/** The first file that is written into a cloud's folder. It marks the folder as a cloud's. */
const logFileOf = (dir: string) => join(dir, "cloud.log");
const startLimitMs = 30_000;
const callLimitMs = 20_000;

/**
 * The cloud that runs in this folder, after waiting until it has started; undefined
 * if there is none. A cloud counts as running until its process has ended, even if
 * it does not answer.
 *
 * @throws Failure when it does not answer
 */
export async function findCloud(dir: string): Promise<CloudHandle | undefined> {
  const limit = performance.now() + startLimitMs;
  for (;;) {
    const holder = await holderOf(dir, "cloud");
    if (!holder) return undefined;
    const text = await readFile(cloudFile(dir), "utf8").catch(() => undefined);
    if (text !== undefined) return reachCloud(dir, parseCloudFile(text, cloudFile(dir)));
    if (!existsSync(logFileOf(dir)) && holder.pid !== undefined) {
      throw new Failure(
        `The folder ${dir} was deleted under its local cloud, which still runs (process ${holder.pid}): ` +
          `end it with "kill ${holder.pid}", then run this again.`,
      );
    }
    if (performance.now() > limit) {
      throw new Failure(
        `The local cloud in ${dir} (process ${holder.pid ?? "unknown"}) did not start within ${startLimitMs / 1000} s: ` +
          `see ${logFileOf(dir)}.`,
      );
    }
    await wait(50);
  }
}

async function reachCloud(dir: string, { pid, url, secret, environment }: CloudFile): Promise<CloudHandle> {
  const call = async (method: "GET" | "POST", path: string): Promise<unknown> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${secret}` },
      signal: AbortSignal.timeout(callLimitMs),
    });
    if (!response.ok)
      throw new Failure(`The local cloud in ${dir} answered ${path} with HTTP ${response.status}.`);
    return response.json();
  };
  await call("GET", "/").catch((error: unknown) => {
    throw new Failure(
      `The local cloud in ${dir} (process ${pid}) runs, but does not answer: ${messageOf(error)} ` +
        `Run this again when the computer has less to do, or end it with "kill -9 ${pid}" and run "npx longhaul local down".`,
      { cause: error },
    );
  });
  return {
    dir,
    environment,
    setPace: async (factor) => {
      await call("POST", `/pace/${factor}`);
    },
    bootSeconds: async () => readBootSeconds(await call("GET", "/boot-seconds")),
    stop: async () => {
      await call("POST", "/stop");
    },
  };
}

/**
 * Starts a cloud as a process of its own and waits until it answers. What an
 * earlier one left behind when it crashed is deleted first: its machines ended with
 * it, so its state describes nothing any more. The caller must be the only command,
 * and must have found no cloud.
 *
 * @param serve this program's command line for `local serve` in this folder
 */
export async function spawnCloud(dir: string, serve: readonly string[]): Promise<CloudHandle> {
  await clearCloud(dir);
  await mkdir(dir, { recursive: true });
  const logFile = logFileOf(dir);
  const log = openSync(logFile, "a", 0o600);
  const env = withoutOwn(process.env);
  const child = spawn(process.execPath, serve, { detached: true, env, stdio: ["ignore", log, log] });
  closeSync(log);
  const ended = new Promise<never>((_, reject) => {
    child.once("exit", (code) => {
      reject(
        new Failure(`The local cloud ended while it started (exit code ${code ?? "none"}): see ${logFile}.`),
      );
    });
  });
  ended.catch(() => undefined); // The cloud may end later, when nothing awaits this any more.
  child.unref();
  const limit = performance.now() + startLimitMs;
  for (;;) {
    const cloud = await Promise.race([findCloud(dir), ended]);
    if (cloud) return cloud;
    if (performance.now() > limit) {
      throw new Failure(`The local cloud did not start within ${startLimitMs / 1000} s: see ${logFile}.`);
    }
    await Promise.race([wait(50), ended]);
  }
}

/**
 * Makes this command the only one that changes the cloud, until its process ends.
 *
 * @throws Failure when there is another one, with its process and what to do
 */
export async function beTheOnlyCommand(dir: string): Promise<void> {
  const hold = await holdFolder(dir, "command");
  if (hold.held) return;
  const { pid } = hold.holder;
  throw new Failure(
    `Another "npx longhaul local" ${pid === undefined ? "" : `(process ${pid}) `}works on the local cloud in ${dir}: ` +
      `wait for it to end${pid === undefined ? "" : `, end it with "kill ${pid}"`}, or name another folder with --dir.`,
  );
}

/**
 * Ends what is left of a cloud that crashed, and deletes its folder.
 *
 * @throws BadUsage when the folder is not a cloud's: a mistyped --dir must not delete other files
 */
export async function clearCloud(dir: string): Promise<void> {
  const isEmpty = !existsSync(dir) || (await readdir(dir)).length === 0;
  if (!isEmpty && !existsSync(logFileOf(dir))) {
    throw new BadUsage(
      `${dir} is not empty, and is not a local cloud's folder: name another one with --dir.`,
    );
  }
  await reapMachines(join(dir, "machines"));
  await rm(dir, { recursive: true, force: true });
}
