import sharp from "sharp";
import { colourspaceOf, encodePng } from "../data/index.ts";
import type { ImageFormat } from "../models/index.ts";
import { assertGrid, drawGrid, GAP, type GridOptions } from "./picture.ts";
import { drawnWords, hasFont, type Words, widthOf } from "./words.ts";

/** What is written beside the pictures of a grid; a text may have several lines. */
export interface GridLabels {
  /** Above each column; one more is written above the words beside the rows. */
  readonly columns?: readonly string[];
  /** At the right of each row. */
  readonly rows?: readonly string[];
}

/** Pixels: height of the letters, of a line, and between words and pictures. */
const LETTERS = 11;
const LINE = 14;
const MARGIN = 6;
/** Letters that are smaller cannot be read. */
const LEAST_LETTERS = 7;
/** Letters in a line beside a row at most. */
const LONGEST = 36;

/**
 * A grid as of `encodeGrid` with words at its right and above, for one PNG file. Words above a column that would not fit its width
 * are written smaller, or left out where they could not be read; all are left out where the machine has no font.
 * @param bytes pictures, [count, channels, height, width].
 * @throws AtelierError (usage) when the pictures are too many for one file.
 */
export async function encodeLabelledGrid(
  bytes: Uint8Array,
  format: ImageFormat,
  { columns, labels }: Required<GridOptions> & { readonly labels: GridLabels },
): Promise<Buffer> {
  const count = bytes.length / (format.width * format.height * format.channels);
  assertGrid(format, count, columns);
  const { pixels, ...raw } = drawGrid(bytes, format, { columns, gap: GAP });
  if (!(await hasFont())) return await encodePng(pixels, raw);
  const { words, top, right } = placed(labels, raw, columns, Math.ceil(count / columns));
  return await sharp(pixels, { raw })
    .extend({ top, right, background: "white" })
    .composite([...drawnWords(words)])
    .removeAlpha()
    .toColourspace(colourspaceOf(format))
    .png()
    .toBuffer();
}

interface Placed {
  readonly words: readonly Words[];
  /** Pixels that the words need above and at the right of the grid. */
  readonly top: number;
  readonly right: number;
}

function placed({ columns = [], rows = [] }: GridLabels, grid: Size, across: number, down: number): Placed {
  const [width, height] = [(grid.width - GAP) / across, (grid.height - GAP) / down];
  const heads = columns.slice(0, across).map((text) => text.split("\n"));
  const corner = (columns[across] ?? "").split("\n");
  const sides = rows.map((text) => text.split("\n").map(shortened));
  const longest = Math.max(1, ...heads.flat().map((line) => line.length));
  const size = Math.min(LETTERS, (width - GAP) / widthOf("m".repeat(longest), 1));
  const shown = size < LEAST_LETTERS ? [] : heads;
  const lines = Math.max(0, ...[...shown, corner].filter((head) => head.join("") !== "").map((head) => head.length));
  const top = lines === 0 ? 0 : lines * LINE + MARGIN;
  const beside = [...sides, corner].flat();
  const right = beside.join("") === "" ? 0 : MARGIN + Math.max(...beside.map((line) => widthOf(line, 1.1 * LETTERS)));
  const x = grid.width + MARGIN;
  return {
    words: [
      ...shown.flatMap((head, index) =>
        head.map((text, line): Words => {
          return { text, x: GAP + index * width + (width - GAP) / 2, y: (line + 1) * LINE, size, anchor: "middle" };
        }),
      ),
      ...corner.map((text, line): Words => ({ text, x, y: (line + 1) * LINE, size: LETTERS })),
      ...sides.flatMap((side, index) =>
        side.map((text, line): Words => {
          const middle = top + GAP + index * height + (height - GAP) / 2;
          return { text, x, y: middle + (line + 1 - side.length / 2) * LINE - 3, size: LETTERS };
        }),
      ),
    ],
    top,
    right: Math.ceil(right),
  };
}

interface Size {
  readonly width: number;
  readonly height: number;
}

function shortened(line: string): string {
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1)}…`;
}
