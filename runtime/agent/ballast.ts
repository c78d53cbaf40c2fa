import { existsSync, rmSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { Failure } from "../../contract/failure.ts";
import type { RunCommand } from "./command.ts";

/**
 * Bytes of disk that no job gets: room for the logs of the next job's worker
 * and for its actions, which come before the hook that makes room.
 */
export const ballastBytes = 256 * 1024 ** 2;

/** With less than this under a job, its disk is full: what it writes next fails. */
export const fullBytes = 16 * 1024 ** 2;

export const diskFullSentence =
  "The disk has been full under a job: what the job wrote then has failed. Give its fleet a larger disk (disk.sizeGb), or have its jobs write less.";

/** Keeps a disk that a job has filled to the last byte from stopping the next one. */
export interface DiskBallast {
  /**
   * Gives the reserve up where nothing else is left, and lays it in again
   * where there is room. Rejects, once, where the file system has no such
   * thing.
   *
   * @param worker a job's process runs. It may use the reserve up as well: so it gets it as late as can be, when the
   *   alternative is that it fails
   */
  look: (worker: boolean) => Promise<void>;
}

/**
 * @param file the reserve, in a folder that exists
 * @param onFull a job has filled the disk; called once for each time
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
    // A job that has filled the disk may have died of it since the last look.
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
  // Some file systems count no inodes. Without one left, nothing new can be written either.
  return files > 0 && ffree === 0 ? 0 : bavail * bsize;
}
