import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { imageBytesOf, type PixelFormat } from "./images/preparation.ts";
import { mirrorHalf, mirrorImage } from "./mirror.ts";

const side = fc.integer({ min: 1, max: 9 });
const formats = fc.record({ height: side, width: side, channels: fc.constantFrom<(1 | 3)[]>(1, 3) });
const noise = (bytes: number): Uint8Array => {
  const random = randomStream(1);
  return Uint8Array.from({ length: bytes }, () => random.integer(256));
};
const mirrored = (pixels: Uint8Array, format: PixelFormat): Uint8Array => {
  const copy = pixels.slice();
  mirrorImage(copy, format);
  return copy;
};

describe("mirrorImage", () => {
  test("swaps left and right in every plane", () => {
    const planes = Uint8Array.of(1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16, 21, 22, 23, 24, 25, 26);
    expect([...mirrored(planes, { height: 2, width: 3, channels: 3 })]).toEqual([
      3, 2, 1, 6, 5, 4, 13, 12, 11, 16, 15, 14, 23, 22, 21, 26, 25, 24,
    ]);
  });

  test("twice is not at all", () => {
    fc.assert(
      fc.property(formats, (format) => {
        const pixels = noise(imageBytesOf(format));
        expect(mirrored(mirrored(pixels, format), format)).toEqual(pixels);
      }),
    );
  });
});

describe("mirrorHalf", () => {
  const format = { height: 4, width: 5, channels: 3 } as const;
  const size = imageBytesOf(format);
  const batch = noise(400 * size);
  /** Which images of the batch are mirrored in a step; all others must be as they were. */
  const chosen = (step: number): readonly boolean[] => {
    const some = batch.slice();
    mirrorHalf(some, format, randomStream(7, "mirror", step));
    return Array.from({ length: 400 }, (_, image) => {
      const [before, after] = [batch, some].map((pixels) => pixels.subarray(image * size, (image + 1) * size));
      if (Buffer.compare(before ?? batch, after ?? some) === 0) return false;
      expect(after).toEqual(mirrored(before ?? batch, format));
      return true;
    });
  };

  test("mirrors about half of the images, and leaves the others as they are", () => {
    const count = chosen(3).filter(Boolean).length;
    expect(count).toBeGreaterThan(150);
    expect(count).toBeLessThan(250);
  });

  test("a step mirrors the same images again, another step others", () => {
    expect(chosen(3)).toEqual(chosen(3));
    expect(chosen(4)).not.toEqual(chosen(3));
  });
});
