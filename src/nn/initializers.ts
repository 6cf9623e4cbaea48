import type { Random } from "../foundation/random.ts";
import { elementCount, formatShape, shapeError } from "../graph/index.ts";

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

/** Independent draws between -bound and bound. */
export const uniform =
  (bound: number): Initializer =>
  (shape, random) =>
    Float32Array.from({ length: elementCount(shape) }, () => bound * (2 * random.uniform() - 1));

/**
 * Normal draws of deviation sqrt(2 / inputs) for layers before a ReLU (He et al. 2015, "Delving Deep into Rectifiers").
 * @param inputs number of inputs that each output of the layer sums.
 */
export const heNormal = (inputs: number): Initializer => normal(Math.sqrt(2 / inputs));

/**
 * Uniform draws of variance 2 / (inputs + outputs) (Glorot and Bengio 2010, "Understanding the difficulty of training deep
 * feedforward neural networks", equation 16).
 * @param inputs number of inputs that each output of the layer sums.
 * @param outputs number of outputs that each input of the layer adds to.
 */
export const glorotUniform = (inputs: number, outputs: number): Initializer =>
  uniform(Math.sqrt(6 / (inputs + outputs)));

/** Normal draws of the same variance as {@link glorotUniform}'s. */
export const glorotNormal = (inputs: number, outputs: number): Initializer => normal(Math.sqrt(2 / (inputs + outputs)));

/**
 * `gain` times a random matrix [first axis, all others] whose rows are orthonormal, or whose columns are where there are
 * fewer of them (Saxe et al. 2014, "Exact solutions to the nonlinear dynamics of learning in deep linear neural
 * networks"). Normal draws are made orthonormal one by one; the time grows with the square of their number.
 * @throws AtelierError when the shape has fewer than two axes.
 */
export const orthogonal =
  (gain = 1): Initializer =>
  (shape, random) => {
    const [rows = 0, ...others] = shape;
    if (others.length === 0) throw shapeError("orthogonal", "at least two axes", formatShape(shape));
    const columns = elementCount(others);
    const vectors = orthonormalVectors(Math.min(rows, columns), Math.max(rows, columns), random);
    return Float32Array.from({ length: rows * columns }, (_, index) => {
      const [row, column] = [Math.floor(index / columns), index % columns];
      const element = rows <= columns ? vectors[row]?.[column] : vectors[column]?.[row];
      return gain * (element ?? 0);
    });
  };

/** Normal draws made orthonormal by the modified Gram-Schmidt process, twice over so that rounding leaves no overlap. */
function orthonormalVectors(count: number, length: number, random: Random): readonly Float64Array[] {
  const vectors: Float64Array[] = [];
  while (vectors.length < count) {
    const vector = Float64Array.from(random.normals(length));
    for (const other of [...vectors, ...vectors]) {
      const overlap = dot(vector, other);
      vector.forEach((value, index) => {
        vector[index] = value - overlap * (other[index] ?? 0);
      });
    }
    const size = Math.sqrt(dot(vector, vector));
    vectors.push(vector.map((value) => value / size));
  }
  return vectors;
}

function dot(left: Float64Array, right: Float64Array): number {
  return left.reduce((total, value, index) => total + value * (right[index] ?? 0), 0);
}
