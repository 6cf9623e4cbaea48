import sharp from "sharp";
import { describe, expect, test } from "vitest";
import type { ImageSource } from "../image-source.ts";
import { asBroken, asDrawing, asPixels, type MemoryImage, memorySource } from "../testing/memory-source.ts";
import { encodeContactSheet } from "./contact-sheet.ts";

const cell = 64;
const gap = 4;
const ground = "#808890";

/** Colour of each cell's middle as `#rrggbb`, by row and column. */
const coloursOf = async (png: Buffer): Promise<readonly (readonly string[])[]> => {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  const across = (pixels: number): number => (pixels - gap) / (cell + gap);
  const middle = (place: number): number => gap + place * (cell + gap) + cell / 2;
  return Array.from({ length: across(info.height) }, (_, row) =>
    Array.from({ length: across(info.width) }, (_, column) => {
      const at = (middle(row) * info.width + middle(column)) * info.channels;
      return `#${data.subarray(at, at + 3).toString("hex")}`;
    }),
  );
};

const image = (label: string | null, deliver: MemoryImage["deliver"], name = ""): MemoryImage => ({
  name,
  label,
  deliver,
});
const many = (count: number, label: string | null, colour: string): readonly MemoryImage[] =>
  Array.from({ length: count }, () => image(label, asDrawing(colour)));

describe("encodeContactSheet", () => {
  test("shows one row a class in their order, those without a label last; broken images are passed over", async () => {
    const source = memorySource([
      image("10", asDrawing("#101010")),
      image(null, asDrawing("#eeeeee")),
      image("2", asBroken("cut")),
      image("2", asPixels({ height: 2, width: 2, channels: 1 }, new Uint8Array(4).fill(34))),
      image("2", asPixels({ height: 2, width: 4, channels: 3 }, new Uint8Array(24).fill(51))),
      image("lost", asBroken("cut")),
    ]);
    const { png, rows } = await encodeContactSheet(source);
    expect(rows).toEqual([
      { label: "2", count: 3, shown: 2 },
      { label: "10", count: 1, shown: 1 },
      { label: "lost", count: 1, shown: 0 },
      { label: null, count: 1, shown: 1 },
    ]);
    expect(await coloursOf(png)).toEqual([
      ["#222222", "#333333"],
      ["#101010", ground],
      ["#eeeeee", ground],
    ]);
  });

  test("a broken image gives way to another of its class, and twelve are spread over it", async () => {
    const colours = Array.from({ length: 48 }, (_, index) => `#${index.toString(16).padStart(2, "0").repeat(3)}`);
    const source = memorySource(
      colours.map((colour, index) => image("a", index % 4 === 0 ? asBroken("cut") : asDrawing(colour))),
    );
    const { png, rows } = await encodeContactSheet(source);
    expect(rows).toEqual([{ label: "a", count: 48, shown: 12 }]);
    expect(await coloursOf(png)).toEqual([colours.filter((_, index) => index % 4 === 1)]);
  });

  test("of very many classes the largest have rows; without labels there is a grid", async () => {
    const classes = Array.from({ length: 45 }, (_, index) => many(index % 9 === 0 ? 1 : 2, `c${index}`, "#204060"));
    const { png, rows } = await encodeContactSheet(memorySource(classes.flat()));
    expect((await coloursOf(png)).length).toBe(40);
    expect(rows.filter(({ shown }) => shown === 0).map(({ label }) => label)).toEqual([
      "c0",
      "c9",
      "c18",
      "c27",
      "c36",
    ]);
    const grid = await encodeContactSheet(memorySource(many(100, null, "#204060")));
    expect(grid.rows).toEqual([{ label: null, count: 100, shown: 96 }]);
    expect(await coloursOf(grid.png)).toEqual(Array(8).fill(Array(12).fill("#204060")));
  });

  test("only images that are shown are asked for", async () => {
    const source = memorySource(many(5000, "a", "#204060"));
    const asked: number[] = [];
    const watched: ImageSource = {
      ...source,
      images: (wanted) => {
        asked.push(...(wanted ?? []));
        return source.images(wanted);
      },
    };
    await encodeContactSheet(watched);
    expect(asked.length).toBe(12);
  });

  test("where nothing can be read, the reason is told", async () => {
    await expect(encodeContactSheet(memorySource([image("a", asBroken("cut"), "x.png")]))).rejects.toThrow(
      "expected images that can be read, received x.png: cut",
    );
    await expect(encodeContactSheet(memorySource([]))).rejects.toThrow("no images");
  });
});
