import { createHash } from "node:crypto";
import { connect, createServer } from "node:net";
import type { Shape } from "../../contract/shape.ts";
import { parseShape } from "../../contract/shape.ts";

/*
 * Roles of processes in a cloud's folder. A process holds a role by listening
 * on an address of Linux's abstract socket namespace (unix(7)). The kernel
 * gives an address to one process only, and takes it back when that process
 * ends, however it ends. So no file is left behind that looks like a living
 * process, and two processes that begin at once cannot both have the role.
 */

/** `command`: a command that changes the cloud. `cloud`: the cloud's own process. */
export type Role = "command" | "cloud";

export interface Holder {
  /** Undefined when the holder did not answer, for example because its process is stopped (SIGSTOP). */
  pid?: number;
}

const holderShape: Shape<Holder> = { "pid?": "number" };

/** A holder that does not answer within this time still holds the role. */
const answerWithinMs = 2_000;

/**
 * Takes a role in a folder, until this process ends or gives the role back.
 *
 * @param dir the folder's real path; it need not exist
 * @returns a function that gives the role back; or the process that already
 * holds it
 */
export async function holdFolder(
  dir: string,
  role: Role,
): Promise<{ held: true; release: () => void } | { held: false; holder: Holder }> {
  const server = createServer((connection) => {
    connection.on("error", () => undefined); // The asking process has gone, which does no harm.
    connection.end(JSON.stringify({ pid: process.pid } satisfies Holder));
  });
  server.unref(); // A held role must not keep this process alive.
  for (;;) {
    const taken = await new Promise<boolean>((resolve, reject) => {
      server.once("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "EADDRINUSE") resolve(false);
        else reject(error);
      });
      server.listen(addressOf(dir, role), () => {
        resolve(true);
      });
    });
    if (taken) return { held: true, release: () => server.close() };
    const holder = await holderOf(dir, role);
    if (holder) return { held: false, holder };
    // The holder has ended between the two attempts.
  }
}

/**
 * The process that holds a role in a folder; undefined when the role is free.
 *
 * @throws {Failure} when another kind of program listens there
 */
export async function holderOf(dir: string, role: Role): Promise<Holder | undefined> {
  const answer = await askHolder(dir, role);
  if (answer === undefined) return undefined;
  if (answer === "") return {};
  return parseShape<Holder>(answer, holderShape, {
    subject: `The answer of the process that holds the role "${role}" in ${dir}`,
    remedy: "Another program listens where a local cloud would: end it, or name another folder with --dir.",
  });
}

/** Undefined: the role is free. Empty: the holder does not answer, because it is stopped or is just ending. */
function askHolder(dir: string, role: Role): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let text = "";
    const connection = connect(addressOf(dir, role));
    connection.setTimeout(answerWithinMs, () => {
      connection.destroy();
      resolve("");
    });
    connection.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    connection.once("end", () => {
      resolve(text);
    });
    connection.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") resolve(undefined);
      else if (error.code === "ECONNRESET" || error.code === "EPIPE") resolve("");
      else reject(error);
    });
  });
}

/** An address has at most 107 bytes, and paths can be longer. */
function addressOf(dir: string, role: Role): string {
  return `\0longhaul-${role}-${createHash("sha256").update(dir).digest("hex")}`;
}
