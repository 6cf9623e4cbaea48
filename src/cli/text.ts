/** 2160 -> `2,160`. */
export function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

/** Seconds as `45 s`, `3:07` or `1:02:03`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}

/** `1 image`, `2 images`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${grouped(count)} ${count === 1 ? noun : plural}`;
}

/** Text that cannot move the cursor or add a line: control characters as escapes. */
export function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));
}

/** A last column narrower than this is not worth wrapping. */
const LEAST_WRAPPED = 20;

/**
 * Rows with their columns aligned, two blanks apart; the last column is not padded, and goes on under itself where it would
 * leave the window.
 * @param window columns of the window. Default: those of the terminal; a pipe has no end.
 */
export function table(rows: readonly (readonly string[])[], window = process.stdout.columns): string {
  const widths = rows.reduce<number[]>(
    (most, row) => row.map((cell, column) => Math.max(most[column] ?? 0, cell.length)),
    [],
  );
  return rows.map((row) => lineOf(row, widths, window)).join("");
}

const INDENT = "  ";

function lineOf(row: readonly string[], widths: readonly number[], window: number | undefined): string {
  const before =
    INDENT +
    row
      .slice(0, -1)
      .map((cell, column) => `${cell.padEnd(widths[column] ?? 0)}  `)
      .join("");
  const room = (window ?? Number.POSITIVE_INFINITY) - before.length;
  const lines = room < LEAST_WRAPPED ? [row.at(-1) ?? ""] : wrapped(row.at(-1) ?? "", room);
  return lines
    .map((line, index) => `${index === 0 ? before : " ".repeat(before.length)}${line}`.trimEnd())
    .map((line) => `${line}\n`)
    .join("");
}

/** The words of a text in lines of at most `room` characters, where no word is longer. */
function wrapped(text: string, room: number): readonly string[] {
  return text.split(" ").reduce<readonly string[]>((lines, word) => {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= room) return [...lines.slice(0, -1), `${last} ${word}`];
    return [...lines, word];
  }, []);
}
