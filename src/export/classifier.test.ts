import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { AtelierError } from "../foundation/errors.ts";
import { randomStream } from "../foundation/random.ts";
import { constant, matmul, reshape } from "../graph/index.ts";
import { Classifier } from "./classifier.ts";
import { encodeClassifier } from "./classifier-file.ts";
import { tinyGenerator } from "./testing/tiny-generator.ts";

const folder = await mkdtemp(join(tmpdir(), "atelier-classifier-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const format = { height: 2, width: 3, channels: 1 } as const;
const classNames = ["one", "three", "two"];
const weights = randomStream(5, "weights").normals(6 * 3);

/** A method that has learned logits that are linear in the pixels. */
const linear: Parameters<typeof encodeClassifier>[0] = {
  networks: {},
  averaged: [],
  classes: {
    count: 3,
    isConditional: false,
    classify: (images) => matmul(reshape(images, ["batch", 6]), constant(weights, [6, 3])),
  },
};

const path = join(folder, "classifier.onnx");
await writeFile(path, encodeClassifier(linear, new Map(), { format, classNames, step: 7 }) ?? "");

/** softmax of the logits of pixels, in double precision. */
function expected(pixels: Uint8Array): readonly number[] {
  const logits = classNames.map((_, index) =>
    pixels.reduce((sum, value, place) => sum + ((value * 2) / 255 - 1) * (weights[place * 3 + index] ?? 0), 0),
  );
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
  return logits.map((logit) => Math.exp(logit) / total);
}

async function refusal(work: Promise<unknown>) {
  const thrown: unknown = await work.catch((cause: unknown) => cause);
  return thrown instanceof AtelierError ? thrown.details : thrown;
}

describe("a classifier from its file", () => {
  it("gives the probabilities of as many images as it is given, and knows its classes", async () => {
    const classifier = await Classifier.load(path);
    expect(classifier.metadata).toEqual({ format, classNames, step: 7 });
    const random = randomStream(1, "images");
    const images = Uint8Array.from({ length: 150 * 6 }, () => random.integer(256));
    const probabilities = await classifier.classify(images);
    expect(probabilities).toHaveLength(150 * 3);
    for (const image of [0, 63, 64, 149]) {
      const own = [...probabilities.subarray(image * 3, image * 3 + 3)];
      for (const [index, value] of expected(images.subarray(image * 6, image * 6 + 6)).entries()) {
        expect(own[index]).toBeCloseTo(value, 5);
      }
    }
    expect(await classifier.classify(new Uint8Array())).toHaveLength(0);
    expect(await refusal(classifier.classify(new Uint8Array(7)))).toMatchObject({ kind: "usage", where: "images" });
    await classifier.release();
  });

  it("is refused where the file is another network, damaged or not there", async () => {
    const generator = join(folder, "generator.onnx");
    await writeFile(generator, tinyGenerator({ format: { height: 8, width: 8, channels: 1 }, latent: 4 }));
    const damaged = join(folder, "damaged.onnx");
    await writeFile(damaged, "no network");
    expect(await refusal(Classifier.load(generator))).toMatchObject({ kind: "file", where: generator });
    expect(await refusal(Classifier.load(damaged))).toMatchObject({ kind: "file", where: damaged });
    expect(await refusal(Classifier.load(join(folder, "none.onnx")))).toMatchObject({
      kind: "usage",
      received: "nothing there",
    });
  });
});
