import type { Random } from "../foundation/random.ts";
import { elementCount } from "../graph/index.ts";

/** Draws the first values of a variable of the given shape. */
export type Initializer = (shape: readonly number[], random: Random) => Float32Array;

/** Every element the same. */
export const filled =
  (value: number): Initializer =>
  (shape) =>
    new Float32Array(elementCount(shape)).fill(value);

/** Independent draws from N(mean, deviation^2). */
export const normal =
  (deviation: number, mean = 0): Initializer =>
  (shape, random) =>
    random.normals(elementCount(shape)).map((draw) => mean + deviation * draw);

/**
 * Normal draws of deviation sqrt(2 / inputs) for layers before a ReLU (He et al. 2015, "Delving Deep into Rectifiers").
 * @param inputs number of inputs that each output of the layer sums.
 */
export const heNormal = (inputs: number): Initializer => normal(Math.sqrt(2 / inputs));
