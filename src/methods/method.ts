import type { Tensor } from "../graph/index.ts";
import type { Network, Optimizer } from "../nn/index.ts";

/** A network with the values that its variables have at this point of the step. */
export interface Player {
  (x: Tensor): Tensor;
  /** The same, with what the network's layers show of their inside, by name, see {@link Scope.show}. */
  readonly inside: (x: Tensor) => { readonly output: Tensor; readonly shown: ReadonlyMap<string, Tensor> };
}

/** Networks by their names in a method. */
export type Players<Name extends string> = Readonly<Record<Name, Player>>;

/** What a step is given. */
export interface StepInputs {
  /** A batch of training images in [-1, 1]: [batch, channels, height, width]. */
  readonly real: Tensor;
  /** Fresh draws from N(0, 1), of the same values wherever the name is the same within a step. */
  readonly noise: Draws;
  /** The same, from the uniform distribution on [0, 1). */
  readonly uniform: Draws;
  /** A number, shape [], that depends on the step alone (0 for the first). It is fed: changing it compiles nothing anew. */
  readonly scalar: (name: string, value: (step: number) => number) => Tensor;
  /**
   * The value, at this point of the step, of a piece of state that the method keeps besides its networks, such as a running
   * average; what it becomes is `memory` of {@link PhaseResult}. It is in the checkpoints.
   * @param initial every element's first value. Default: 0.
   */
  readonly memory: (name: string, shape: readonly number[], initial?: number) => Tensor;
  /**
   * What is known of the classes of `real`, [batch, classes]: 1 at the class of an image and 0 elsewhere, or 0 everywhere for
   * an image without label.
   */
  readonly known: (classes: number) => Tensor;
  /** Another batch, of labelled images alone, in which the classes take turns. A step has one such batch, of one size. */
  readonly labelled: (count: number, classes: number) => LabelledBatch;
}

/** Images whose classes are known. */
export interface LabelledBatch {
  /** In [-1, 1]: [count, channels, height, width]. */
  readonly images: Tensor;
  /** 1 at the class of an image, 0 elsewhere: [count, classes]. */
  readonly classes: Tensor;
}

/** Fresh random numbers of a shape whose first axis is the batch. */
export type Draws = (name: string, shape: readonly number[]) => Tensor;

/**
 * How the parameters of one network are moved. Phases that train a network by the very same object share the state of its
 * optimiser.
 */
export interface Update {
  readonly optimizer: Optimizer;
  /** Largest global norm of the network's gradients; longer ones are shortened to it. Default: no limit. */
  readonly clipNorm?: number | undefined;
}

/** What a phase computes. */
export interface PhaseResult<Name extends string> {
  /** For each network that is trained the scalar to make small, a mean over the batch. */
  readonly losses: Readonly<Partial<Record<Name, Tensor>>>;
  /** Scalars to show, by name. */
  readonly report: Readonly<Record<string, Tensor>>;
  /**
   * New values of the method's own state, by the names under which {@link StepInputs.memory} gives it. With a batch in parts,
   * the mean over the parts of what each gives.
   */
  readonly memory?: Readonly<Record<string, Tensor>>;
}

/**
 * Updates of one or more networks from the same point: all gradients are taken before any parameter moves. The phases of
 * a step run in order; each sees the networks as the phases before left them.
 */
export interface Phase<Name extends string> {
  /** The networks whose parameters this phase trains, and whose statistics it keeps. */
  readonly trains: Readonly<Partial<Record<Name, Update>>>;
  /** Runs in every so many-th step only: with 5, in the fifth, the tenth … Default: 1. */
  readonly every?: number;
  losses(inputs: StepInputs, players: Players<Name>): PhaseResult<Name>;
}

/** How a method turns images into codes and back. */
export interface Coding<Name extends string> {
  /** [batch, channels, height, width] in [-1, 1] -> codes [batch, size]. */
  readonly encode: (images: Tensor, players: Players<Name>) => Tensor;
  /** Codes [batch, size] -> [batch, channels, height, width] in [-1, 1]. */
  readonly decode: (codes: Tensor, players: Players<Name>) => Tensor;
  /** Components of the Gaussian mixture that is fitted to the codes and drawn from for new pictures; absent: N(0, 1). */
  readonly mixture?: number | undefined;
}

/** What a method learns of the labels. */
export interface Classes<Name extends string> {
  readonly count: number;
  /** [batch, channels, height, width] in [-1, 1] -> the logarithms of the classes' probabilities, each up to a number of its image: [batch, classes]. */
  readonly classify: (images: Tensor, players: Players<Name>) => Tensor;
  /** Whether {@link Method.sample} makes pictures of a class. */
  readonly isConditional: boolean;
}

/** A training method as data: which networks, and what is done to them in a step. */
export interface Method<Name extends string = string> {
  readonly networks: Readonly<Record<Name, Network>>;
  readonly phases: readonly Phase<Name>[];
  /** Size of what {@link Method.sample} makes a picture from. */
  readonly latent: number;
  /**
   * [batch, latent] -> pictures [batch, channels, height, width] in [-1, 1]. The vectors are draws from N(0, 1), or from
   * the mixture that `coding` asks for.
   * @param classes of conditional methods how much of each class is asked for, of sum 1: [batch, classes].
   */
  readonly sample: (latent: Tensor, players: Players<Name>, classes?: Tensor) => Tensor;
  /** Of methods that learn from labels. */
  readonly classes?: Classes<Name>;
  /** Whether the numbers of `latent` choose codes in an order that means nothing: then pictures do not change smoothly. */
  readonly isDiscrete?: boolean;
  /** Of methods that can reconstruct an image. */
  readonly coding?: Coding<Name>;
  /**
   * Of methods with a likelihood: log p(x, z) - log q(z | x) of one draw z for each image, in nats, [batch]. The logarithm of
   * the mean of its exponential over draws is a lower bound of log p(x) (Burda et al. 2016, equation 8). What is drawn from
   * `uniform` belongs to the image and must be the same for all its draws; what comes from `noise` belongs to the draw.
   */
  readonly logWeight?: (inputs: Pick<StepInputs, "real" | "noise" | "uniform">, players: Players<Name>) => Tensor;
  /** The networks that make, encode and score pictures: outside of training their averaged weights are used. */
  readonly averaged: readonly Name[];
  /** Half-life of the weight averages, in training images. */
  readonly averageHalfLife: number;
}
