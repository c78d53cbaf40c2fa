/** Layout of a table; by default, text is aligned to the left and unchanged. */
export interface Layout {
  /** Columns of text; those of figures are aligned to the right. */
  isText?: (column: number) => boolean;
  /** Colours a cell that already has its width. */
  paint?: (cell: string, column: number, row: number) => string;
}

/** The lines of a table, each column as wide as its longest cell. @param rows each with as many cells as the first */
export function alignColumns(
  rows: readonly (readonly string[])[],
  { isText = () => true, paint = (cell) => cell }: Layout = {},
): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  return rows.map((cells, row) =>
    cells
      .map((cell, column) => {
        const width = widths[column]!;
        return paint(isText(column) ? cell.padEnd(width) : cell.padStart(width), column, row);
      })
      .join("  ")
      .trimEnd(),
  );
}
