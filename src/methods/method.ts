import type { Tensor } from "../graph/index.ts";
import type { Network, Optimizer } from "../nn/index.ts";

/** A network with the values that its variables have at this point of the step. */
export type Player = (x: Tensor) => Tensor;

/** What a step is given. */
export interface StepInputs {
  /** A batch of training images in [-1, 1]: [batch, channels, height, width]. */
  readonly real: Tensor;
  /** Fresh draws from N(0, 1), of the same values wherever the name is the same within a step. */
  readonly noise: (name: string, shape: readonly number[]) => Tensor;
}

/** How the parameters of one network are moved. */
export interface Update {
  readonly optimizer: Optimizer;
  /** Largest global norm of the network's gradients; longer ones are shortened to it. Default: no limit. */
  readonly clipNorm?: number | undefined;
}

/**
 * Updates of one or more networks from the same point: all gradients are taken before any parameter moves. The phases of
 * a step run in order; each sees the networks as the phases before left them.
 */
export interface Phase<Name extends string> {
  /** The networks whose parameters this phase trains, and whose statistics it keeps. */
  readonly trains: Readonly<Partial<Record<Name, Update>>>;
  /** For each network that is trained the scalar to make small, a mean over the batch; and scalars to report, by name. */
  losses(
    inputs: StepInputs,
    players: Readonly<Record<Name, Player>>,
  ): {
    readonly losses: Readonly<Partial<Record<Name, Tensor>>>;
    readonly report: Readonly<Record<string, Tensor>>;
  };
}

/** A training method as data: which networks, and what is done to them in a step. */
export interface Method<Name extends string = string> {
  readonly networks: Readonly<Record<Name, Network>>;
  readonly phases: readonly Phase<Name>[];
  /** The network that makes pictures from noise [batch, latent]; its averaged weights are used for sampling. */
  readonly sampler: Name;
  readonly latent: number;
  /** Half-life of the sampler's weight average, in training images. */
  readonly averageHalfLife: number;
}
