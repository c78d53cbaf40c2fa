import { createHash } from "node:crypto";
import { connect, createServer } from "node:net";
import type { Shape } from "../../contract/shape.ts";
import { parseShape } from "../../contract/shape.ts";

/*
 * Who works in a cloud's folder. Each role is held by listening on an address
 * of Linux's abstract socket namespace (unix(7)): the kernel gives it to one
 * process only, and takes it back when that process ends, however it ends. So
 * nothing is left behind that could be taken for a living process, and two
 * that begin at once cannot both have it, as both could with a file.
 */

/** `command`: one of the commands that change the cloud. `cloud`: the cloud's own process. */
export type Role = "command" | "cloud";

export interface Holder {
  /** Undefined: it did not say, as a process does that is stopped. */
  pid?: number;
}

const holderShape: Shape<Holder> = { "pid?": "number" };

/** A holder that does not say who it is within this time holds all the same. */
const answerWithinMs = 2_000;

/**
 * Takes a role in a folder, until this process ends or gives it back.
 *
 * @param dir the folder's real path; it need not exist
 * @returns how to give it back; or who has the role
 */
export async function holdFolder(
  dir: string,
  role: Role,
): Promise<{ held: true; release: () => void } | { held: false; holder: Holder }> {
  const server = createServer((connection) => {
    connection.on("error", () => undefined); // Who asked has gone; that is all right.
    connection.end(JSON.stringify({ pid: process.pid } satisfies Holder));
  });
  server.unref(); // To hold is no reason to go on.
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
    // It has ended between the two looks.
  }
}

/**
 * Who has a role in a folder; undefined: nobody.
 *
 * @throws {Failure} when what listens there is something else
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

/** Undefined: nobody has the role; empty: its holder says nothing, because it is stopped, or ends at this moment. */
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

/** An address has at most 107 bytes, and paths are longer. */
function addressOf(dir: string, role: Role): string {
  return `\0longhaul-${role}-${createHash("sha256").update(dir).digest("hex")}`;
}
