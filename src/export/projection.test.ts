import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { averagePool2d, isGreater, reshape } from "../graph/index.ts";
import { dense, Network } from "../nn/index.ts";
import { principalDirections } from "./directions.ts";
import { Generator } from "./generator.ts";
import { projectImages } from "./projection.ts";
import { fileOf, tinyGenerator } from "./testing/tiny-generator.ts";

let folder: string;
let generator: Generator;
const format = { height: 16, width: 16, channels: 3 } as const;
const imageBytes = 3 * 16 * 16;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-projection-"));
  const path = join(folder, "generator.onnx");
  await writeFile(path, tinyGenerator({ format, latent: 8 }));
  generator = await Generator.load(path);
});

afterAll(async () => {
  await generator.release();
  await rm(folder, { recursive: true, force: true });
});

describe("projection", () => {
  it("finds the pictures that the generator itself made, each for itself, and again the same", async () => {
    // Far from the first 256 pictures, which the search begins with.
    const { bytes } = await generator.sample({ count: 10, first: 1000, seed: 7 });
    const progress: number[] = [];
    const found = await projectImages(generator, bytes, {
      steps: 200,
      onProgress: (done, total) => progress.push(done / total),
    });
    expect(found.peakSignalToNoise.length).toBe(10);
    for (const [index, decibels] of found.peakSignalToNoise.entries()) {
      expect(decibels, `image ${index}`).toBeGreaterThan(30);
      expect(decibels).toBeCloseTo(-10 * Math.log10(found.meanSquaredErrors[index] ?? 0), 9);
    }
    expect((await generator.picturesOf(found.vectors)).bytes).toEqual(found.bytes);
    expect(progress.at(-1)).toBe(1);
    const alone = await projectImages(generator, bytes.slice(0, imageBytes), { steps: 200 });
    alone.vectors.forEach((value, index) => expect(value).toBeCloseTo(found.vectors[index] ?? Number.NaN, 3));
    const again = await projectImages(generator, bytes.slice(0, imageBytes), { steps: 200 });
    expect(again.vectors).toEqual(alone.vectors);
  });

  it("comes nearer than the nearest random picture, also in what a network sees", async () => {
    const image = Uint8Array.from({ length: imageBytes }, (_, index) => (index * 37) % 256);
    const brief = await projectImages(generator, image, { steps: 1 });
    const long = await projectImages(generator, image, { steps: 100 });
    expect(long.meanSquaredErrors[0]).toBeLessThan(brief.meanSquaredErrors[0] ?? 0);
    const seen = await projectImages(generator, image, {
      steps: 30,
      see: (pictures) => [averagePool2d(pictures, { kernel: [2, 2] })],
    });
    expect(seen.vectors).not.toEqual(brief.vectors);
    expect(seen.peakSignalToNoise[0]).toBeGreaterThan(0);
  });

  it("goes through a mixture, whose component the start chooses", async () => {
    const size = 4;
    const factors = Float64Array.from({ length: 2 * size * size }, (_, index) =>
      (index % (size * size)) % (size + 1) === 0 ? 0.5 : 0,
    );
    const means = Float64Array.from({ length: 2 * size }, (_, index) => (index < size ? 1 : -1));
    const mixture = { components: 2, size, weights: Float64Array.of(0.5, 0.5), means, factors };
    const path = join(folder, "mixture.onnx");
    await writeFile(path, tinyGenerator({ format, latent: size, mixture }));
    const autoencoder = await Generator.load(path);
    const { bytes } = await autoencoder.sample({ count: 4, first: 500 });
    const { peakSignalToNoise } = await projectImages(autoencoder, bytes, { steps: 200 });
    for (const decibels of peakSignalToNoise) expect(decibels).toBeGreaterThan(30);
    const { layer, directions } = await principalDirections(autoencoder, { count: 2, samples: 200 });
    expect([layer, directions.length]).toEqual(["generator/hidden1", 2]);
    await autoencoder.release();
  });

  it("says so where pictures jump and there is no slope to follow", async () => {
    const network = new Network("generator", ["batch", 3], (scope, x) =>
      scope.layer("image", (layer) => reshape(isGreater(dense(layer, x, { features: 768 }), 0), ["batch", 3, 16, 16])),
    );
    const path = join(folder, "jumps.onnx");
    const weights = (name: string, count: number) => randomStream(1, name).normals(count);
    await writeFile(path, fileOf(network, format, 3, weights));
    const jumping = await Generator.load(path);
    await expect(projectImages(jumping, new Uint8Array(imageBytes))).rejects.toThrow("atelier reconstruct");
    await jumping.release();
  });

  it("refuses images of another size, and ends when it is told to", async () => {
    await expect(projectImages(generator, new Uint8Array(5))).rejects.toThrow("the generator's size and channels");
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(projectImages(generator, new Uint8Array(imageBytes), { signal })).rejects.toThrow("enough");
  });
});
