import { internalError } from "../foundation/errors.ts";
import { normalQuantile } from "../foundation/normal.ts";
import {
  add,
  constant,
  type Input,
  input,
  isGreater,
  matmul,
  multiply,
  reshape,
  slice,
  subtract,
  sum,
  type Tensor,
} from "../graph/index.ts";

/** A mixture of Gaussians over codes: the sum of weight_k N(mean_k, factor_k factor_kᵀ). */
export interface GaussianMixture {
  readonly components: number;
  /** Numbers of a code. */
  readonly size: number;
  /** [components], above 0, of sum 1. */
  readonly weights: Float64Array;
  /** [components, size] */
  readonly means: Float64Array;
  /** [components, size, size], lower triangular. */
  readonly factors: Float64Array;
}

/** A mixture as a graph reads it. */
export interface MixtureTensors {
  /** A component is chosen by numbers above its lower and not above its upper bound, [1, components]. */
  readonly lower: Tensor;
  readonly upper: Tensor;
  /** [components, size] */
  readonly means: Tensor;
  /** [size, components * size]: the transposed factors side by side. */
  readonly factors: Tensor;
}

/**
 * Draws from a mixture, made of draws from N(0, 1): the first number chooses the component, as it lies between the normal
 * distribution's quantiles of the cumulative weights; the others are scaled by that component's factor and moved by its mean.
 * @param latent [batch, size + 1]
 * @returns codes [batch, size].
 */
export function mixtureCodes(latent: Tensor, { lower, upper, means, factors }: MixtureTensors): Tensor {
  const [batch = "batch"] = latent.shape;
  const [components = 0, size = 0] = means.shape.map(Number);
  const choice = slice(latent, [0, 0], [batch, 1]);
  const chosen = subtract(isGreater(choice, lower), isGreater(choice, upper));
  const draws = slice(latent, [0, 1], [batch, size]);
  // What each component would make of the draws; all but the chosen are multiplied by 0.
  const scaled = reshape(matmul(draws, factors), [batch, components, size]);
  const own = sum(multiply(scaled, reshape(chosen, [batch, components, 1])), [1]);
  return add(own, matmul(chosen, means));
}

/** Inputs for a mixture of at most so many components, see {@link mixtureFeeds}. */
export function mixtureInputs(components: number, size: number) {
  const of = (name: keyof MixtureTensors): Input => input(`mixture/${name}`, shapesOf(components, size)[name]);
  return { lower: of("lower"), upper: of("upper"), means: of("means"), factors: of("factors") };
}

/** A mixture whose numbers are fixed. */
export function mixtureConstants(mixture: GaussianMixture): MixtureTensors {
  const { components, size } = mixture;
  const values = mixtureValues(mixture, components);
  const of = (name: keyof MixtureTensors) => constant(values[name], shapesOf(components, size)[name]);
  return { lower: of("lower"), upper: of("upper"), means: of("means"), factors: of("factors") };
}

/** What the inputs of {@link mixtureInputs} are fed, by name. */
export function mixtureFeeds(mixture: GaussianMixture, room: number): Readonly<Record<string, Float32Array>> {
  const values = Object.entries(mixtureValues(mixture, room));
  return Object.fromEntries(values.map(([name, numbers]) => [`mixture/${name}`, numbers]));
}

/** Beyond every draw from N(0, 1). */
const BEYOND = 1e30;

/**
 * The numbers of {@link MixtureTensors}.
 * @param room components that there is room for, at least the mixture's own; those that are over are never chosen.
 */
function mixtureValues(
  { components, size, weights, means, factors }: GaussianMixture,
  room: number,
): Readonly<Record<keyof MixtureTensors, Float32Array>> {
  if (components > room) throw internalError("mixture", `${components} components where ${room} are foreseen`);
  const lower = new Float32Array(room).fill(BEYOND);
  const upper = new Float32Array(room).fill(BEYOND);
  let below = 0;
  for (let component = 0; component < components; component++) {
    lower[component] = component === 0 ? -BEYOND : normalQuantile(below);
    below += weights[component] ?? 0;
    if (component + 1 < components) upper[component] = normalQuantile(below);
  }
  const placedMeans = new Float32Array(room * size);
  placedMeans.set(means);
  const placedFactors = new Float32Array(room * size * size);
  for (let component = 0; component < components; component++) {
    for (let row = 0; row < size; row++) {
      for (let column = 0; column <= row; column++) {
        const factor = factors[(component * size + row) * size + column] ?? 0;
        placedFactors[(column * room + component) * size + row] = factor;
      }
    }
  }
  return { lower, upper, means: placedMeans, factors: placedFactors };
}

function shapesOf(components: number, size: number): Readonly<Record<keyof MixtureTensors, readonly number[]>> {
  return {
    lower: [1, components],
    upper: [1, components],
    means: [components, size],
    factors: [size, components * size],
  };
}
