import {
  abs,
  add,
  concat,
  divide,
  gradient,
  keepAxes,
  logSoftmax,
  max,
  mean,
  multiply,
  slice,
  softmax,
  sqrt,
  square,
  stopGradient,
  subtract,
  sum,
  type Tensor,
} from "../graph/index.ts";

export interface VirtualAdversarialOptions {
  /** Length of the change of an image, all its numbers taken together. */
  readonly epsilon: number;
  /**
   * Length of the change at which the slope is taken. The paper's 1e-6 is lost in the rounding of float32. Default: 0.1, small
   * beside images in [-1, 1], whose length is about the root of their number of pixels.
   */
  readonly xi?: number | undefined;
}

/**
 * How far a classifier's answers move when each image is changed by `epsilon` in the direction that moves them most (Miyato
 * et al. 2018, "Virtual Adversarial Training", equations 5 and 8, with one step of power iteration): the mean of
 * KL(p(. | x) || p(. | x + r)). No gradient flows through p(. | x) and r.
 * @param classify images -> logits [.., classes]. It is applied to the images and the changed ones as one batch; a network that
 *   adds noise must give rows i and i + batch the same, or the noise is taken for what the change did.
 * @param images [batch, …].
 * @param directions draws from N(0, 1) of the images' shape: where the search begins.
 * @returns shape [].
 */
export function virtualAdversarialLoss(
  classify: (images: Tensor) => Tensor,
  images: Tensor,
  directions: Tensor,
  { epsilon, xi = 0.1 }: VirtualAdversarialOptions,
): Tensor {
  const worst = worstDirection(classify, images, ofLength(directions, xi));
  return mean(divergences(classify, images, ofLength(worst, epsilon)));
}

/**
 * The slope of the divergence at a small change: by one step of power iteration nearer to the eigenvector of its largest curvature.
 * @param change of the images' shape.
 */
export function worstDirection(classify: (images: Tensor) => Tensor, images: Tensor, change: Tensor): Tensor {
  const from = stopGradient(change);
  return stopGradient(gradient(sum(divergences(classify, images, from)), from));
}

/** KL(p(. | x) || p(. | x + change)) of each image, without gradient through p(. | x): [batch]. */
function divergences(classify: (images: Tensor) => Tensor, images: Tensor, change: Tensor): Tensor {
  const logits = classify(concat([images, add(images, change)], 0));
  const [batch, classes] = [Number(images.shape[0]), Number(logits.shape[1])];
  const before = stopGradient(slice(logits, [0, 0], [batch, classes]));
  const after = slice(logits, [batch, 0], [batch, classes]);
  return sum(multiply(softmax(before, 1), subtract(logSoftmax(before, 1), logSoftmax(after, 1))), [1]);
}

/** Each sample of x with the given length, however small it is; of 0s, 0s. */
function ofLength(x: Tensor, length: number): Tensor {
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== 0);
  // Divided by its largest number first: squares of small slopes would underflow.
  const scaled = divide(x, add(keepAxes(max(abs(x), axes), x, axes), TINY));
  const size = sqrt(add(sum(square(scaled), axes), TINY));
  return multiply(scaled, keepAxes(divide(length, size), x, axes));
}

/** Keeps divisions by 0 finite, and is nothing beside what else is divided by. */
const TINY = 1e-30;
