import { add, constant, flip, multiply, type Tensor } from "../graph/index.ts";

/** How a network wants the pixels of a picture as numbers. */
export interface PixelConvention {
  readonly order: "RGB" | "BGR";
  /** What black and white become, before `mean` and `deviation`. */
  readonly range: readonly [black: number, white: number];
  /** Subtracted from the channels, in `order`. Default: nothing. */
  readonly mean?: readonly [number, number, number];
  /** What the channels are then divided by, in `order`. Default: 1. */
  readonly deviation?: readonly [number, number, number];
}

/** The conventions that published networks follow. */
export const conventions = {
  /** PyTorch's torchvision, and nearly all that were trained with PyTorch. */
  torchvision: { order: "RGB", range: [0, 1], mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] },
  /** TensorFlow's own, and Inception's and MobileNet's in Keras. */
  tensorflow: { order: "RGB", range: [-1, 1] },
  /** Caffe's, and VGG's and the first ResNets' in Keras. */
  caffe: { order: "BGR", range: [0, 255], mean: [103.939, 116.779, 123.68] },
  /** Plain fractions. */
  unit: { order: "RGB", range: [0, 1] },
  /** The bytes themselves. */
  bytes: { order: "RGB", range: [0, 255] },
} as const satisfies Record<string, PixelConvention>;

export type ConventionName = keyof typeof conventions;

/** In words: `RGB, 0 to 1, less 0.485 0.456 0.406, over 0.229 0.224 0.225`. */
export function conventionInWords({ order, range, mean, deviation }: PixelConvention, channels: 1 | 3 = 3): string {
  return [
    channels === 1 ? "grey" : order,
    `${range[0]} to ${range[1]}`,
    ...(mean === undefined ? [] : [`less ${mean.join(" ")}`]),
    ...(deviation === undefined ? [] : [`over ${deviation.join(" ")}`]),
  ].join(", ");
}

/** Whether it treats all channels alike, so that it says what grey pictures of one channel become. */
export function isUniform({ mean = [0, 0, 0], deviation = [1, 1, 1] }: PixelConvention): boolean {
  return new Set(mean).size === 1 && new Set(deviation).size === 1;
}

/** Pixels 0…255 [batch, channels, height, width], red first, as the convention wants them. */
export function conventional(pixels: Tensor, convention: PixelConvention): Tensor {
  const channels = pixels.shape[1] === 1 ? 1 : 3;
  const { scales, shifts } = affineOf(convention);
  const perChannel = (values: readonly number[]) =>
    constant(Float64Array.from(values.slice(0, channels)), [1, channels, 1, 1]);
  const ordered = convention.order === "BGR" && channels === 3 ? flip(pixels, [1]) : pixels;
  return add(multiply(ordered, perChannel(scales)), perChannel(shifts));
}

/** The numbers that one pixel, 0…255 of red, green and blue, becomes. */
export function conventionalPixel(pixel: readonly number[], convention: PixelConvention): readonly number[] {
  const { scales, shifts } = affineOf(convention);
  const ordered = convention.order === "BGR" ? pixel.toReversed() : pixel;
  return ordered.map((value, channel) => value * (scales[channel] ?? 1) + (shifts[channel] ?? 0));
}

/** What each channel, in the order of the convention, is multiplied with, and what is then added. */
function affineOf({ range: [black, white], mean = [0, 0, 0], deviation = [1, 1, 1] }: PixelConvention) {
  return {
    scales: deviation.map((spread) => (white - black) / 255 / spread),
    shifts: deviation.map((spread, channel) => (black - (mean[channel] ?? 0)) / spread),
  };
}
