import { readdir, readFile, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { Failure } from "../../contract/failure.ts";
import { parseObject } from "../../contract/json.ts";
import { parseShape } from "../../contract/shape.ts";
import { processStartedAt } from "../machines/processes.ts";

/** What the engine's file backend writes into a lock (pulumi's `backend/diy/lock.go`). */
export interface StackLock {
  pid: number;
  hostname: string;
  /** RFC 3339. */
  timestamp: string;
}

/** @throws Failure for a lock that this cannot judge, such as one that a later engine has written */
function parseLock(text: string, file: string): StackLock {
  return parseShape<StackLock>(
    text,
    { pid: "number", hostname: "text", timestamp: "time" },
    {
      subject: `The engine's lock ${file}`,
      remedy: "If no engine works on the environment, delete the file.",
    },
  );
}

/** How far the clock that dated a lock may differ from the one that dates processes, in milliseconds. */
const clockDifferenceMs = 2_000;

/**
 * Whether the engine that wrote a lock has ended without removing it, as a
 * killed engine does. A lock that another computer wrote cannot be judged here,
 * and counts as alive.
 *
 * @param here this computer's name
 * @param startedAt when a process of this computer was started; undefined: no
 * process has this id
 */
export function isDead(
  { pid, hostname: there, timestamp }: StackLock,
  here: string,
  startedAt: (pid: number) => number | undefined,
): boolean {
  if (there !== here) return false;
  const started = startedAt(pid);
  // A process that began after the lock was written only has the same id.
  return started === undefined || started > Date.parse(timestamp) + clockDifferenceMs;
}

/**
 * Removes the locks of engines that were killed. (`pulumi cancel` would remove
 * those of living engines as well.)
 *
 * @param dir the cloud's folder
 * @throws when an engine works on the stack at this moment; the message says
 * which
 */
export async function clearDeadLocks(dir: string): Promise<void> {
  const folder = join(dir, "state", ".pulumi", "locks");
  const files = await readdir(folder, { recursive: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return []; // No engine has run here yet.
    throw error;
  });
  for (const file of files.filter((name) => name.endsWith(".json")).map((name) => join(folder, name))) {
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text === undefined) continue; // The engine has ended meanwhile and removed its lock.
    // Half a lock belongs to an engine that was killed while it wrote.
    const lock = parseObject(text) && parseLock(text, file);
    if (lock && !isDead(lock, hostname(), processStartedAt)) {
      throw new Failure(
        `Another pulumi works on the environment (process ${lock.pid} of ${lock.hostname}, since ${lock.timestamp}): ` +
          `wait for it to end, or end it with "kill ${lock.pid}" there, and run this again.`,
      );
    }
    await rm(file, { force: true });
  }
}
