import { type Weights, weightsOf } from "./separable.ts";

/** How the value between pixels is found: the nearest pixel, or 2 or 4 neighbours along each axis. */
export type Interpolation = "nearest" | "bilinear" | "bicubic";

/**
 * Where pixel o of the result lies among the input's pixels, with scale = size of the result / size of the input:
 * - `half_pixel`: (o + 1/2) / scale - 1/2, so that the two pictures cover the same area;
 * - `pytorch_half_pixel`: the same, but 0 where the result has one pixel;
 * - `align_corners`: o * (input size - 1) / (result size - 1), so that the outermost pixels lie on each other;
 * - `asymmetric`: o / scale, so that the first pixels lie on each other.
 */
export type Coordinates = "half_pixel" | "pytorch_half_pixel" | "align_corners" | "asymmetric";

/** Which pixel is the nearest to a place between two: rounded with halves down or up, or always down or up. */
export type NearestRule = "round_prefer_floor" | "round_prefer_ceil" | "floor" | "ceil";

/** Everything that says how one axis is resized. */
export interface AxisInterpolation {
  readonly from: number;
  readonly to: number;
  /** Pixels of the result a pixel of the input, as far as coordinates are concerned. */
  readonly scale: number;
  readonly mode: Interpolation;
  readonly coordinates: Coordinates;
  readonly nearest: NearestRule;
  readonly antialias: boolean;
  readonly excludeOutside: boolean;
  /** The slope parameter of the cubic kernel. */
  readonly cubic: number;
}

/**
 * The weights [to, from] of the ONNX operator Resize along one axis. With `antialias` the kernel is widened by the factor
 * by which the picture shrinks. Neighbours beyond the border are the border's pixels, or left out with `excludeOutside`;
 * the weights of a pixel are scaled to the sum 1.
 */
export function interpolationWeights(axis: AxisInterpolation): Weights {
  const { from, to, scale, mode, antialias, excludeOutside } = axis;
  const clamped = (index: number): number => Math.min(Math.max(index, 0), from - 1);
  if (mode === "nearest") {
    // In float32, as engines compute: of places just beside a whole number, the neighbour may hang on the rounding.
    const at = (pixel: number) => place(pixel, { ...axis, scale: Math.fround(scale) }, Math.fround);
    return weightsOf(to, from, (pixel) => [[clamped(nearestPixel(at(pixel), axis.nearest)), 1]]);
  }
  const { kernel, radius } = kernelOf(mode, axis.cubic);
  const width = antialias ? Math.max(1, 1 / scale) : 1;
  return weightsOf(to, from, (pixel) => {
    const at = place(pixel, axis);
    const first = Math.ceil(at - radius * width);
    const neighbours = Array.from(
      { length: Math.floor(at + radius * width) - first + 1 },
      (_, index) => [first + index, kernel((first + index - at) / width)] as const,
    );
    const terms = neighbours.filter(([index]) => !excludeOutside || index === clamped(index));
    const total = terms.reduce((sum, [, weight]) => sum + weight, 0);
    return terms.map(([index, weight]) => [clamped(index), weight / total] as const);
  });
}

/** The place of a pixel of the result; `rounded` is applied to every quotient and difference. */
function place(
  pixel: number,
  { from, to, scale, coordinates }: AxisInterpolation,
  rounded: (value: number) => number = (value) => value,
): number {
  const halfPixel = () => rounded(rounded((pixel + 0.5) / scale) - 0.5);
  switch (coordinates) {
    case "half_pixel":
      return halfPixel();
    case "pytorch_half_pixel":
      return to === 1 ? 0 : halfPixel();
    case "align_corners":
      return to === 1 ? 0 : rounded((pixel * (from - 1)) / (to - 1));
    case "asymmetric":
      return rounded(pixel / scale);
  }
}

function nearestPixel(at: number, rule: NearestRule): number {
  switch (rule) {
    case "round_prefer_floor":
      return Math.ceil(at - 0.5);
    case "round_prefer_ceil":
      // The last bit below a half counts as the half, as in onnxruntime.
      return Math.floor(at * (1 + 2 ** -23) + 0.5);
    case "floor":
      return Math.floor(at);
    case "ceil":
      return Math.ceil(at);
  }
}

interface Kernel {
  /** Weight of a pixel at a distance. */
  readonly kernel: (distance: number) => number;
  /** The distance from which on the weight is 0. */
  readonly radius: number;
}

function kernelOf(mode: "bilinear" | "bicubic", slope: number): Kernel {
  return mode === "bilinear"
    ? { kernel: (distance) => Math.max(0, 1 - Math.abs(distance)), radius: 1 }
    : { kernel: (distance) => cubicKernel(Math.abs(distance), slope), radius: 2 };
}

/** Cubic convolution (Keys 1981). */
function cubicKernel(distance: number, slope: number): number {
  if (distance < 1) return ((slope + 2) * distance - (slope + 3)) * distance * distance + 1;
  if (distance < 2) return ((distance - 5) * distance + 8) * distance * slope - 4 * slope;
  return 0;
}
