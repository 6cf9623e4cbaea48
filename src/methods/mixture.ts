import { internalError } from "../foundation/errors.ts";
import { normalQuantile } from "../foundation/normal.ts";
import {
  add,
  constant,
  divide,
  erf,
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
  /** Of a mixture that can be asked for classes the weights of the components given each: [classes, components], rows of sum 1. */
  readonly ofClasses?: Float64Array | undefined;
}

/** A mixture as a graph reads it. */
export interface MixtureTensors {
  /** A component is chosen by numbers above its lower and not above its upper bound, [1, components]. */
  readonly lower: Tensor;
  readonly upper: Tensor;
  /** Of a mixture that can be asked for classes the cumulative weights of the components given each, [classes, components]. */
  readonly cumulative?: Tensor | undefined;
  /** [components, size] */
  readonly means: Tensor;
  /** [size, components * size]: the transposed factors side by side. */
  readonly factors: Tensor;
}

/**
 * Draws from a mixture, made of draws from N(0, 1): the first number chooses the component, as it lies between the normal
 * distribution's quantiles of the cumulative weights; the others are scaled by that component's factor and moved by its mean.
 * @param latent [batch, size + 1]
 * @param classes of a mixture that can be asked for classes how much of each, of sum 1: [batch, classes]. The weights are those given
 *   the classes, in these parts.
 * @returns codes [batch, size].
 */
export function mixtureCodes(
  latent: Tensor,
  { lower, upper, cumulative, means, factors }: MixtureTensors,
  classes?: Tensor,
): Tensor {
  const [batch = "batch"] = latent.shape;
  const [components = 0, size = 0] = means.shape.map(Number);
  const first = slice(latent, [0, 0], [batch, 1]);
  const choice = cumulative === undefined ? first : componentGiven(classes, cumulative, first);
  const chosen = subtract(isGreater(choice, lower), isGreater(choice, upper));
  const draws = slice(latent, [0, 1], [batch, size]);
  // What each component would make of the draws; all but the chosen are multiplied by 0.
  const scaled = reshape(matmul(draws, factors), [batch, components, size]);
  const own = sum(multiply(scaled, reshape(chosen, [batch, components, 1])), [1]);
  return add(own, matmul(chosen, means));
}

/** Keeps what chooses a component off 0 and 1, where rounding would give a component of no weight. */
const MARGIN = 1e-6;

/** The number of the component that draws from N(0, 1), [batch, 1], choose given the classes: how many lie wholly below. */
function componentGiven(classes: Tensor | undefined, cumulative: Tensor, draws: Tensor): Tensor {
  if (classes === undefined) throw internalError("mixture", "it is asked for no classes");
  const [batch = "batch"] = draws.shape;
  // The distribution function of N(0, 1).
  const uniform = multiply(add(erf(divide(draws, Math.SQRT2)), 1), 1 / 2);
  const total = reshape(sum(classes, [1]), [batch, 1]);
  const place = multiply(add(multiply(uniform, 1 - 2 * MARGIN), MARGIN), total);
  return reshape(sum(isGreater(place, matmul(classes, cumulative)), [1]), [batch, 1]);
}

/**
 * Inputs for a mixture of at most so many components, see {@link mixtureFeeds}.
 * @param classes that it can be asked for. Default: 0.
 */
export function mixtureInputs(components: number, size: number, classes = 0): MixtureTensors {
  const shapes = shapesOf(components, size, classes);
  return tensorsBy((name) => input(`mixture/${name}`, shapes[name]), classes);
}

/** A mixture whose numbers are fixed. */
export function mixtureConstants(mixture: GaussianMixture): MixtureTensors {
  const { components, size } = mixture;
  const classes = classesOf(mixture);
  const values = mixtureValues(mixture, components);
  const shapes = shapesOf(components, size, classes);
  return tensorsBy((name) => constant(values[name], shapes[name]), classes);
}

/** What the inputs of {@link mixtureInputs} are fed, by name. */
export function mixtureFeeds(mixture: GaussianMixture, room: number): Readonly<Record<string, Float32Array>> {
  const { cumulative, ...values } = mixtureValues(mixture, room);
  const fed = Object.entries(classesOf(mixture) === 0 ? values : { ...values, cumulative });
  return Object.fromEntries(fed.map(([name, numbers]) => [`mixture/${name}`, numbers]));
}

function tensorsBy(of: (name: keyof MixtureTensors) => Tensor, classes: number): MixtureTensors {
  const tensors = { lower: of("lower"), upper: of("upper"), means: of("means"), factors: of("factors") };
  return classes === 0 ? tensors : { ...tensors, cumulative: of("cumulative") };
}

function classesOf({ ofClasses, components }: GaussianMixture): number {
  return (ofClasses?.length ?? 0) / components;
}

/** Beyond every draw from N(0, 1). */
const BEYOND = 1e30;

/**
 * The numbers of {@link MixtureTensors}.
 * @param room components that there is room for, at least the mixture's own; those that are over are never chosen.
 */
function mixtureValues(mixture: GaussianMixture, room: number): Readonly<Record<keyof MixtureTensors, Float32Array>> {
  const { components, size, means, factors } = mixture;
  if (components > room) throw internalError("mixture", `${components} components where ${room} are foreseen`);
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
  const cumulative = cumulativeWeights(mixture, room);
  const bounds = mixture.ofClasses === undefined ? quantileBounds(mixture, room) : numberBounds(room);
  return { ...bounds, cumulative, means: placedMeans, factors: placedFactors };
}

/** Bounds by which a draw from N(0, 1) chooses a component. */
function quantileBounds({ components, weights }: GaussianMixture, room: number) {
  const lower = new Float32Array(room).fill(BEYOND);
  const upper = new Float32Array(room).fill(BEYOND);
  let below = 0;
  for (let component = 0; component < components; component++) {
    lower[component] = component === 0 ? -BEYOND : normalQuantile(below);
    below += weights[component] ?? 0;
    if (component + 1 < components) upper[component] = normalQuantile(below);
  }
  return { lower, upper };
}

/** Bounds by which a component's number chooses it. */
function numberBounds(room: number) {
  const lower = Float32Array.from({ length: room }, (_, component) => component - 0.5);
  return { lower, upper: lower.map((bound) => bound + 1) };
}

/** [classes, room]: exactly 1 from the last component of a class on, so that none behind it is chosen. */
function cumulativeWeights({ components, ofClasses = new Float64Array() }: GaussianMixture, room: number) {
  const classes = ofClasses.length / components;
  const cumulative = new Float32Array(classes * room).fill(1);
  for (let index = 0; index < classes; index++) {
    const weights = ofClasses.subarray(index * components, (index + 1) * components);
    const last = weights.findLastIndex((weight) => weight > 0);
    let below = 0;
    for (let component = 0; component < last; component++) {
      below += weights[component] ?? 0;
      cumulative[index * room + component] = below;
    }
  }
  return cumulative;
}

function shapesOf(
  components: number,
  size: number,
  classes: number,
): Readonly<Record<keyof MixtureTensors, readonly number[]>> {
  return {
    lower: [1, components],
    upper: [1, components],
    cumulative: [classes, components],
    means: [components, size],
    factors: [size, components * size],
  };
}
