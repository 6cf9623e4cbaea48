import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Generator } from "./generator.ts";
import { tinyGenerator } from "./testing/tiny-generator.ts";

const format = { channels: 1, height: 4, width: 4 } as const;
const latent = 3;
const components = 4;
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-generator-"));
  const mixture = {
    components,
    size: latent,
    weights: Float64Array.from({ length: components }, () => 1 / components),
    means: new Float64Array(components * latent),
    factors: new Float64Array(components * latent * latent),
  };
  await writeFile(join(folder, "plain.onnx"), tinyGenerator({ format, latent }));
  await writeFile(join(folder, "mixture.onnx"), tinyGenerator({ format, latent, mixture }));
  await writeFile(join(folder, "discrete.onnx"), tinyGenerator({ format, latent, isDiscrete: true }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const truncated = { count: 200, truncation: 0.3 } as const;

describe("truncation", () => {
  it("keeps all numbers near the middle, but for the one that chooses the component of a mixture", async () => {
    for (const [file, size, choosing] of [
      ["plain.onnx", latent, 0],
      ["mixture.onnx", latent + 1, 1],
    ] as const) {
      const generator = await Generator.load(join(folder, file));
      const vectors = generator.vectors(truncated);
      await generator.release();
      const largest = Array.from({ length: size }, (_, place) =>
        Math.max(...vectors.filter((_value, index) => index % size === place).map(Math.abs)),
      );
      expect(largest.map((value) => value > truncated.truncation)).toEqual(
        largest.map((_value, place) => place < choosing),
      );
    }
  });

  it("is refused, as walks are, where all numbers choose codes; pictures can be made", async () => {
    const generator = await Generator.load(join(folder, "discrete.onnx"));
    expect((await generator.sample({ count: 2 })).bytes.length).toBe(2 * 16);
    expect(() => generator.vectors(truncated)).toThrow("one of a VQ-VAE, whose numbers choose codes");
    await expect(generator.sample(truncated)).rejects.toThrow("truncation: expected a generator whose pictures change");
    await expect(generator.interpolate()).rejects.toThrow("interpolation: expected a generator whose pictures change");
    await generator.release();
  });
});
