import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { encodeComparison } from "./comparison.ts";
import { hasFont } from "./words.ts";

const plain = async (side: number, background: string, name = background) => ({
  name,
  bytes: await sharp({ create: { width: side, height: side, channels: 3, background } })
    .png()
    .toBuffer(),
});

/** The colour of a pixel. */
async function colourAt(picture: Uint8Array, left: number, top: number): Promise<readonly number[]> {
  return [...(await sharp(picture).extract({ left, top, width: 1, height: 1 }).raw().toBuffer())];
}

describe("pictures side by side", () => {
  it("stand in a row, in their order, on white", async () => {
    const head = (await hasFont()) ? 24 : 0;
    const picture = await encodeComparison([await plain(100, "#ff0000"), await plain(100, "#0000ff")]);
    const { width, height } = await sharp(picture).metadata();
    expect([width, height]).toEqual([16 + 2 * (100 + 16), 16 + 100 + head + 16]);
    expect(await colourAt(picture, 60, 60 + head)).toEqual([255, 0, 0]);
    expect(await colourAt(picture, 180, 60 + head)).toEqual([0, 0, 255]);
    expect(await colourAt(picture, 124, 60 + head)).toEqual([255, 255, 255]);
  });

  it("are made smaller where they are large, and go on in another row after four", async () => {
    const pictures = await Promise.all(
      ["one", "two <&>", "three", "four", "five"].map((name) => plain(1000, "#008000", name)),
    );
    const { width, height } = await sharp(await encodeComparison(pictures)).metadata();
    const head = (await hasFont()) ? 24 : 0;
    expect([width, height]).toEqual([16 + 4 * (520 + 16), 16 + 2 * (520 + 16 + head)]);
  });
});
