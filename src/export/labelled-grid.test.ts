import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { encodeLabelledGrid, type GridLabels } from "./labelled-grid.ts";
import { encodeGrid } from "./picture.ts";
import { hasFont } from "./words.ts";

const format = { height: 32, width: 32, channels: 1 } as const;
const bytes = new Uint8Array(6 * 32 * 32).fill(128);

async function drawn(labels: GridLabels) {
  const png = await encodeLabelledGrid(bytes, format, { columns: 3, labels });
  const { width, height } = await sharp(png).metadata();
  return { png, width, height };
}

/** Whether anything dark stands in a part of a picture. */
async function hasInk(png: Uint8Array, left: number, top: number, width: number, height: number): Promise<boolean> {
  const pixels = await sharp(png).extract({ left, top, width, height }).toColourspace("b-w").raw().toBuffer();
  return pixels.some((value) => value < 110);
}

describe("a grid with words", async () => {
  const plain = await encodeGrid(bytes, format, { columns: 3 });
  const { width: gridWidth, height: gridHeight } = await sharp(plain).metadata();
  const font = await hasFont();

  it("has each row's words at its right and each column's above it, and the pictures as they were", async () => {
    const { png, width, height } = await drawn({ columns: ["12", "- 7 <&>", "= result"], rows: ["", "1\n31 %"] });
    expect([width > gridWidth, height > gridHeight]).toEqual([font, font]);
    const top = height - gridHeight;
    const pictures = sharp(png).extract({ left: 0, top, width: gridWidth, height: gridHeight });
    expect((await pictures.raw().toBuffer()).equals(await sharp(plain).raw().toBuffer())).toBe(true);
    if (!font) return;
    for (const column of [0, 1, 2]) expect(await hasInk(png, column * 66, 0, 66, top)).toBe(true);
    expect(await hasInk(png, gridWidth, top, width - gridWidth, 66)).toBe(false);
    expect(await hasInk(png, gridWidth, top + 66, width - gridWidth, 66)).toBe(true);
    // Nothing touches the edge: no word is cut.
    expect(await hasInk(png, width - 1, 0, 1, height)).toBe(false);
  });

  it("needs no room without words, or where no word could be read", async () => {
    for (const columns of [[], ["", "", ""], ["far too many words for a column", "", ""]]) {
      const { width, height } = await drawn({ columns });
      expect([width, height]).toEqual([gridWidth, gridHeight]);
    }
  });
});
