import { clearLine, cursorTo } from "node:readline";

const BAR = 16;
/** In a window of fewer columns the text is worth more than the bar. */
const NARROW = 70;
/** A pipe gets a line at most this often, in milliseconds. */
const PLAIN_INTERVAL = 10_000;

/** One line that tells how far the work is: redrawn in place on a terminal, now and then a new line in a pipe. */
export class Progress {
  readonly #output: NodeJS.WriteStream;
  #lastPlain = Number.NEGATIVE_INFINITY;
  #drawn = false;

  constructor(output: NodeJS.WriteStream) {
    this.#output = output;
  }

  /** Shows that `done` of `total` is done, with a short text behind it. */
  show(done: number, total: number, text: string): void {
    const share = total === 0 ? 1 : done / total;
    if (this.#output.isTTY) {
      const columns = this.#output.columns - 1;
      const bar = columns < NARROW ? 0 : BAR;
      const filled = Math.round(share * bar);
      this.#redraw(`${"█".repeat(filled)}${"░".repeat(bar - filled)} ${text}`.trimStart().slice(0, columns));
      return;
    }
    const now = performance.now();
    if (now - this.#lastPlain < PLAIN_INTERVAL && done < total) return;
    this.#lastPlain = now;
    this.#output.write(`${String(Math.round(share * 100)).padStart(3)} %  ${text}\n`);
  }

  /** Removes the line, so that other text can be written. */
  clear(): void {
    if (this.#drawn) this.#redraw("");
    this.#drawn = false;
    this.#lastPlain = Number.NEGATIVE_INFINITY;
  }

  /** Writes a line of text above the progress line. */
  say(text: string): void {
    if (this.#drawn) this.#redraw("");
    this.#drawn = false;
    this.#output.write(`${text}\n`);
  }

  #redraw(line: string): void {
    clearLine(this.#output, 0);
    cursorTo(this.#output, 0);
    this.#output.write(line);
    this.#drawn = true;
  }
}
