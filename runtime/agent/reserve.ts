import { existsSync, rmSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import type { RunCommand } from "./command.ts";

/**
 * Bytes of disk that no job gets: room for the logs of the next job's worker
 * and for its actions, which come before the hook that makes room.
 */
export const reserveBytes = 256 * 1024 ** 2;

/** Keeps a disk that a job has filled to the last byte from stopping the next one. */
export interface Reserve {
  /**
   * Gives the reserve up where nothing else is left, and lays it in again
   * where there is room. Rejects, once, where the file system has no such
   * thing.
   *
   * @param worker a job's process runs: it would use the reserve up as well
   */
  look: (worker: boolean) => Promise<void>;
}

/**
 * @param file the reserve, in a folder that exists
 * @param available how many bytes the user of jobs can still write in that folder
 */
export function diskReserve(file: string, run: RunCommand, available = availableIn): Reserve {
  let refused = false;
  return {
    look: async (worker) => {
      const room = available(dirname(file));
      if (existsSync(file)) {
        if (!worker && room < reserveBytes / 2) rmSync(file);
        return;
      }
      if (refused || room < 4 * reserveBytes) return;
      refused = true;
      const { code, output } = await run("fallocate", ["--length", String(reserveBytes), file]);
      refused = code !== 0;
      if (!refused) return;
      rmSync(file, { force: true });
      throw new Error(output.trim());
    },
  };
}

function availableIn(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
