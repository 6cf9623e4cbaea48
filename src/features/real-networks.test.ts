import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, describe, expect, it } from "vitest";
import { realData } from "../data/testing/real-data.ts";
import { runOriginal } from "../graph/onnx-reader/testing/models.ts";
import { type NetworkExtractor, type NetworkExtractorOptions, openNetworkExtractor } from "./network-extractor.ts";

const SIDE = 224;
const PIXELS = SIDE * SIDE;
const COUNT = 16;
/** Of ImageNet's 1,000 classes. */
const SOCCER_BALL = 805;

const backbone = (name: string) => join(realData, "backbones", `${name}.onnx`);

const open: NetworkExtractor[] = [];
afterEach(async () => {
  for (const extractor of open.splice(0)) await extractor.release();
});

async function opened(name: string, options: Partial<NetworkExtractorOptions> = {}): Promise<NetworkExtractor> {
  const format = { height: SIDE, width: SIDE, channels: 3 } as const;
  const extractor = await openNetworkExtractor(backbone(name), { format, ...options });
  open.push(extractor);
  return extractor;
}

/** Photographs of soccer balls, [count, 3, height, width]. */
async function photographs(): Promise<Uint8Array> {
  const folder = join(realData, "caltech101-11", "soccer_ball");
  const pixels = new Uint8Array(COUNT * 3 * PIXELS);
  for (const [index, name] of readdirSync(folder).toSorted().slice(0, COUNT).entries()) {
    const image = sharp(join(folder, name)).resize(SIDE, SIDE, { fit: "cover" }).toColourspace("srgb").removeAlpha();
    const bytes = await image.raw().toBuffer();
    for (const [at, value] of bytes.entries()) pixels[(index * 3 + (at % 3)) * PIXELS + Math.floor(at / 3)] = value;
  }
  return pixels;
}

function bestOf(logits: Float32Array | undefined, image: number): number {
  const columns = (logits?.length ?? 0) / COUNT;
  const row = logits?.subarray(image * columns, (image + 1) * columns) ?? new Float32Array();
  // A class for the background comes first where there is one.
  return row.indexOf(row.reduce((most, value) => Math.max(most, value))) - (columns - 1000);
}

function difference(expected: Float32Array, received: Float32Array): number {
  expect(received).toHaveLength(expected.length);
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return expected.reduce((worst, value, index) => Math.max(worst, Math.abs(value - (received[index] ?? 0))), 0) / scale;
}

describe.skipIf(!existsSync(join(realData, "backbones")))("published networks", () => {
  it.each([
    ["squeezenet1_1-torchvision", "SqueezeNet 1.1 with 1000 classes"],
    ["mobilenetv2-1.0-224", "MobileNet-v2 with 1001 classes"],
  ])("%s is known by its file, and sees soccer balls on photographs of them", async (name, recognised) => {
    const extractor = await opened(name);
    expect(extractor.recognised).toContain(recognised);
    expect(extractor.classes).toBe("imagenet");
    const { logits } = await extractor.extract(await photographs(), COUNT);
    const right = Array.from({ length: COUNT }, (_, image) => bestOf(logits, image) === SOCCER_BALL);
    expect(right.filter(Boolean).length).toBeGreaterThan(COUNT / 2);
  });

  it("mobilenetv1 is not known, and gives onnxruntime's features once its pixels are named", async () => {
    const name = "mobilenetv1-0.25-128";
    await expect(opened(name)).rejects.toThrow(
      /27 convolutions with 1001 classes.*\nhelp: .*Keras, --preset tensorflow/,
    );
    const extractor = await opened(name, { preset: "tensorflow" });
    const pixels = (await photographs()).subarray(0, 3 * PIXELS);
    const feeds = { image: Float32Array.from(pixels, (value) => value / 127.5 - 1) };
    const results = await runOriginal(readFileSync(backbone(name)), feeds, { image: [1, 3, SIDE, SIDE] });
    const { features } = await extractor.extract(pixels, 1);
    expect(difference(results.get("pooled") ?? new Float32Array(), features)).toBeLessThan(1e-4);
  });

  it("the SqueezeNet inside LPIPS is known by what the file does to pixels, and gives SqueezeNet's own features", async () => {
    await expect(opened("lpips-squeeze")).rejects.toThrow("a network of two inputs, a and b: it compares");
    const inside = await opened("lpips-squeeze", { layer: "a/fire9" });
    expect(inside.identity).toMatchObject({ pixels: "RGB, -1 to 1", layer: "a/fire9, mean over space", features: 512 });
    const alone = await opened("squeezenet1_1-torchvision");
    const pixels = (await photographs()).subarray(0, 2 * 3 * PIXELS);
    const { features } = await inside.extract(pixels, 2);
    expect(difference((await alone.extract(pixels, 2)).features, features)).toBeLessThan(1e-3);
  });
});
