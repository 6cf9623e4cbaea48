import {
  constant,
  cos,
  isGreater,
  log,
  multiply,
  reshape,
  sqrt,
  stopGradient,
  subtract,
  sum,
  type Tensor,
} from "../../graph/index.ts";

/** Gives draws from the uniform distribution on [0, 1); the first axis is the batch. */
export type UniformSource = (name: string, shape: readonly number[]) => Tensor;

/** The random choices of one transform, one for each image. Gradients do not flow into them. */
export class TransformDraws {
  readonly #name: string;
  readonly #batch: number;
  readonly #uniform: UniformSource;
  readonly #probability: Tensor | undefined;

  /** @param probability with which an image is changed, shape []; undefined: every image is. */
  constructor(name: string, batch: number, uniform: UniformSource, probability: Tensor | undefined) {
    this.#name = name;
    this.#batch = batch;
    this.#uniform = uniform;
    this.#probability = probability;
  }

  /** `change`, [batch, …], where an image is changed, and 0 where it stays as it is. */
  ifApplied(change: Tensor): Tensor {
    if (this.#probability === undefined) return change;
    const applied = isGreater(stopGradient(this.#probability), this.uniform("applied"));
    return multiply(change, reshape(applied, [this.#batch, ...change.shape.slice(1).map(() => 1)]));
  }

  /** Uniform on [0, 1): [batch, …shape]. */
  uniform(name: string, shape: readonly number[] = []): Tensor {
    return stopGradient(this.#uniform(`${this.#name}/${name}`, [this.#batch, ...shape]));
  }

  /** A whole number from 0 to count - 1, all equally likely: [batch]. */
  integer(name: string, count: number): Tensor {
    const steps = Float64Array.from({ length: count - 1 }, (_, step) => (step + 1) / count);
    const below = isGreater(constant(steps, [count - 1]), reshape(this.uniform(name), [this.#batch, 1]));
    return sum(subtract(1, below), [1]);
  }

  /** N(0, 1), by Box and Muller 1958: [batch, …shape]. */
  normal(name: string, shape: readonly number[] = []): Tensor {
    const radius = sqrt(multiply(log(subtract(1, this.uniform(`${name}/radius`, shape))), -2));
    return multiply(radius, cos(multiply(this.uniform(`${name}/angle`, shape), 2 * Math.PI)));
  }
}
