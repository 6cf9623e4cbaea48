import { readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { PixelFormat } from "../data/index.ts";
import { mean, reshape, type Tensor } from "../graph/index.ts";
import type { FeatureExtractor } from "./extractor.ts";
import { openSessionExtractor } from "./session-extractor.ts";

// Values of Pillow; see the script beside them.
const { cases } = z
  .object({
    cases: z.array(
      z.object({
        height: z.number(),
        width: z.number(),
        size: z.number(),
        places: z.array(z.number()),
        values: z.array(z.array(z.number())),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL("testing/resize_golden.json", import.meta.url), "utf8")));

const open: FeatureExtractor[] = [];
afterEach(async () => {
  for (const extractor of open.splice(0)) await extractor.release();
});

/** An extractor whose features are the pixels that its network is given. */
async function pixelExtractor(format: PixelFormat, input: PixelFormat): Promise<FeatureExtractor> {
  const features = input.channels * input.height * input.width;
  const extractor = await openSessionExtractor({
    format,
    input,
    network: (pixels) => ({ features: reshape(pixels, ["batch", features]) }),
    identity: { kind: "network", name: "pixels", sha256: "", layer: "pixels", pixels: "0 to 255" },
  });
  open.push(extractor);
  return extractor;
}

/** The picture of the script, [height, width]. */
function picture(height: number, width: number): Uint8Array {
  return Uint8Array.from({ length: height * width }, (_, index) => {
    const [y, x] = [Math.floor(index / width), index % width];
    return Math.floor((x * x + 3 * x * y + 2 * y * y) / 8) % 256;
  });
}

describe("openSessionExtractor", () => {
  it.each(cases)("resizes $height x $width to $size as Pillow does, unrounded and unclipped", async (golden) => {
    const { height, width, size, places, values } = golden;
    const extractor = await pixelExtractor({ height, width, channels: 1 }, { height: size, width: size, channels: 1 });
    const { features } = await extractor.extract(picture(height, width), 1);
    const ours = places.flatMap((row) => places.map((column) => features[row * size + column] ?? Number.NaN));
    const errors = values.flat().map((value, index) => Math.abs(value - (ours[index] ?? Number.NaN)));
    expect(Math.max(...errors)).toBeLessThan(0.01);
    expect(extractor.identity.resize).toBe("bicubic (a = -0.5), antialiased, in float32");
  });

  it("leaves images of the network's size as they are", async () => {
    const format = { height: 5, width: 7, channels: 1 } as const;
    const extractor = await pixelExtractor(format, format);
    const images = Uint8Array.from([...picture(5, 7), ...picture(5, 7).reverse()]);
    const { features } = await extractor.extract(images, 2);
    expect([...features]).toEqual([...images]);
    expect(extractor.identity).toMatchObject({ features: 35, input: format, resize: "none" });
  });

  it("repeats grey for a network of three channels", async () => {
    const size = { height: 9, width: 6 };
    const extractor = await pixelExtractor({ height: 5, width: 7, channels: 1 }, { ...size, channels: 3 });
    const grey = await pixelExtractor({ height: 5, width: 7, channels: 1 }, { ...size, channels: 1 });
    const { features } = await extractor.extract(picture(5, 7), 1);
    const { features: plane } = await grey.extract(picture(5, 7), 1);
    expect([...features]).toEqual([...plane, ...plane, ...plane]);
  });

  it("gives a network of one channel the brightness of colours", async () => {
    const size = { height: 1, width: 2 };
    const extractor = await pixelExtractor({ ...size, channels: 3 }, { ...size, channels: 1 });
    // A red pixel and one of another colour, in planes.
    const { features } = await extractor.extract(Uint8Array.of(255, 10, 0, 20, 0, 30), 1);
    expect(features[0]).toBeCloseTo(0.299 * 255, 3);
    expect(features[1]).toBeCloseTo(0.299 * 10 + 0.587 * 20 + 0.114 * 30, 3);
  });

  it("gives logits where the network has them", async () => {
    const format = { height: 2, width: 2, channels: 3 } as const;
    const extractor = await openSessionExtractor({
      format,
      input: format,
      network: (pixels) => ({ features: reshape(pixels, ["batch", 12]), logits: mean(pixels, [2, 3]) }),
      identity: { kind: "classifier", name: "means", sha256: "", layer: "pixels", pixels: "0 to 255" },
      classes: ["red", "green", "blue"],
    });
    open.push(extractor);
    const { logits } = await extractor.extract(Uint8Array.of(1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 7), 1);
    expect([...(logits ?? [])]).toEqual([1, 2, 4]);
    expect(extractor.classes).toEqual(["red", "green", "blue"]);
  });

  it("refuses a network whose features are not one row an image", async () => {
    const format = { height: 2, width: 2, channels: 3 } as const;
    const wrong = (features: (pixels: Tensor) => Tensor) =>
      openSessionExtractor({
        format,
        input: format,
        network: (pixels) => ({ features: features(pixels) }),
        identity: { kind: "network", name: "wrong", sha256: "", layer: "pixels", pixels: "0 to 255" },
      });
    await expect(wrong((pixels) => pixels)).rejects.toThrow(/features of shape/);
    await expect(wrong((pixels) => mean(pixels, [0, 2]))).rejects.toThrow(/features of shape/);
  });
});
