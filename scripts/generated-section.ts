import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Failure } from "../contract/failure.ts";

/*
 * Parts of documents that programs make, between two comments:
 *
 *   <!-- made by npm run simulate -->
 *   …
 *   <!-- end -->
 *
 * To change such a part, change the program that makes it.
 */

const end = "<!-- end -->";

/** The comment at the beginning of such a part. */
function beginning(program: string): string {
  return `<!-- made by npm run ${program} -->`;
}

/**
 * The part of a document that a program made; undefined if the document has no such part.
 *
 * @param program the script's name in package.json
 */
export function generatedSection(document: string, program: string): string | undefined {
  const from = document.indexOf(beginning(program));
  if (from < 0) return undefined;
  const start = from + beginning(program).length;
  const to = document.indexOf(end, start);
  return to < 0 ? undefined : document.slice(start, to).trim();
}

/**
 * The document with that part replaced.
 *
 * @throws Failure when the document has no such part
 */
export function withGeneratedSection(document: string, program: string, text: string): string {
  if (generatedSection(document, program) === undefined) {
    throw new Failure(`The document has no part between "${beginning(program)}" and "${end}".`);
  }
  const start = document.indexOf(beginning(program)) + beginning(program).length;
  return `${document.slice(0, start)}\n\n${text.trim()}\n\n${document.slice(document.indexOf(end, start))}`;
}

/**
 * A table in Markdown, laid out as the formatter does it.
 *
 * @param left number of text columns; the columns after them are figures, aligned to the right
 */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  left: number,
): string {
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const padded = (cells: readonly string[]) =>
    line(
      cells.map((cell, column) =>
        column < left ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      ),
    );
  const rule = widths.map((width, column) =>
    column < left ? "-".repeat(width) : `${"-".repeat(width - 1)}:`,
  );
  return [padded(head), line(rule), ...rows.map(padded)].join("\n");
}

/** Prints the text that a program made, or writes it into its document below the project's folder. */
export async function printGeneratedSection(part: {
  program: string;
  document: string;
  text: string;
  write: boolean;
}): Promise<void> {
  const { program, document, text, write } = part;
  if (!write) {
    console.log(text);
    return;
  }
  const file = join(import.meta.dirname, "..", document);
  await writeFile(file, withGeneratedSection(await readFile(file, "utf8"), program, text));
}
