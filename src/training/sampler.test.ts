import { describe, expect, it } from "vitest";
import { openSource, type Split } from "../data/index.ts";
import { toBytes } from "../export/index.ts";
import { randomStream } from "../foundation/random.ts";
import { concat, constant, matmul, multiply, reshape, slice, type Tensor } from "../graph/index.ts";
import type { Method } from "../methods/index.ts";
import { ProgramState } from "../runtime/index.ts";
import { planTraining } from "./defaults.ts";
import { SAMPLES, Sampler, sampleLayout } from "./sampler.ts";

const { config } = await planTraining({ size: 16, channels: 1, classes: 0 }, await openSource("sample:flowers"));

/** Pictures of two pixels: a fifth of the first number of the vector, and the number of the class over 20. */
function methodWith(classes: number, isConditional: boolean): Method {
  const none = (vectors: Tensor) => multiply(slice(vectors, [0, 1], [vectors.shape[0] ?? 1, 1]), 0);
  const numbers = constant(
    Float64Array.from({ length: classes }, (_, index) => index / 20),
    [classes, 1],
  );
  return {
    networks: {},
    phases: [],
    latent: 2,
    sample: (vectors, _, asked) => {
      const [batch = 1] = vectors.shape;
      const first = multiply(slice(vectors, [0, 0], [batch, 1]), 0.2);
      return reshape(concat([first, asked === undefined ? none(vectors) : matmul(asked, numbers)], 1), [
        batch,
        1,
        1,
        2,
      ]);
    },
    classes: { count: classes, classify: none, isConditional },
    averaged: [],
    averageHalfLife: 1,
  };
}

async function sampler(classes: number, labels: readonly number[], isConditional = true): Promise<Sampler> {
  const train: Split = {
    count: labels.length,
    imageBytes: 2,
    labels: Int32Array.from(labels),
    names: labels.map(String),
    copyImage: () => {},
  };
  const state = ProgramState.of([], new Map(), true);
  const parts = {
    config: { ...config, size: "2x1" },
    method: methodWith(classes, isConditional),
    players: {},
    state,
    train,
  };
  return await Sampler.compile(parts, { device: "cpu" });
}

/** The pixels of pictures: of the vector, and of the class. */
const pixelsOf = (pictures: Uint8Array) =>
  Array.from({ length: pictures.length / 2 }, (_, index) => [pictures[2 * index], pictures[2 * index + 1]]);
const vectors = randomStream(config.seed, "samples").normals(2 * SAMPLES);
const byte = (value: number) => toBytes(Float32Array.of(value))[0];
const ofVector = (index: number) => byte(Math.fround((vectors[2 * index] ?? 0) * Math.fround(0.2)));
const ofClass = (index: number) => byte(index / 20);

describe("a grid of samples", () => {
  it.each([2, 3, 10, 16])("of %i classes has a column for each, and a vector for each whole row", async (classes) => {
    const own = await sampler(classes, [0, 1]);
    const columns = classes <= 4 ? classes * Math.floor(8 / classes) : classes;
    expect(sampleLayout(classes)).toEqual({ columns });
    const expected = Array.from({ length: columns * Math.floor(SAMPLES / columns) }, (_, index) => [
      ofVector(Math.floor(index / classes)),
      ofClass(index % classes),
    ]);
    expect(pixelsOf(await own.samples())).toEqual(expected);
    await own.release();
  });

  it("of more classes has a vector for each picture, and one picture of each class as long as there is room", async () => {
    const own = await sampler(17, [0, 1]);
    expect(sampleLayout(17)).toEqual({});
    expect(pixelsOf(await own.samples())).toEqual(
      Array.from({ length: SAMPLES }, (_, index) => [ofVector(index), ofClass(index % 17)]),
    );
    await own.release();
  });

  it("of pictures of no class has a vector for each, whether there are labels or not", async () => {
    const expected = Array.from({ length: SAMPLES }, (_, index) => [ofVector(index), ofClass(0)]);
    for (const labels of [
      [-1, -1],
      [0, 1, 2, 2],
    ]) {
      const own = await sampler(3, labels, false);
      expect(own.classShares).toEqual([]);
      expect(pixelsOf(await own.samples())).toEqual(expected);
      await own.release();
    }
  });
});

describe("pictures that a model is judged by", () => {
  it("have the shares that classes have among the labels, and do not depend on how many are asked for", async () => {
    const own = await sampler(3, [0, 2, 2, 2, -1, -1]);
    expect(own.classShares).toEqual([0.25, 0, 0.75]);
    const pictures = pixelsOf(await own.evaluationPictures(0, 800));
    const counts = [0, 1, 2].map((label) => pictures.filter(([, pixel]) => pixel === ofClass(label)).length);
    expect(counts[1]).toBe(0);
    expect((counts[0] ?? 0) + (counts[2] ?? 0)).toBe(800);
    // 200, give or take four deviations.
    expect(Math.abs((counts[0] ?? 0) - 200)).toBeLessThan(49);
    expect(pixelsOf(await own.evaluationPictures(100, 37))).toEqual(pictures.slice(100, 137));
    await own.release();
  });
});
