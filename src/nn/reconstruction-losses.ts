import {
  abs,
  add,
  concat,
  constant,
  divide,
  elementCount,
  formatShape,
  matmul,
  mean,
  multiply,
  negate,
  reshape,
  shapeError,
  slice,
  square,
  stopGradient,
  subtract,
  type Tensor,
  transpose,
} from "../graph/index.ts";
import { likelihoods } from "./likelihoods.ts";

/*
 * How far pictures that were made are from those that they should be: scalars, means over the batch. Pictures are
 * [batch, channels, height, width] in [-1, 1].
 */

/** The mean squared difference of pixels: the best guess of a pixel is its mean. */
export function meanSquaredError(made: Tensor, images: Tensor): Tensor {
  return mean(square(subtract(made, images)));
}

/** The mean absolute difference of pixels: the best guess of a pixel is its median. */
export function meanAbsoluteError(made: Tensor, images: Tensor): Tensor {
  return mean(abs(subtract(made, images)));
}

/**
 * Cross-entropy of pixels as probabilities of white, in nats a pixel (Vincent et al. 2010, "Stacked Denoising
 * Autoencoders", section 2.2). Of the least it can be, the pixels' own entropy, it takes no notice.
 * @param logits of the probabilities, [batch, channels, height, width].
 */
export function bernoulliCrossEntropy(logits: Tensor, images: Tensor): Tensor {
  const pixels = elementCount(images.shape.slice(1).map(Number));
  return divide(negate(mean(likelihoods.bernoulli.logProbability(logits, images))), pixels);
}

/** Side and deviation of the window in pixels, and the two constants for values in [0, 1]. */
export const SSIM_WINDOW = 11;
const SIGMA = 1.5;
const [C1, C2] = [0.01 ** 2, 0.03 ** 2];

/**
 * 1 - SSIM, the structural similarity of Wang, Bovik, Sheikh and Simoncelli 2004 ("Image Quality Assessment: From Error
 * Visibility to Structural Similarity", equation 13), under a Gaussian window of 11x11 pixels, wherever it lies wholly inside;
 * the mean over places and channels. In [0, 2]; 0 for equal pictures.
 * @throws AtelierError when a side is below 11 pixels, or the batch is open.
 */
export function structuralDissimilarity(made: Tensor, images: Tensor): Tensor {
  const [batch = 0, channels = 0, height = 0, width = 0] = images.shape;
  if ([batch, channels, height, width].includes("batch") || Math.min(Number(height), Number(width)) < SSIM_WINDOW) {
    const expected = `a known batch of images of at least ${SSIM_WINDOW}x${SSIM_WINDOW} pixels`;
    throw shapeError("structural similarity", expected, formatShape(images.shape));
  }
  const count = Number(batch) * Number(channels);
  const planes = (values: Tensor) => reshape(values, [count, height, width]);
  const [x, y] = [planes(inUnits(made)), planes(inUnits(images))];
  const means = windowMeans(concat([x, y, square(x), square(y), multiply(x, y)], 0));
  const places = means.shape.slice(1);
  const part = (index: number) => slice(means, [index * count, 0, 0], [count, ...places]);
  const [meanX, meanY] = [part(0), part(1)];
  const squares = add(square(meanX), square(meanY));
  const product = multiply(meanX, meanY);
  const variances = subtract(add(part(2), part(3)), squares);
  const covariance = subtract(part(4), product);
  const alike = multiply(add(multiply(product, 2), C1), add(multiply(covariance, 2), C2));
  return subtract(1, mean(divide(alike, multiply(add(squares, C1), add(variances, C2)))));
}

/** [-1, 1] to [0, 1]. */
function inUnits(images: Tensor): Tensor {
  return multiply(add(images, 1), 0.5);
}

/** The Gaussian in one direction, with sum 1: the window is the product of two. */
const profile = gaussianProfile();

function gaussianProfile(): readonly number[] {
  const heights = Array.from({ length: SSIM_WINDOW }, (_, place) =>
    Math.exp(-((place - (SSIM_WINDOW - 1) / 2) ** 2) / (2 * SIGMA ** 2)),
  );
  const total = heights.reduce((sum, height) => sum + height, 0);
  return heights.map((height) => height / total);
}

/**
 * Means under the Gaussian window, wherever it lies inside: planes [count, height, width] give
 * [count, width - 10, height - 10], rows and columns exchanged. As matrix products: several times as fast as convolutions of one channel.
 */
function windowMeans(planes: Tensor): Tensor {
  return meansAlong(transpose(meansAlong(planes), [0, 2, 1]));
}

/** Means under the profile along the last axis. */
function meansAlong(planes: Tensor): Tensor {
  const [count = 0, lines = 0, size = 0] = planes.shape.map(Number);
  const means = size - SSIM_WINDOW + 1;
  const weights = Float64Array.from({ length: size * means }, (_, index) => {
    const [from, to] = [Math.floor(index / means), index % means];
    return profile[from - to] ?? 0;
  });
  const flat = matmul(reshape(planes, [count * lines, size]), constant(weights, [size, means]));
  return reshape(flat, [count, lines, means]);
}

/** Keeps a quotient finite where a layer sees nothing. */
const TINY = 1e-8;

/**
 * The mean squared difference of the features that a frozen network sees in two batches of pictures, of each layer as a share
 * of the mean square of what it sees in the images, so that all layers count alike; the mean over layers. The
 * feature reconstruction loss of Johnson, Alahi and Fei-Fei 2016, "Perceptual Losses for Real-Time Style Transfer and
 * Super-Resolution", equation 2.
 * @param features pictures -> what each layer sees, of any shapes.
 */
export function featureDistance(
  features: (pictures: Tensor) => readonly Tensor[],
  made: Tensor,
  images: Tensor,
): Tensor {
  const seen = features(images).map(stopGradient);
  const shares = features(made).map((layer, index) => {
    const wanted = seen[index] ?? layer;
    return divide(mean(square(subtract(layer, wanted))), add(mean(square(wanted)), TINY));
  });
  return divide(
    shares.reduce((sum, share) => add(sum, share)),
    shares.length,
  );
}
