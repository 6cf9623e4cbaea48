/** A table in CSV (RFC 4180) with LF, the first row being the header. */
export function csvText(rows: Iterable<readonly string[]>): string {
  let text = "";
  for (const cells of rows) text += `${cells.map(quoted).join(",")}\n`;
  return text;
}

/** Blanks at the ends are quoted too, as they are trimmed otherwise. */
function quoted(cell: string): string {
  return /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
