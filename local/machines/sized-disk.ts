import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { Failure, messageOf } from "../../contract/failure.ts";

/**
 * Mounts a machine's disk with a size: a separate file system in the computer's
 * memory, which lives as long as a folder would. Only root can do this.
 */
export function mountDisk(folder: string, bytes: number): void {
  if (isMounted(folder)) return;
  mkdirSync(folder, { recursive: true });
  run("mount", "-t", "tmpfs", "-o", `size=${bytes}`, "longhaul-disk", folder);
}

export function unmountDisk(folder: string): void {
  if (isMounted(folder)) run("umount", folder);
}

/** Unmounts the disks that an earlier local cloud left below a folder. */
export function unmountBelow(folder: string): void {
  mountPoints()
    .filter((point) => point.startsWith(`${folder}/`))
    .reverse()
    .forEach(unmountDisk);
}

/** Why this computer cannot give machines a disk with a size; undefined if it can. */
export function whyNoSizedDisk(scratch: string): string | undefined {
  mkdirSync(scratch, { recursive: true });
  const words = ["--mount", "--propagation", "private", "mount", "-t", "tmpfs", "longhaul-disk", scratch];
  const { status, stderr, error } = spawnSync("unshare", words, { encoding: "utf8" });
  return status === 0 ? undefined : error ? messageOf(error) : stderr.trim();
}

function isMounted(folder: string): boolean {
  return existsSync(folder) && mountPoints().includes(folder);
}

/** Mount points as the kernel lists them: blanks and similar characters in octal. */
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
