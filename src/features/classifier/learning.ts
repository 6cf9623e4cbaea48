import { AtelierError, internalError } from "../../foundation/errors.ts";
import { randomStream } from "../../foundation/random.ts";
import {
  elementCount,
  gradients,
  type Input,
  input,
  logSoftmax,
  mean,
  multiply,
  negate,
  oneHot,
  sum,
  type Tensor,
  toFloat,
} from "../../graph/index.ts";
import { adam, type Optimizer, scheduleOf, type Variable } from "../../nn/index.ts";
import { type HostArray, Program, ProgramState, type StateUpdate, type StateValues } from "../../runtime/index.ts";
import type { LabelledImages } from "./labelled-images.ts";
import type { ClassifierNetwork } from "./network.ts";
import { ShiftedBatches } from "./shifted-batches.ts";

const BATCH = 64;
/** Large, for batch normalisation bears it and steps are few. */
const LEARNING_RATE = 0.004;

/** Times that each image is seen, where the bounds allow it. */
const EPOCHS = 20;
const FEWEST_STEPS = 300;
/** About a minute on two cores. */
const MOST_STEPS = 2000;

/** How many steps a classifier of so many images is given. */
export function usualSteps(images: number): number {
  return Math.min(MOST_STEPS, Math.max(FEWEST_STEPS, Math.ceil((EPOCHS * images) / BATCH)));
}

export interface LearningOptions {
  readonly seed: number;
  readonly steps: number;
  /** Called after each step, with the number of steps that are done. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Learns to tell labelled images apart: Adam on the cross-entropy, with half a cosine for the rate.
 * @returns the variables of the network, by name.
 * @throws AtelierError (run) when the loss is no longer a number; the signal's reason when it aborts.
 */
export async function learn(
  network: ClassifierNetwork,
  images: LabelledImages,
  { seed, steps, onProgress, signal }: LearningOptions,
): Promise<StateValues> {
  const optimizer = adam({ learningRate: LEARNING_RATE, schedule: scheduleOf({ shape: "cosine", warmup: 0 }, steps) });
  const { loss, updates } = trainingStep(network, images, optimizer);
  const initial = new Map(
    network.variables.map(({ input: { name }, initializer, shape }) => [
      name,
      initializer(shape, randomStream(seed, "classifier weights", name)),
    ]),
  );
  const declared = updates.map(({ current }) => current);
  const state = ProgramState.of(declared, new Map([...zerosFor(declared), ...initial]), true);
  const program = await Program.compile({ outputs: { loss }, state: updates }, state, { device: "cpu" });
  try {
    const batches = new ShiftedBatches(images, BATCH, seed);
    for (let step = 0; step < steps; step++) {
      signal?.throwIfAborted();
      const results = await program.run({ ...batches.at(step), ...scalarsOf(optimizer, step + 1) });
      assertNumber(results.get("loss")?.floats()[0], step);
      onProgress?.(step + 1, steps);
    }
    return await state.values(network.variables.map(({ input: { name } }) => name));
  } finally {
    await program.release();
    await state.release();
  }
}

/** The graph of a step on inputs `pixels` and `labels`: every piece of state with its next value. */
function trainingStep(network: ClassifierNetwork, { format }: LabelledImages, optimizer: Optimizer) {
  const pixels = input("pixels", [BATCH, format.channels, format.height, format.width], "uint8");
  const labels = input("labels", [BATCH], "int32");
  const { variables } = network;
  const bindings = new Map(variables.map((variable) => [variable.input.name, variable.input]));
  const { logits, statistics } = network.apply(toFloat(pixels), bindings, "training");
  const loss = crossEntropy(logits, labels);

  const parameters = variables.filter(({ role }) => role === "parameter");
  const slopes = gradients(
    loss,
    parameters.map((parameter) => parameter.input),
  );
  const scalars = Object.fromEntries(Object.keys(optimizer.scalars(1)).map((name) => [name, input(name, [])]));
  const updates: StateUpdate[] = variables.flatMap(({ input: current }) => {
    const next = statistics.get(current.name);
    return next === undefined ? [] : [{ current, next }];
  });
  for (const [index, parameter] of parameters.entries()) {
    const slope = slopes[index];
    if (slope === undefined) throw internalError("classifier", "a parameter without gradient");
    updates.push(...updatesOf(optimizer, parameter, slope, scalars));
  }
  return { loss, updates };
}

/** Mean of -log of the probability of the true class. */
function crossEntropy(logits: Tensor, labels: Tensor): Tensor {
  const logarithms = logSoftmax(logits, 1);
  return negate(mean(sum(multiply(oneHot(labels, Number(logits.shape[1])), logarithms), [1])));
}

/** A parameter and its slots after a step. */
function updatesOf(
  optimizer: Optimizer,
  { input: current, shape }: Variable,
  slope: Tensor,
  scalars: Readonly<Record<string, Tensor>>,
): readonly StateUpdate[] {
  const slots = Object.fromEntries(
    optimizer.slots.map((slot) => [slot, input(`${slot}/${current.name}`, shape)] as const),
  );
  const after = optimizer.step(current, slope, slots, scalars);
  const moved = Object.entries(slots).map(([slot, before]) => ({ current: before, next: after.slots[slot] ?? before }));
  return [{ current, next: after.parameter }, ...moved];
}

function scalarsOf(optimizer: Optimizer, update: number): Record<string, HostArray> {
  return Object.fromEntries(
    Object.entries(optimizer.scalars(update)).map(([name, value]) => [name, Float32Array.of(value)]),
  );
}

function zerosFor(inputs: readonly Input[]): StateValues {
  return new Map(inputs.map(({ name, shape }) => [name, new Float32Array(elementCount(shape.map(Number)))]));
}

function assertNumber(loss: number | undefined, step: number): void {
  if (Number.isFinite(loss)) return;
  throw new AtelierError({
    kind: "run",
    where: `step ${step + 1} of the classifier`,
    expected: "a loss that is a number",
    received: String(loss),
    help: "this is a fault of Atelier: please report it, with the data",
  });
}
