import { imageBytesOf, type PixelFormat } from "../data/index.ts";
import { AtelierError, internalError } from "../foundation/errors.ts";

/*
 * How near images are to others, pixel by pixel. All take two batches of pixels 0…255, [count, channels, height, width], and give one
 * value an image, [count].
 */

/** The mean squared difference of pixels as numbers 0…1; times 255² for pixels as 0…255. */
export function meanSquaredError(images: Uint8Array, others: Uint8Array, format: PixelFormat): Float64Array {
  const size = imageBytesOf(format);
  return eachImage(images, others, format, (image, other) => {
    let squares = 0;
    for (let index = 0; index < size; index++) squares += ((image[index] ?? 0) - (other[index] ?? 0)) ** 2;
    return squares / size / 255 ** 2;
  });
}

/** The peak signal-to-noise ratio in decibels, -10 log10 of the mean squared error; infinite for equal images. */
export function peakSignalToNoise(images: Uint8Array, others: Uint8Array, format: PixelFormat): Float64Array {
  return meanSquaredError(images, others, format).map((error) => -10 * Math.log10(error));
}

/** Side and standard deviation of the window, in pixels, and the two constants that keep quotients finite. */
const WINDOW = 11;
const SIGMA = 1.5;
const C1 = (0.01 * 255) ** 2;
const C2 = (0.03 * 255) ** 2;

/**
 * The structural similarity, 1 for equal images (Wang, Bovik, Sheikh and Simoncelli 2004, "Image Quality Assessment: From Error
 * Visibility to Structural Similarity", equation 13): means, variances and covariance under a Gaussian window of 11x11 pixels,
 * sigma 1.5, with K1 = 0.01 and K2 = 0.03. Only windows that lie wholly inside the image count, as in the authors' code, and
 * channels are averaged.
 * @throws AtelierError for images with a side below 11 pixels, into which no window fits.
 */
export function structuralSimilarity(images: Uint8Array, others: Uint8Array, format: PixelFormat): Float64Array {
  const { channels, height, width } = format;
  if (height < WINDOW || width < WINDOW) {
    throw new AtelierError({
      kind: "data",
      where: "structural similarity",
      expected: `images of at least ${WINDOW}x${WINDOW} pixels`,
      received: `${width}x${height}`,
      help: "use the mean squared error for images this small",
    });
  }
  const pixels = height * width;
  return eachImage(images, others, format, (image, other) => {
    let total = 0;
    for (let from = 0; from < channels * pixels; from += pixels) {
      const plane = Float64Array.from(image.subarray(from, from + pixels));
      total += similarityOfPlanes(plane, Float64Array.from(other.subarray(from, from + pixels)), width);
    }
    return total / channels;
  });
}

function similarityOfPlanes(x: Float64Array, y: Float64Array, width: number): number {
  const meansX = windowMeans(x, width);
  const meansY = windowMeans(y, width);
  const squaresX = windowMeans(
    x.map((value) => value ** 2),
    width,
  );
  const squaresY = windowMeans(
    y.map((value) => value ** 2),
    width,
  );
  const products = windowMeans(
    x.map((value, index) => value * (y[index] ?? 0)),
    width,
  );
  let total = 0;
  for (const [index, meanX] of meansX.entries()) {
    const meanY = meansY[index] ?? 0;
    const variances = (squaresX[index] ?? 0) - meanX ** 2 + (squaresY[index] ?? 0) - meanY ** 2;
    const covariance = (products[index] ?? 0) - meanX * meanY;
    total += ((2 * meanX * meanY + C1) * (2 * covariance + C2)) / ((meanX ** 2 + meanY ** 2 + C1) * (variances + C2));
  }
  return total / meansX.length;
}

/** Means under the window around each pixel that is far enough from the border, [height - 10, width - 10]. */
function windowMeans(plane: Float64Array, width: number): Float64Array {
  const along = columnMeans(plane, width);
  return transposed(columnMeans(transposed(along, width), along.length / width), along.length / width);
}

/** Means under the window's profile down each column, [height - 10, width]. */
function columnMeans(plane: Float64Array, width: number): Float64Array {
  const means = new Float64Array(plane.length - (WINDOW - 1) * width);
  for (let index = 0; index < means.length; index++) {
    let mean = 0;
    for (let row = 0; row < WINDOW; row++) mean += (profile[row] ?? 0) * (plane[index + row * width] ?? 0);
    means[index] = mean;
  }
  return means;
}

function transposed(plane: Float64Array, width: number): Float64Array {
  const height = plane.length / width;
  return plane.map((_, index) => plane[(index % height) * width + Math.floor(index / height)] ?? 0);
}

const profile = gaussianProfile();

/** The Gaussian in one direction, with sum 1: the window is the product of two. */
function gaussianProfile(): Float64Array {
  const heights = Float64Array.from({ length: WINDOW }, (_, index) =>
    Math.exp(-((index - (WINDOW - 1) / 2) ** 2) / (2 * SIGMA ** 2)),
  );
  const sum = heights.reduce((total, value) => total + value, 0);
  return heights.map((value) => value / sum);
}

function eachImage(
  images: Uint8Array,
  others: Uint8Array,
  format: PixelFormat,
  compare: (image: Uint8Array, other: Uint8Array) => number,
): Float64Array {
  const size = imageBytesOf(format);
  if (images.length !== others.length || images.length % size !== 0) {
    throw internalError("reconstruction", `${images.length} and ${others.length} bytes, images of ${size}`);
  }
  return Float64Array.from({ length: images.length / size }, (_, index) => {
    const [from, end] = [index * size, (index + 1) * size];
    return compare(images.subarray(from, end), others.subarray(from, end));
  });
}
