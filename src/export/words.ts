import { existsSync } from "node:fs";
import sharp, { type OverlayOptions } from "sharp";

/** Words in a picture. */
export interface Words {
  readonly text: string;
  /** Pixels from the left to where the words begin, or to their middle. */
  readonly x: number;
  /** Pixels from above to the line that the letters stand on. */
  readonly y: number;
  /** Height of the letters in pixels. */
  readonly size: number;
  /** Default: `start`. */
  readonly anchor?: "start" | "middle";
}

/** Mean width of a letter, of its size: of usual fonts, rather more than less. */
const LETTER_WIDTH = 0.56;

/** Pixels that words take up in width, about. */
export function widthOf(text: string, size: number): number {
  return text.length * LETTER_WIDTH * size;
}

/** Letters that a width in pixels has room for, about. */
export function lettersIn(width: number, size: number): number {
  return Math.floor(width / (LETTER_WIDTH * size));
}

/** Words as layers for sharp's `composite`. Each is one of its own: a layer as large as a large grid would be refused. */
export function drawnWords(words: readonly Words[]): readonly OverlayOptions[] {
  return words
    .filter(({ text }) => text !== "")
    .map(({ text, x, y, size, anchor = "start" }) => {
      const [width, height] = [Math.ceil(1.5 * widthOf(text, size)) + size, 2 * Math.ceil(size)];
      const left = Math.max(0, Math.round(anchor === "start" ? x : x - width / 2));
      const top = Math.max(0, Math.round(y - 1.3 * size));
      const escaped = text.replace(/[&<>\p{Cc}]/gu, (character) => `&#${character.codePointAt(0) ?? 63};`);
      const written = `<text x="${x - left}" y="${y - top}" font-family="sans-serif" font-size="${size}" text-anchor="${anchor}" fill="#222">${escaped}</text>`;
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${written}</svg>`;
      return { input: Buffer.from(svg), left, top };
    });
}

/** Whether words can be drawn: without any font all letters are the same empty box. */
export async function hasFont(): Promise<boolean> {
  // Without its configuration the font library complains on standard error.
  if (process.platform === "linux" && !existsSync("/etc/fonts/fonts.conf")) return false;
  const [one, other] = await Promise.all(
    ["i", "m"].map((text) =>
      sharp({ text: { text, font: "sans-serif", rgba: true } })
        .raw()
        .toBuffer(),
    ),
  );
  return one !== undefined && other !== undefined && !one.equals(other);
}
