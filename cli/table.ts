/** Columns of text, aligned. @module */

/** One cell: its text, and how it is painted after its width was taken. */
export interface Cell {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

/** Rows under a head, two spaces between columns; an empty cell is a dash. */
export function table(
  head: readonly string[],
  rows: readonly (readonly (string | Cell)[])[],
  paintHead: (text: string) => string,
): string {
  const all: readonly (readonly Cell[])[] = [
    head.map((text) => ({ text, paint: paintHead })),
    ...rows.map((row) => row.map(toCell)),
  ];
  const widths = head.map((_, column) =>
    Math.max(...all.map((row) => Array.from(row[column]?.text ?? "").length))
  );
  const lines = all.map((row) =>
    row.map(({ text, paint = same }, column) => {
      const last = column === row.length - 1;
      const gap = last ? 0 : (widths[column] ?? 0) - Array.from(text).length + 2;
      return paint(text) + " ".repeat(gap);
    }).join("").trimEnd()
  );
  return `${lines.join("\n")}\n`;
}

function toCell(cell: string | Cell): Cell {
  const { text, ...rest } = typeof cell === "string" ? { text: cell } : cell;
  return { text: text === "" ? "-" : text, ...rest };
}

function same(text: string): string {
  return text;
}
