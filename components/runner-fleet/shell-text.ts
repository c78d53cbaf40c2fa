/* Texts as pieces of the shell scripts that travel to a machine. */

import { Failure } from "../../contract/failure.ts";

/** A text as one word of a shell. */
export function quote(text: string): string {
  if (text.includes("\0")) {
    throw new Failure(`A value for the machine holds a NUL character: ${JSON.stringify(text)}`);
  }
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The commands that write a file below the root, whatever is in it. */
export function file(path: string, text: string): string {
  const lines = text.replace(/\n$/, "").split("\n");
  let end = "END_OF_FILE";
  while (lines.includes(end)) end += "_";
  return [`cat >"$root/${path}" <<'${end}'`, ...lines, end].join("\n");
}

/** Removes comments on lines of their own and indentation, which a machine does not need. */
export function bare(script: string): string {
  return script.replace(/^ *#(?!!).*\n/gm, "").replace(/^ +/gm, "");
}
