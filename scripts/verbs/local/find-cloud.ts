import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { reapMachines } from "../../../local/machines/index.ts";
import { BadUsage } from "../../exit-codes.ts";
import { cloudFile } from "./cloud-handle.ts";
import type { CloudFile, CloudHandle } from "./cloud-handle.ts";

/** The first file in a cloud's folder, and the sign that it is one. */
const logFileOf = (dir: string) => join(dir, "cloud.log");
const startLimitMs = 30_000;
const callLimitMs = 20_000;

/** The cloud that runs in this folder, or undefined. */
export async function findCloud(dir: string): Promise<CloudHandle | undefined> {
  const text = await readFile(cloudFile(dir), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const { url, secret, environment } = JSON.parse(text) as CloudFile;
  const call = async (method: "GET" | "POST", path: string): Promise<unknown> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${secret}` },
      signal: AbortSignal.timeout(callLimitMs),
    });
    if (!response.ok)
      throw new Error(`The local cloud in ${dir} answered ${path} with HTTP ${response.status}.`);
    return response.json();
  };
  const answers = await call("GET", "/").then(
    () => true,
    () => false,
  );
  if (!answers) return undefined; // The file of a cloud that has crashed.
  return {
    dir,
    environment,
    setPace: async (factor) => {
      await call("POST", `/pace/${factor}`);
    },
    bootSeconds: async () => (await call("GET", "/boot-seconds")) as Record<string, number>,
    stop: async () => {
      await call("POST", "/stop");
    },
  };
}

/**
 * Starts a cloud as a process of its own and waits until it stands. What an
 * earlier one left behind when it crashed is cleared away first: its machines
 * ended with it, so its state describes nothing any more.
 *
 * @param serve this program's command line for `local serve` in this folder
 */
export async function spawnCloud(dir: string, serve: readonly string[]): Promise<CloudHandle> {
  await clearCloud(dir);
  await mkdir(dir, { recursive: true });
  const logFile = logFileOf(dir);
  const log = openSync(logFile, "a", 0o600);
  const child = spawn(process.execPath, serve, { detached: true, stdio: ["ignore", log, log] });
  closeSync(log);
  const ended = new Promise<never>((_, reject) => {
    child.once("exit", (code) => {
      reject(
        new Error(`The local cloud ended while it started (exit code ${code ?? "none"}): see ${logFile}.`),
      );
    });
  });
  ended.catch(() => undefined); // It may end later, when nobody waits any more.
  child.unref();
  const limit = performance.now() + startLimitMs;
  for (;;) {
    const cloud = await findCloud(dir);
    if (cloud) return cloud;
    if (performance.now() > limit) {
      throw new Error(`The local cloud did not start within ${startLimitMs / 1000} s: see ${logFile}.`);
    }
    await Promise.race([wait(50), ended]);
  }
}

/**
 * Ends what is left of a cloud that crashed, and deletes its folder.
 *
 * @throws BadUsage when the folder is something else: whoever mistypes --dir must not lose their files
 */
export async function clearCloud(dir: string): Promise<void> {
  const isEmpty = !existsSync(dir) || (await readdir(dir)).length === 0;
  if (!isEmpty && !existsSync(logFileOf(dir))) {
    throw new BadUsage(`${dir} is not empty and is no local cloud's folder: name another with --dir.`);
  }
  await reapMachines(join(dir, "machines"));
  await rm(dir, { recursive: true, force: true });
}
