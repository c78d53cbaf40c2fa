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
 * To change them, change the program.
 */

const end = "<!-- end -->";

/** The comment that such a part begins with. */
function beginning(program: string): string {
  return `<!-- made by npm run ${program} -->`;
}

/**
 * What a program made in a document; undefined where the document has no such part.
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
 * The document with that part written again.
 *
 * @throws Error when it has none
 */
export function withGeneratedSection(document: string, program: string, text: string): string {
  if (generatedSection(document, program) === undefined) {
    throw new Failure(`The document has no part between "${beginning(program)}" and "${end}".`);
  }
  const start = document.indexOf(beginning(program)) + beginning(program).length;
  return `${document.slice(0, start)}\n\n${text.trim()}\n\n${document.slice(document.indexOf(end, start))}`;
}

/**
 * A table in Markdown, as the formatter would have it.
 *
 * @param left so many columns are text; those after them are figures, to the right
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

/** Prints what a program made, or puts it into its document below the project's folder. */
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
