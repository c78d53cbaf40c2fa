import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { unlessAbsent } from "./absent.ts";

/** A TCP socket that a process holds open. */
export interface Socket {
  /** The kernel's number for it; another connection has another. */
  inode: string;
  /** Connected, or about to be. */
  connected: boolean;
  /** Bytes that it has received and not read, or sent and not seen acknowledged. */
  waiting: boolean;
}

/** States in the kernel's table: ESTABLISHED, SYN_SENT, SYN_RECV. */
const connectedStates = ["01", "02", "03"];

/**
 * The TCP sockets of a process: those of the kernel's table that the process's
 * own descriptors name.
 *
 * @param proc where `/proc` is mounted
 */
export function readSockets(proc: string, pid: number): Socket[] {
  const folder = `${proc}/${pid}`;
  const own = new Set(
    (unlessAbsent(() => readdirSync(`${folder}/fd`)) ?? []).map((fd) =>
      unlessAbsent(() => readlinkSync(`${folder}/fd/${fd}`)),
    ),
  );
  return ["tcp", "tcp6"]
    .flatMap((table) =>
      (unlessAbsent(() => readFileSync(`${folder}/net/${table}`, "utf8")) ?? "").split("\n").slice(1),
    )
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => own.has(`socket:[${fields[9]}]`))
    .map(([, , , state, queues, , , , , inode]) => ({
      inode: inode!,
      connected: connectedStates.includes(state!),
      waiting: /[1-9A-F]/.test(queues!),
    }));
}
