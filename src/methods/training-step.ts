import type { Input, Tensor } from "../graph/index.ts";
import type { ImageFormat } from "../models/index.ts";
import type { Variable } from "../nn/index.ts";
import type { Method } from "./method.ts";
import { StepBuilder } from "./step-builder.ts";

/** A part of a step that is one graph. The stages of a step run in order over the same state. */
export interface Stage {
  /** Whether it runs for every part of the batch or once a step. */
  readonly runs: "each part" | "once";
  /** It runs in every so many-th step: with 5, in the fifth, the tenth … */
  readonly every: number;
  /** Scalars to show, by name; the mean over the parts of the batch is the step's. */
  readonly report: Readonly<Record<string, Tensor>>;
  readonly state: readonly { readonly current: Input; readonly next: Tensor }[];
}

/** A whole training step of a method as graphs, and what they must be fed; any engine can run it. */
export interface TrainingStep {
  /** uint8 [batch / parts, channels, height, width]: a part of the batch of training images. */
  readonly images: Input;
  /** [batch / parts, classes]: what is known of the images' classes, where the method asks for it. */
  readonly known: Input | undefined;
  /** A batch of labelled images besides, where the method asks for one. */
  readonly labelled: LabelledInputs | undefined;
  /** Parts into which the batch is divided. With 1 the step is a single graph. */
  readonly parts: number;
  /** Draws from N(0, 1), fresh at every step; the first axis is divided among the parts. */
  readonly noises: readonly Input[];
  /** The same, from the uniform distribution on [0, 1). */
  readonly uniforms: readonly Input[];
  /** Numbers of shape [] that depend on the step only (0 for the first), or on the part (0 for the first). */
  readonly scalars: readonly { readonly input: Input; readonly value: (step: number, part: number) => number }[];
  readonly stages: readonly Stage[];
  /** Everything that is carried from step to step. */
  readonly state: readonly Input[];
  /** State that is of use only within a step: gradients summed over the parts of the batch. It begins as zeros. */
  readonly scratch: readonly Input[];
  /** First numbers of the state, decided by the seed. */
  initialState(seed: number): Map<string, Float32Array>;
  /** The name in the state of the averaged value of a variable of the networks that are averaged. */
  averageOf(variable: Variable): string;
}

/** Part of a batch of labelled images. */
export interface LabelledInputs {
  /** uint8 [count, channels, height, width] */
  readonly images: Input;
  /** [count, classes] */
  readonly classes: Input;
}

export interface StepOptions {
  readonly format: ImageFormat;
  /** Training images a step. */
  readonly batch: number;
  /**
   * Parts that the batch is worked through in, to save memory: gradients are summed over them before an update, which gives
   * the update of the whole batch where no layer takes statistics over the batch. Divides `batch`. Default: 1.
   */
  readonly parts?: number;
}

/**
 * Composes a method's phases, its optimisers and the weight average into graphs.
 * @param method made for batches of `batch / parts` images.
 */
export function buildTrainingStep(method: Method, options: StepOptions): TrainingStep {
  return new StepBuilder(method, options).build();
}
