import { spawn } from "node:child_process";
import { randomBytes, timingSafeEqual } from "node:crypto";
import { openSync, closeSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { startCloud } from "../../../local/cloud.ts";
import type { CloudOptions } from "../../../local/cloud.ts";
import { bootSeconds } from "../../../local/boot-seconds.ts";
import { reapMachines } from "../../../local/machines/index.ts";

/*
 * The local cloud outlives the command that started it, as a cloud does: it is
 * a process of its own, found again through a file in its folder.
 */

/** A running local cloud, seen from a command. */
export interface CloudHandle {
  dir: string;
  /** All that an engine, a program or a command needs to work on this cloud. */
  environment: Record<string, string>;
  /** Sets how many seconds of the cloud pass in one of the computer. */
  setPace(factor: number): Promise<void>;
  /** Seconds from a machine's launch until its runner was online, by instance id. */
  bootSeconds(): Promise<Record<string, number>>;
  /** Ends the cloud with all its machines. */
  stop(): Promise<void>;
}

interface CloudFile {
  pid: number;
  url: string;
  /** Whoever can read the file may steer the cloud; nobody else on this computer. */
  secret: string;
  environment: Record<string, string>;
}

const cloudFile = (dir: string) => join(dir, "cloud.json");
const startLimitMs = 30_000;
const callLimitMs = 20_000;

/** A cloud inside this process, which ends with it. */
export async function startCloudHere(options: CloudOptions): Promise<CloudHandle> {
  const cloud = await startCloud(options);
  return {
    dir: cloud.dir,
    environment: cloud.environment,
    setPace: (factor) => {
      cloud.clock.setFactor(factor);
      return Promise.resolve();
    },
    bootSeconds: () => Promise.resolve(bootSeconds(cloud)),
    stop: () => cloud.close(),
  };
}

/** The body of `longhaul local serve`: a cloud that can be steered through its file, until it is told to stop. */
export async function serveCloud(options: CloudOptions): Promise<void> {
  const cloud = await startCloudHere(options);
  const secret = randomBytes(24).toString("base64url");
  let stop: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    stop = () => void cloud.stop().then(resolve);
  });
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    const given = Buffer.from(request.headers.authorization ?? "");
    const wanted = Buffer.from(`Bearer ${secret}`);
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
      answer(401, {});
      return;
    }
    const { pathname, searchParams } = new URL(request.url!, "http://cloud");
    const routes: Record<string, () => Promise<unknown>> = {
      "/": () => Promise.resolve({}),
      "/boot-seconds": () => cloud.bootSeconds(),
      "/pace": () => cloud.setPace(Number(searchParams.get("factor"))),
      "/stop": () => {
        stop();
        return stopped;
      },
    };
    const route = routes[pathname];
    if (!route) {
      answer(404, {});
      return;
    }
    route().then(
      (body) => {
        answer(200, body ?? {});
      },
      (error: unknown) => {
        answer(500, { message: String(error) });
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const file: CloudFile = {
    pid: process.pid,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    secret,
    environment: cloud.environment,
  };
  await writeFile(`${cloudFile(options.dir)}.new`, JSON.stringify(file), { mode: 0o600 });
  await rename(`${cloudFile(options.dir)}.new`, cloudFile(options.dir));
  process.once("SIGTERM", stop).once("SIGINT", stop);
  await stopped;
  await rm(cloudFile(options.dir), { force: true });
  server.close(); // The answer to /stop is still under way; idle connections end with it.
  server.closeIdleConnections();
}

/** The cloud that runs in this folder, or undefined. */
export async function findCloud(dir: string): Promise<CloudHandle | undefined> {
  const text = await readFile(cloudFile(dir), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const { url, secret, environment } = JSON.parse(text) as CloudFile;
  const call = async (path: string): Promise<unknown> => {
    const response = await fetch(`${url}${path}`, {
      headers: { authorization: `Bearer ${secret}` },
      signal: AbortSignal.timeout(callLimitMs),
    });
    if (!response.ok)
      throw new Error(`The local cloud in ${dir} answered ${path} with HTTP ${response.status}.`);
    return response.json();
  };
  const alive = await call("/").then(
    () => true,
    () => false,
  );
  if (!alive) return undefined;
  return {
    dir,
    environment,
    setPace: async (factor) => {
      await call(`/pace?factor=${factor}`);
    },
    bootSeconds: async () => (await call("/boot-seconds")) as Record<string, number>,
    stop: async () => {
      await call("/stop");
    },
  };
}

/**
 * Starts a cloud as a process of its own and waits until it stands. What an
 * earlier one left behind when it crashed is cleared away first: its machines
 * ended with it, so its state describes nothing any more.
 *
 * @param serve the command line of `longhaul local serve` for this folder
 */
export async function spawnCloud(dir: string, serve: readonly string[]): Promise<CloudHandle> {
  await clearCloud(dir);
  await mkdir(dir, { recursive: true });
  const logFile = join(dir, "cloud.log");
  const log = openSync(logFile, "a");
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

/** Ends what is left of a cloud that crashed, and deletes its folder. */
export async function clearCloud(dir: string): Promise<void> {
  await reapMachines(join(dir, "machines"));
  await rm(dir, { recursive: true, force: true });
}
