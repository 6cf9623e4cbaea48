import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openSource, type Split } from "../data/index.ts";
import { Autoencoder, Generator, toBytes } from "../export/index.ts";
import { randomStream } from "../foundation/random.ts";
import { OnnxSession } from "../runtime/index.ts";
import type { PartialConfig } from "./config.ts";
import { planTraining } from "./defaults.ts";
import { TrainingModel } from "./model.ts";

const flowers = await openSource("sample:flowers");
const imageBytes = 3 * 16 * 16;

/** Images to learn from. */
const train: Split = {
  count: 90,
  imageBytes,
  labels: new Int32Array(90).fill(-1),
  names: Array.from({ length: 90 }, (_, index) => String(index)),
  copyImage: (index, target, offset) => {
    // Discs of changing place and brightness.
    const random = randomStream(8, "image", index);
    const [x, y, bright] = [random.integer(16), random.integer(16), 100 + random.integer(156)];
    for (let at = 0; at < imageBytes; at++) {
      const near = Math.hypot((at % 16) - x, (Math.floor(at / 16) % 16) - y) < 5;
      target[offset + at] = near ? bright : 20;
    }
  },
};

const small = {
  size: 16,
  channels: 3,
  classes: 0,
  architecture: "mlp",
  width: 4,
  latent: 4,
  batch: 4,
  steps: 20,
} as const;

async function modelOf(given: PartialConfig): Promise<TrainingModel> {
  return TrainingModel.compile((await planTraining({ ...small, ...given }, flowers)).config, train);
}

/** The state after some steps. */
async function trained(model: TrainingModel, from: number, to: number) {
  for (let step = from; step < to; step++) {
    const random = randomStream(3, "images", step);
    await model.step(
      step,
      Uint8Array.from({ length: 4 * imageBytes }, () => random.integer(256)),
    );
  }
  return model.state();
}

describe("a model in training", () => {
  it.each(["adam", "adamw", "sgd", "nesterov", "rmsprop"] as const)(
    "whose rates are scaled learns as one that was made with such rates: %s",
    async (name) => {
      const given = { optimizer: { name }, schedule: { shape: "cosine", warmup: 3 } } as const;
      const rate = 0.002;
      const scaled = await modelOf({ ...given, learningRate: { generator: rate, discriminator: 2 * rate } });
      const made = await modelOf({ ...given, learningRate: { generator: rate / 4, discriminator: rate / 2 } });
      const before = await trained(scaled, 0, 2);
      made.restore("nowhere", before);
      scaled.scaleRates(0.25);
      expect(await trained(scaled, 2, 6)).toEqual(await trained(made, 2, 6));
      await Promise.all([scaled.release(), made.release()]);
    },
  );

  it.each([
    { gan: { r1: 1, r1Every: 2 } },
    { architecture: "fastgan", width: 1, gan: { r1: 1, r1Every: 2 } },
    { model: "autoencoder" },
    { model: "vae" },
    { model: "vq-vae", architecture: "dcgan", latent: 16, vqVae: { codes: 8, codeSize: 3, priorWidth: 4 } },
  ] satisfies PartialConfig[])("whose rates are scaled learns so in every family: %o", async (given) => {
    const { config } = await planTraining({ ...small, ...given }, flowers);
    const learningRate = Object.fromEntries(
      Object.entries(config.learningRate).map(([network, rate]) => [network, rate && rate / 4]),
    );
    const [scaled, made] = [await modelOf(given), await modelOf({ ...given, learningRate })];
    made.restore("nowhere", await trained(scaled, 0, 2));
    scaled.scaleRates(0.25);
    expect(await trained(scaled, 2, 6)).toEqual(await trained(made, 2, 6));
    await Promise.all([scaled.release(), made.release()]);
  });

  it("is judged by the same pictures however many are asked for at once, and by others than its samples", async () => {
    const model = await modelOf({});
    const all = await model.evaluationPictures(0, 40);
    expect(all.length).toBe(40 * imageBytes);
    expect(await model.evaluationPictures(16, 20)).toEqual(all.subarray(16 * imageBytes, 36 * imageBytes));
    expect(await model.evaluationPictures(0, 16)).not.toEqual((await model.samples()).subarray(0, 16 * imageBytes));
    await model.release();
  });
});

