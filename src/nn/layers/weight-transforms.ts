import {
  add,
  divide,
  elementCount,
  formatShape,
  matmul,
  multiply,
  reshape,
  type Shape,
  scalar,
  shapeError,
  sqrt,
  square,
  stopGradient,
  sum,
  type Tensor,
} from "../../graph/index.ts";
import { filled, normal } from "../initializers.ts";
import type { Scope } from "../network.ts";

/**
 * Makes the weight that a layer uses from the one that is trained, of the same shape. It may add variables to the layer.
 * @param outputAxis the axis of the weight along which the layer's outputs (its filters or features) lie.
 */
export type WeightTransform = (scope: Scope, weight: Tensor, outputAxis: number) => Tensor;

/**
 * Spectral normalisation (Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks", algorithm 1):
 * the weight divided by its largest singular value s, as the matrix [first axis, all others]. A step of power iteration
 * finds s as u^T W v; gradients flow through W but not through the singular vectors u and v.
 *
 *   v <- W^T u / |W^T u|      u <- W v / |W v|      W / (u^T W v)
 *
 * Statistic: singularVector u [first axis], moved on at each application in training. In inference the stored one is used.
 */
export const spectralNorm: WeightTransform = (scope, weight) => {
  const [rows, columns] = matrixSize(scope, weight.shape);
  const stored = scope.statistic("singularVector", [rows], normal(1));
  const matrix = reshape(weight, [rows, columns]);
  const frozen = stopGradient(matrix);
  const before = unit(reshape(stored, [1, rows]));
  const right = unit(matmul(before, frozen));
  const after = scope.mode === "training" ? unit(matmul(right, frozen, { transposeRight: true })) : before;
  if (scope.mode === "training") scope.assign("singularVector", reshape(after, [rows]));
  const largest = sum(multiply(matmul(stopGradient(after), matrix), stopGradient(right)));
  return divide(weight, largest);
};

/**
 * Weight normalisation (Salimans and Kingma 2016, "Weight Normalization", equation 2): the weights w of each output become
 * g w / |w|. Parameter: gain g [outputs], at first sqrt(2), the length that {@link heNormal} draws have in the mean.
 */
export const weightNorm: WeightTransform = (scope, weight, outputAxis) => {
  const outputs = weight.shape[outputAxis] ?? 1;
  return scaledToLength(weight, outputAxis, scope.parameter("gain", [Number(outputs)], filled(Math.SQRT2)));
};

/**
 * The same with a gain that stays as it is: the layer can turn its weights but not lengthen them, so that what follows sees
 * numbers of one scale throughout training.
 * @param length |w| of each output. Default: sqrt(2).
 */
export const fixedWeightNorm =
  (length = Math.SQRT2): WeightTransform =>
  (_scope, weight, outputAxis) =>
    scaledToLength(weight, outputAxis, scalar(length));

/** Weights whose part for each output has the given length: [outputs] or []. */
function scaledToLength(weight: Tensor, outputAxis: number, length: Tensor): Tensor {
  const others = weight.shape.map((_, axis) => axis).filter((axis) => axis !== outputAxis);
  const scale = divide(length, sqrt(add(sum(square(weight), others), TINY)));
  return multiply(
    weight,
    reshape(
      scale,
      weight.shape.map((size, axis) => (axis === outputAxis ? size : 1)),
    ),
  );
}

/** Keeps a division by the length of a vector of zeros finite. */
const TINY = 1e-12;

/** x / |x|, of all elements. */
function unit(x: Tensor): Tensor {
  return divide(x, sqrt(add(sum(square(x)), TINY)));
}

function matrixSize(scope: Scope, shape: Shape): readonly [number, number] {
  const [rows, ...others] = shape;
  if (typeof rows === "number" && others.length > 0) return [rows, elementCount(others.map(Number))];
  throw shapeError(scope.path, "a weight of at least two axes", formatShape(shape));
}
