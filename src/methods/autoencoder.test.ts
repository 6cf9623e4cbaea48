import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openTappedNetwork } from "../features/index.ts";
import { randomStream } from "../foundation/random.ts";
import { constant, conv2d, input, portable, relu, type Tensor, writeOnnx } from "../graph/index.ts";
import { architectures, type ImageFormat } from "../models/index.ts";
import { adam } from "../nn/index.ts";
import { Session } from "../runtime/index.ts";
import { StepRunner } from "../training/step-runner.ts";
import { type AutoencoderOptions, autoencoder } from "./autoencoder.ts";
import { inferencePlayers } from "./players.ts";
import { normalisedImages } from "./step-builder.ts";
import { buildTrainingStep } from "./training-step.ts";

const format: ImageFormat = { channels: 1, height: 16, width: 16 };
const pixels = format.height * format.width;
const batch = 32;
const latent = 8;

/** Discs of random place, size and brightness, with a soft edge on a black ground: [count, 1, 16, 16], 0 to 255. */
function discs(count: number, name: string): Uint8Array {
  const random = randomStream(3, name);
  const between = (low: number, high: number) => low + (high - low) * random.uniform();
  const bytes = new Uint8Array(count * pixels);
  for (let image = 0; image < count; image++) {
    const [row, column, radius, light] = [between(5, 11), between(5, 11), between(2, 5), between(100, 255)];
    for (let pixel = 0; pixel < pixels; pixel++) {
      const distance = Math.hypot(Math.floor(pixel / 16) - row, (pixel % 16) - column);
      bytes[image * pixels + pixel] = light * Math.min(1, Math.max(0, radius + 0.5 - distance));
    }
  }
  return bytes;
}

const train = discs(512, "train");
const heldOut = discs(64, "held out");

const update = { optimizer: adam({ learningRate: 2e-3, beta1: 0.9, beta2: 0.999 }) };
const plain: AutoencoderOptions = {
  architecture: architectures.mlp,
  format,
  latent,
  width: 64,
  batch,
  encoder: update,
  decoder: update,
  averageHalfLife: 200,
  reconstruction: "mse",
  corruption: "none",
  corruptionAmount: 0,
  sparsity: 0,
  components: 4,
};

/** Trains on discs. @returns the codes and the reconstructions, in [-1, 1], of bytes. */
async function trained(options: Partial<AutoencoderOptions>, steps = 160) {
  const method = autoencoder({ ...plain, ...options });
  const step = buildTrainingStep(method, { format, batch });
  const runner = await StepRunner.compile(step, 1, { device: "cpu", threads: 1 });
  const random = randomStream(7, "batches");
  for (let number = 0; number < steps; number++) {
    const rows = Array.from({ length: batch }, () => random.integer(train.length / pixels));
    const images = Uint8Array.from({ length: batch * pixels }, (_, at) => {
      const row = rows[Math.floor(at / pixels)] ?? 0;
      return train[row * pixels + (at % pixels)] ?? 0;
    });
    const report = await runner.run(number, images);
    expect(Object.values(report).every(Number.isFinite)).toBe(true);
  }
  const values = await runner.values();
  await runner.release();
  const averages = new Map<string, Tensor>(
    Object.values(method.networks).flatMap(({ variables }) =>
      variables.map((variable) => {
        const average = values.get(step.averageOf(variable)) ?? new Float32Array();
        return [variable.input.name, constant(average, variable.shape)] as const;
      }),
    ),
  );
  const players = inferencePlayers(method.networks, averages);
  return async (bytes: Uint8Array) => {
    const images = normalisedImages(input("images", ["batch", 1, 16, 16], "uint8"));
    const codes = method.coding?.encode(images, players) ?? images;
    const pictures = method.coding?.decode(codes, players) ?? codes;
    const session = await Session.compile({ codes, pictures }, { device: "cpu", threads: 1 });
    const results = await session.run({ images: bytes }, undefined, bytes.length / pixels);
    await session.release();
    return {
      codes: results.get("codes")?.floats() ?? new Float32Array(),
      pictures: results.get("pictures")?.floats() ?? new Float32Array(),
    };
  };
}

const inUnits = (bytes: Uint8Array) => Float64Array.from(bytes, (byte) => (2 * byte) / 255 - 1);

function squaredError(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let total = 0;
  for (let index = 0; index < one.length; index++) total += ((one[index] ?? 0) - (other[index] ?? 0)) ** 2;
  return total / one.length;
}

