import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as z from "zod";
import { Failure } from "../../contract/failure.ts";
import type { Environment } from "../environment.ts";
import { replaceFile } from "../replace-file.ts";
import { journalSchema } from "./journal.ts";
import type { Journal } from "./journal.ts";

/** Path of the journal of an environment's last rotation. The folder is outside of version control. */
export function journalPath({ project, name }: Pick<Environment, "project" | "name">): string {
  return join(project, ".longhaul", "rotations", `${name}.json`);
}

/**
 * @returns undefined if there never was a rotation
 * @throws if the file is not a journal
 */
export async function readJournal(path: string): Promise<Journal | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const found = journalSchema.safeParse(parseJson(text));
  if (found.success) return found.data;
  throw new Failure(
    `The journal ${path} cannot be read, so nothing was done: ${z.prettifyError(found.error)}\n` +
      "Read in it how far the last rotation came, apply the stack file with `pulumi up`, then delete the journal.",
  );
}

/** It contains the stack file's text with encrypted values, so only its owner may read it. */
export async function writeJournal(path: string, journal: Journal): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await replaceFile(path, `${JSON.stringify(journal, null, 2)}\n`, 0o600);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // The schema refuses it.
  }
}
