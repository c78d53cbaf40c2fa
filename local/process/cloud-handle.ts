import { join } from "node:path";
import type { Shape } from "../../contract/shape.ts";
import { checkShape, parseShape } from "../../contract/shape.ts";
import { bootSeconds } from "../boot-seconds.ts";
import { startCloud } from "../cloud.ts";
import type { CloudOptions } from "../cloud.ts";

/** A running local cloud, as the verbs see it. It runs in this process or in its own. */
export interface CloudHandle {
  dir: string;
  /** The variables with which an engine, a program or a command works on this cloud. */
  environment: Record<string, string>;
  /** Sets how many seconds of the cloud pass in one of the computer. */
  setPace(factor: number): Promise<void>;
  /** By instance id: the real seconds from a machine's launch until its runner was online. */
  bootSeconds(): Promise<Record<string, number>>;
  /** Ends the cloud with all its machines. */
  stop(): Promise<void>;
}

/** Where a cloud with a process of its own can be found. */
export interface CloudFile {
  pid: number;
  url: string;
  /** Authorises requests that steer the cloud. Only users who can read this file know it. */
  secret: string;
  environment: Record<string, string>;
}

export function cloudFile(dir: string): string {
  return join(dir, "cloud.json");
}

const fileShape: Shape<CloudFile> = {
  pid: "number",
  url: "text",
  secret: "secret",
  environment: { "*": "secret" },
};

/**
 * Parses what the process of a cloud has written into its {@link cloudFile}.
 *
 * @throws {Failure} naming each value that is missing or of another kind
 */
export function parseCloudFile(text: string, path: string): CloudFile {
  return parseShape<CloudFile>(text, fileShape, {
    subject: path,
    remedy:
      "The cloud there was started by another version of Longhaul, or something else has written the file: " +
      'run "npx longhaul local down" with that version, or name another folder with --dir.',
  });
}

/**
 * Parses a cloud's answer to the request for {@link CloudHandle.bootSeconds}.
 *
 * @throws {Failure} naming each value that is of another kind
 */
export function readBootSeconds(answer: unknown): Record<string, number> {
  return checkShape<Record<string, number>>(
    answer,
    { "*": "number" },
    {
      subject: "The local cloud's answer for /boot-seconds",
      remedy:
        'The cloud was started by another version of Longhaul: run "npx longhaul local down" with that version.',
    },
  );
}

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