/** The error of the best picture that is the same for all images. */
function errorOfMeanImage(): number {
  const images = inUnits(train);
  const mean = Float64Array.from({ length: pixels }, (_, pixel) => {
    let total = 0;
    for (let at = pixel; at < images.length; at += pixels) total += images[at] ?? 0;
    return (total * pixels) / images.length;
  });
  return squaredError(
    inUnits(heldOut),
    inUnits(heldOut).map((_, at) => mean[at % pixels] ?? 0),
  );
}

/** A file of a network whose one layer sees the means of neighbouring pixels, and their differences in two directions. */
async function edges() {
  const kernels = constant(Float64Array.of(0.25, 0.25, 0.25, 0.25, 1, -1, 0, 0, 1, 0, -1, 0), [3, 1, 2, 2]);
  const map = relu(conv2d(input("image", ["batch", 1, 16, 16]), kernels));
  const folder = await mkdtemp(join(tmpdir(), "atelier-edges-"));
  const file = join(folder, "edges.onnx");
  await writeFile(file, writeOnnx({ map }, { target: portable }).bytes);
  const keys = { file: "--features", preset: "autoencoder.preset", layers: "autoencoder.layers" };
  const network = await openTappedNetwork(file, { format: { ...format, channels: 1 }, preset: "unit", keys });
  await rm(folder, { recursive: true });
  return network.see;
}

// The median of a pixel is black here: the way of l1 from there is longer. Most of what edges see is between pixels.
describe.each([
  ["mse", 160],
  ["l1", 350],
  ["bernoulli", 100],
  ["ssim", 160],
  ["perceptual", 350],
] as const)("an autoencoder by %s", (reconstruction, steps) => {
  it("reconstructs images that it has not seen, far better than their mean does", async () => {
    const through = await trained({ reconstruction, features: await edges() }, steps);
    const { pictures } = await through(heldOut);
    expect(pictures.every((value) => Math.abs(value) <= 1 + 1e-6)).toBe(true);
    expect(squaredError(pictures, inUnits(heldOut))).toBeLessThan(0.5 * errorOfMeanImage());
  });
});

describe("a denoising autoencoder", () => {
  it.each(["gaussian", "saltAndPepper"] as const)("removes noise that it has not seen: %s", async (corruption) => {
    const random = randomStream(8, "noise");
    const noisy = heldOut.map((value) => {
      if (corruption === "gaussian") return Math.max(0, Math.min(255, value + 0.4 * 127.5 * random.normal()));
      const draw = random.uniform();
      return draw < 0.1 ? 0 : draw > 0.9 ? 255 : value;
    });
    const through = await trained({ corruption, corruptionAmount: corruption === "gaussian" ? 0.4 : 0.2 });
    const { pictures } = await through(noisy);
    expect(squaredError(pictures, inUnits(heldOut))).toBeLessThan(0.5 * squaredError(inUnits(noisy), inUnits(heldOut)));
  });

  it("removes the user's own noise images", async () => {
    // Bright stripes, each in another place.
    const count = 16;
    const stripes = Uint8Array.from({ length: count * pixels }, (_, at) =>
      at % 16 === Math.floor(at / pixels) ? 255 : 0,
    );
    const options = { corruption: "images", corruptionAmount: 1, noiseImages: { count, bytes: stripes } } as const;
    const striped = heldOut.map((value, at) => (value + (stripes[at % stripes.length] ?? 0)) / 2);
    const { pictures } = await (await trained(options, 250))(striped);
    expect(squaredError(pictures, inUnits(heldOut))).toBeLessThan(
      0.5 * squaredError(inUnits(striped), inUnits(heldOut)),
    );
  });
});

describe("sparsity", () => {
  it("makes more numbers of a code small beside the others, and keeps the codes large enough", async () => {
    const codesWith = async (sparsity: number) => (await (await trained({ sparsity }))(heldOut)).codes;
    const rootMeanSquare = (codes: Float32Array) =>
      Math.sqrt(codes.reduce((total, value) => total + value ** 2, 0) / codes.length);
    const small = (codes: Float32Array) =>
      codes.filter((value) => Math.abs(value) < 0.1 * rootMeanSquare(codes)).length / codes.length;
    const [dense, sparse] = [await codesWith(0), await codesWith(0.1)];
    expect(small(sparse)).toBeGreaterThan(small(dense) + 0.2);
    expect(rootMeanSquare(sparse)).toBeGreaterThan(0.3 * rootMeanSquare(dense));
  });
});
