import { hash } from "node:crypto";
import type { PixelFormat } from "../data/index.ts";
import { randomStream } from "../foundation/random.ts";
import {
  add,
  averagePool2d,
  concat,
  constant,
  conv2d,
  divide,
  elementCount,
  log,
  matmul,
  relu,
  reshape,
  subtract,
  type Tensor,
} from "../graph/index.ts";
import { uniform } from "../nn/index.ts";
import type { SessionOptions } from "../runtime/index.ts";
import type { FeatureExtractor } from "./extractor.ts";
import { openSessionExtractor } from "./session-extractor.ts";

// A change of anything below changes the scores: then the version here must change as well.
const name = "random embedding 1";
const input = { height: 64, width: 64, channels: 3 } as const;

/** Convolutions of stride 2, from fine structure to coarse. */
const convolutions = [
  { channels: 3, filters: 32, kernel: 5 },
  { channels: 32, filters: 64, kernel: 3 },
  { channels: 64, filters: 128, kernel: 3 },
];
/** Cells along each side within which responses are averaged: what is finer than a cell may move, what is coarser may not. */
const grid = 4;
/** Features that each convolution gives. */
const projected = 128;
/** How much more the filters that see no brightness count: edges are weaker than areas in most pictures. */
const edgeGain = 3;
/** Responses that are small next to this are as good as none. */
const floor = 0.1;

/** Brightness, and two differences of colours three times as strong, for colours vary less than brightness. */
const opponents = constant(Float64Array.of(1 / 3, 1 / 3, 1 / 3, 3 / 2, 0, -3 / 2, -3 / 4, 3 / 2, -3 / 4), [3, 3, 1, 1]);

/**
 * The extractor that needs no file: a convolutional network with fixed random weights, which Naeem et al. (2020, "Reliable
 * Fidelity and Diversity Metrics for Generative Models") recommend where images are unlike ImageNet's. It knows no objects:
 * it compares structure, colours and where they lie.
 *
 * Responses of each convolution are averaged in cells and their logarithms projected at random; averages of the colours in
 * the cells complete the features. Logarithms keep the contrast of a picture from hiding everything else.
 * @param format the images it will be given; they are brought to 64 x 64 in three channels.
 * @param session default: on the CPU.
 */
export async function openRandomEmbedding(
  format: PixelFormat,
  session: Partial<SessionOptions> = {},
): Promise<FeatureExtractor> {
  const stages = convolutions.map((convolution, index) => ({ ...convolution, ...stageWeights(convolution, index) }));
  const bytes = stages.flatMap(({ kernels, projection }) => [bytesOf(kernels), bytesOf(projection)]);
  return openSessionExtractor({
    format,
    input,
    network: (pixels) => ({ features: features(pixels, stages) }),
    identity: {
      kind: "random",
      name,
      sha256: hash("sha256", Buffer.concat(bytes)),
      layer: "colours and all convolutions, averaged in 4 x 4 cells",
      pixels: "-1 to 1, as brightness and two differences of colours, these times 3",
    },
    session,
  });
}

type Stage = (typeof convolutions)[number] & ReturnType<typeof stageWeights>;

function features(pixels: Tensor, stages: readonly Stage[]): Tensor {
  let x: Tensor = conv2d(subtract(divide(pixels, 127.5), 1), opponents);
  const parts = [cellMeans(x)];
  for (const { channels, filters, kernel, kernels, projection } of stages) {
    const border = (kernel - 1) / 2;
    const weight = constant(kernels, [filters, channels, kernel, kernel]);
    x = relu(conv2d(x, weight, { strides: [2, 2], padding: [border, border, border, border] }));
    parts.push(matmul(log(add(cellMeans(x), floor)), constant(projection, [filters * grid * grid, projected])));
  }
  return concat(parts, 1);
}

/** [batch, channels, height, width] to the means of the cells, [batch, channels * grid * grid]. */
function cellMeans(x: Tensor): Tensor {
  const cell = Number(x.shape[2]) / grid;
  const means = averagePool2d(x, { kernel: [cell, cell] });
  return reshape(means, ["batch", elementCount(means.shape.slice(1).map(Number))]);
}

/**
 * Weights that keep the scale of responses through a ReLU (He et al. 2015), and projections that keep that of features.
 * They are drawn uniformly, not normally: no function is in them whose last digit differs between machines.
 */
function stageWeights({ channels, filters, kernel }: (typeof convolutions)[number], index: number) {
  const [inputs, averages] = [channels * kernel * kernel, filters * grid * grid];
  const draw = (shape: readonly number[], variance: number, what: string) =>
    uniform(Math.sqrt(3 * variance))(shape, randomStream(0, name, what, index));
  const kernels = draw([filters, inputs], 2 / inputs, "kernels");
  for (let from = 0; from < kernels.length / 2; from += kernel * kernel) {
    seeEdgesAlone(kernels.subarray(from, from + kernel * kernel));
  }
  return { kernels, projection: draw([averages, projected], 1 / averages, "projection") };
}

/** Makes a kernel blind to even areas. Half of all filters are so: what blurring removes would otherwise hardly count. */
function seeEdgesAlone(kernel: Float32Array): void {
  const mean = kernel.reduce((total, weight) => total + weight, 0) / kernel.length;
  kernel.forEach((weight, index) => {
    kernel[index] = edgeGain * (weight - mean);
  });
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
