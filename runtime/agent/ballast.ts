import { existsSync, rmSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { Failure } from "../../contract/failure.ts";
import type { RunCommand } from "./command.ts";

/**
 * Bytes of disk that jobs do not get: room for the logs of the next job's worker
 * and for its actions, which are written before the hook that makes room.
 */
export const ballastBytes = 256 * 1024 ** 2;

/** If less than this is free during a job, its disk is full: its next write fails. */
export const fullBytes = 16 * 1024 ** 2;

export const diskFullSentence =
  "The disk was full during a job, so the job's own writes have failed. Give its fleet a larger disk (disk.sizeGb), or make its jobs write less.";

/** A file that holds space, so that a job which fills the disk to the last byte does not stop the next job. */
export interface DiskBallast {
  /**
   * Releases the ballast if nothing else is left, and writes it again once there
   * is room. Rejects, once, if the file system cannot reserve space.
   *
   * @param worker a job's process runs. The job may use up the released space as well, so it gets it only at the last
   *   moment, when it would fail otherwise
   */
  look: (worker: boolean) => Promise<void>;
}

/**
 * @param file the ballast, in a folder that exists
 * @param onFull called once each time that a job has filled the disk
 * @param available how many bytes the user of jobs can still write in that folder
 */
export function diskBallast(
  file: string,
  run: RunCommand,
  onFull: () => void,
  available = availableIn,
): DiskBallast {
  let refused = false;
  let wasFull = false;
  let worked = false;

  const noteFull = (room: number, worker: boolean) => {
    // A job that filled the disk may have failed and ended since the last look.
    if ((worker || worked) && room < fullBytes && !wasFull) onFull();
    worked = worker;
    wasFull = room < (wasFull ? 4 * fullBytes : fullBytes);
  };

  return {
    look: async (worker) => {
      const room = available(dirname(file));
      noteFull(room, worker);
      if (existsSync(file)) {
        if (room < (worker ? fullBytes : ballastBytes / 2)) rmSync(file);
        return;
      }
      if (refused || room < 4 * ballastBytes) return;
      refused = true;
      const { code, output } = await run("fallocate", ["--length", String(ballastBytes), file]);
      refused = code !== 0;
      if (!refused) return;
      rmSync(file, { force: true });
      throw new Failure(output.trim());
    },
  };
}

function availableIn(folder: string): number {
  const { bavail, bsize, files, ffree } = statfsSync(folder);
  // Some file systems do not count inodes. If none is left, no new file can be written either.
  return files > 0 && ffree === 0 ? 0 : bavail * bsize;
}
