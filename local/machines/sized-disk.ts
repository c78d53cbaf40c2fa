import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { Failure, messageOf } from "../../contract/failure.ts";

/**
 * A machine's disk with a size: a file system of its own, in the computer's
 * memory, that lives as long as a folder would. Only root can have one.
 */
export function mountDisk(folder: string, bytes: number): void {
  if (isMounted(folder)) return;
  mkdirSync(folder, { recursive: true });
  run("mount", "-t", "tmpfs", "-o", `size=${bytes}`, "longhaul-disk", folder);
}

export function unmountDisk(folder: string): void {
  if (isMounted(folder)) run("umount", folder);
}

/** Ends what an earlier local cloud has left mounted below a folder. */
export function unmountBelow(folder: string): void {
  mountPoints()
    .filter((point) => point.startsWith(`${folder}/`))
    .reverse()
    .forEach(unmountDisk);
}

/** Why this computer gives no machine a disk with a size; undefined: it does. */
export function whyNoSizedDisk(scratch: string): string | undefined {
  mkdirSync(scratch, { recursive: true });
  const words = ["--mount", "--propagation", "private", "mount", "-t", "tmpfs", "longhaul-disk", scratch];
  const { status, stderr, error } = spawnSync("unshare", words, { encoding: "utf8" });
  return status === 0 ? undefined : error ? messageOf(error) : stderr.trim();
}

function isMounted(folder: string): boolean {
  return existsSync(folder) && mountPoints().includes(folder);
}

/** As the kernel lists them: blanks and the like in octal. */
function mountPoints(): string[] {
  return readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .flatMap((line) => line.split(" ")[1] ?? [])
    .map((point) =>
      point.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))),
    );
}

function run(program: string, ...words: string[]): void {
  const { status, stderr, error } = spawnSync(program, words, { encoding: "utf8" });
  if (status !== 0)
    throw new Failure(`${program} ${words.join(" ")}: ${error ? messageOf(error) : stderr.trim()}`);
}
