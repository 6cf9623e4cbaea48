import sharp from "sharp";
import { describe, expect, test } from "vitest";
import type { Preparation } from "../images/preparation.ts";
import { asBroken, asDrawing, asFile, asPixels, type MemoryImage, memorySource } from "../testing/memory-source.ts";
import { encodePreview } from "./preview.ts";

const gap = 4;
/** Magnified 24 times: cells of 144 by 192. */
const format = { height: 8, width: 6, channels: 3 } as const;
const preparation: Preparation = { format, fitting: { fit: "cover", crop: "centre", filter: "lanczos3" } };

const decoded = async (png: Buffer) => {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  return {
    width: info.width,
    height: info.height,
    /** Colour at a place in the cell of this row and column, in parts of the cell. */
    at: (row: number, column: number, y: number, x: number): string => {
      const top = gap + row * (192 + gap) + Math.floor(y * 192);
      const left = gap + column * (144 + gap) + Math.floor(x * 144);
      return `#${data
        .subarray((top * info.width + left) * 3)
        .subarray(0, 3)
        .toString("hex")}`;
    },
  };
};

const image = (deliver: MemoryImage["deliver"]): MemoryImage => ({ name: "x", deliver });
const red = asDrawing("#d02020");
/** Left half black, right half white. */
const halves = asPixels(
  { height: 8, width: 6, channels: 1 },
  Uint8Array.from({ length: 48 }, (_, at) => (at % 6 < 3 ? 0 : 255)),
);

describe("encodePreview", () => {
  test("shows the whole original on grey beside what is cut out of it, with square pixels", async () => {
    const wide = await sharp({ create: { width: 36, height: 6, channels: 4, background: "#00000000" } })
      .composite([
        { input: { create: { width: 12, height: 6, channels: 4, background: "#2040d0" } }, left: 12, top: 0 },
      ])
      .png()
      .toBuffer();
    const preview = await decoded(
      await encodePreview(memorySource([image(asFile(wide))]), preparation, { mirror: false, seed: 1 }),
    );
    expect([preview.width, preview.height]).toEqual([2 * 144 + 3 * gap, 192 + 2 * gap]);
    expect(preview.at(0, 0, 0.05, 0.5)).toBe("#808890");
    expect(preview.at(0, 0, 0.5, 0.1)).toBe("#808890");
    expect(preview.at(0, 0, 0.5, 0.5)).toBe("#2040d0");
    expect(preview.at(0, 1, 0.05, 0.5)).toBe("#2040d0");
  });

  test("shows drawings, pixels and files, spread over the source; broken ones give way to others", async () => {
    const blue = asFile(
      await sharp({ create: { width: 6, height: 8, channels: 3, background: "#2020d0" } })
        .jpeg({ quality: 100, chromaSubsampling: "4:4:4" })
        .toBuffer(),
    );
    const cut = asFile(Buffer.from("not an image"));
    const source = memorySource([asBroken("cut"), red, cut, blue, cut, halves].map(image));
    const preview = await decoded(await encodePreview(source, preparation, { mirror: false, seed: 1, count: 3 }));
    expect(preview.height).toBe(3 * (192 + gap) + gap);
    for (const column of [0, 1]) {
      expect(preview.at(0, column, 0.5, 0.5)).toBe("#d02020");
      expect(preview.at(1, column, 0.5, 0.5)).toMatch(/^#[12].[12].[cd].$/);
      expect(preview.at(2, column, 0.5, 0.49)).toBe("#000000");
      expect(preview.at(2, column, 0.5, 0.51)).toBe("#ffffff");
    }
  });

  test("with mirror two draws of augmentation are added, which the seed decides", async () => {
    const source = memorySource(Array.from({ length: 8 }, () => image(halves)));
    const leftHalves = async (seed: number): Promise<readonly string[]> => {
      const preview = await decoded(await encodePreview(source, preparation, { mirror: true, seed }));
      expect(preview.width).toBe(4 * (144 + gap) + gap);
      return Array.from({ length: 16 }, (_, draw) => preview.at(Math.floor(draw / 2), 2 + (draw % 2), 0.5, 0.25));
    };
    const drawn = await leftHalves(1);
    expect(new Set(drawn)).toEqual(new Set(["#000000", "#ffffff"]));
    expect(await leftHalves(1)).toEqual(drawn);
    expect(await leftHalves(2)).not.toEqual(drawn);
  });

  test("grey preparations are shown grey", async () => {
    const grey: Preparation = { ...preparation, format: { ...format, channels: 1 } };
    const preview = await decoded(await encodePreview(memorySource([image(red)]), grey, { mirror: false, seed: 1 }));
    expect(preview.at(0, 0, 0.5, 0.5)).toBe("#d02020");
    expect(preview.at(0, 1, 0.5, 0.5)).toMatch(/^#(..)\1\1$/);
  });

  test("where nothing can be read, the reason is told", async () => {
    const source = memorySource([image(asBroken("cut"))]);
    await expect(encodePreview(source, preparation, { mirror: false, seed: 1 })).rejects.toThrow("received x: cut");
  });
});
