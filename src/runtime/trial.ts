import { performance } from "node:perf_hooks";
import { randomStream } from "../foundation/random.ts";
import {
  conv2d,
  elementCount,
  gradients,
  type Input,
  input,
  leakyRelu,
  matmul,
  mean,
  multiply,
  reshape,
  square,
  subtract,
} from "../graph/index.ts";
import type { DeviceName } from "./device-names.ts";
import { Program } from "./program.ts";
import { ProgramState } from "./program-state.ts";

const BATCH = 32;
const WARM_UP_STEPS = 2;
const MOST_STEPS = 15;
const MOST_MILLISECONDS = 1500;

/**
 * Milliseconds of a step (median of some, after a warm-up) of gradient descent on a fixed network of three 4x4
 * convolutions and a matrix product, on 32 images of 32x32: an eighth of the work of a
 * default DCGAN's step.
 */
export async function timeTrainingStep(device: DeviceName): Promise<number> {
  const { images, weights, loss } = network();
  const slopes = gradients(loss, weights);
  const updates = weights.map((current, index) => ({
    current,
    next: subtract(current, multiply(slopes[index] ?? current, 0.01)),
  }));
  const initial = weights.map(({ name, shape }) => {
    const sizes = shape.map(Number);
    return [
      name,
      randomStream(0, name)
        .normals(elementCount(sizes))
        .map((value) => 0.02 * value),
    ] as const;
  });
  const state = ProgramState.of(weights, new Map(initial));
  const program = await Program.compile({ outputs: { loss }, state: updates }, state, { device, selfTest: false });
  const feeds = { [images.name]: randomStream(0, "images").normals(elementCount(images.shape.map(Number))) };
  const times: number[] = [];
  const begun = performance.now();
  for (let step = 0; step < WARM_UP_STEPS + MOST_STEPS; step++) {
    const before = performance.now();
    await program.run(feeds);
    const now = performance.now();
    if (step >= WARM_UP_STEPS) times.push(now - before);
    if (times.length > 0 && now - begun > MOST_MILLISECONDS) break;
  }
  await program.release();
  await state.release();
  return times.toSorted((left, right) => left - right)[Math.floor(times.length / 2)] ?? Number.POSITIVE_INFINITY;
}

function network() {
  const images = input("images", [BATCH, 3, 32, 32]);
  const halving = { strides: [2, 2], padding: [1, 1, 1, 1] } as const;
  const weights: Input[] = [];
  const weight = (name: string, shape: readonly number[]): Input => {
    const made = input(name, shape);
    weights.push(made);
    return made;
  };
  const first = leakyRelu(conv2d(images, weight("first", [64, 3, 4, 4]), halving), 0.2);
  const second = leakyRelu(conv2d(first, weight("second", [128, 64, 4, 4]), halving), 0.2);
  const third = leakyRelu(conv2d(second, weight("third", [128, 128, 4, 4]), halving), 0.2);
  const scores = matmul(reshape(third, [BATCH, 2048]), weight("last", [2048, 64]));
  return { images, weights, loss: mean(square(subtract(scores, 1))) };
}