describe("a model that draws codes from a mixture", () => {
  const folder = mkdtemp(join(tmpdir(), "atelier-test-"));
  afterAll(async () => rm(await folder, { recursive: true, force: true }));
  const about = { classNames: ["disc"], step: 6 };

  /** The files of an autoencoder that has learned for some steps, and the model. */
  async function written() {
    const model = await modelOf({ model: "autoencoder" });
    await trained(model, 0, 6);
    const { generator, coders } = await model.files(about);
    const path = (name: string) => folder.then((parent) => join(parent, name));
    await writeFile(await path("generator.onnx"), generator);
    await writeFile(await path("encoder.onnx"), coders?.encoder ?? "");
    await writeFile(await path("decoder.onnx"), coders?.decoder ?? "");
    return { model, generator, path };
  }

  it("gives the same samples as its generator's file, whose vector has one number more than a code", async () => {
    const { model, generator, path } = await written();
    const loaded = await Generator.load(await path("generator.onnx"));
    expect(loaded.metadata.latent).toBe(5);
    await loaded.release();
    const session = await OnnxSession.open(generator, { device: "cpu" });
    const images = await session.run("latent", randomStream(0, "samples").normals(64 * 5), [64, 5], "images");
    const own = await model.samples();
    // A value that lies between two bytes may be rounded either way: rarely, where the values are all but equal.
    const apart = Array.from(toBytes(images), (value, index) => Math.abs(value - (own[index] ?? 0)));
    expect(Math.max(...apart)).toBeLessThanOrEqual(1);
    expect(apart.filter((steps) => steps > 0).length / apart.length).toBeLessThan(0.01);
    await Promise.all([session.release(), model.release()]);
  });

  it("encodes and decodes by its files", async () => {
    const { model, path } = await written();
    const files = { encoder: await path("encoder.onnx"), decoder: await path("decoder.onnx") };
    const autoencoder = await Autoencoder.load(files);
    expect(autoencoder.metadata).toEqual({ latent: 4, format: { height: 16, width: 16, channels: 3 }, ...about });
    const images = new Uint8Array(70 * imageBytes);
    for (let index = 0; index < 70; index++) train.copyImage(index, images, index * imageBytes);
    const codes = await autoencoder.encode(images);
    expect(codes.length).toBe(70 * 4);
    const decoded = await autoencoder.decode(codes);
    expect(await autoencoder.reconstruct(images)).toEqual(decoded);
    // An image's code does not depend on those beside it, and images of different codes differ.
    const alone = await autoencoder.encode(images.subarray(66 * imageBytes, 67 * imageBytes));
    alone.forEach((value, index) => expect(value).toBeCloseTo(codes[66 * 4 + index] ?? Number.NaN, 4));
    expect(decoded.subarray(0, imageBytes)).not.toEqual(decoded.subarray(imageBytes, 2 * imageBytes));
    await Promise.all([autoencoder.release(), model.release()]);
  });

  it("refuses files that are swapped or cut off, and codes of another size", async () => {
    const { model, generator, path } = await written();
    const [encoder, decoder] = [await path("encoder.onnx"), await path("decoder.onnx")];
    await writeFile(await path("cut.onnx"), generator.subarray(0, 500));
    await expect(Generator.load(encoder)).rejects.toThrow(/expected a generator.onnx .*received another network/);
    await expect(Autoencoder.load({ encoder: decoder, decoder })).rejects.toThrow(/expected an encoder.onnx/);
    await expect(Autoencoder.load({ encoder, decoder: await path("generator.onnx") })).rejects.toThrow(/decoder.onnx/);
    await expect(Autoencoder.load({ encoder, decoder: await path("cut.onnx") })).rejects.toThrow(/500 bytes/);
    await expect(Autoencoder.load({ encoder, decoder: await path("none.onnx") })).rejects.toThrow(/nothing there/);
    const autoencoder = await Autoencoder.load({ encoder, decoder });
    await expect(autoencoder.decode(new Float32Array(7))).rejects.toThrow(/a multiple of 4 numbers/);
    await Promise.all([autoencoder.release(), model.release()]);
  });

  it("makes the same pictures after it is restored, and others after it has learned", async () => {
    const [model, other] = [await modelOf({ model: "autoencoder" }), await modelOf({ model: "autoencoder" })];
    const first = await model.samples();
    const state = await trained(model, 0, 3);
    const later = await model.samples();
    expect(later).not.toEqual(first);
    expect(await other.samples()).toEqual(first);
    other.restore("nowhere", state);
    expect(await other.samples()).toEqual(later);
    expect(await other.evaluationPictures(0, 20)).toEqual(await model.evaluationPictures(0, 20));
    expect(await other.files(about)).toEqual(await model.files(about));
    await Promise.all([model.release(), other.release()]);
  });

  it("stands for none where codes are drawn from N(0, 1)", async () => {
    const model = await modelOf({ model: "vae" });
    const { generator, coders } = await model.files(about);
    expect(Object.keys(coders ?? {})).toEqual(["encoder", "decoder"]);
    const session = await OnnxSession.open(generator, { device: "cpu" });
    expect((await session.run("latent", new Float32Array(8), [2, 4], "images")).length).toBe(2 * imageBytes);
    await Promise.all([session.release(), model.release()]);
  });
});
