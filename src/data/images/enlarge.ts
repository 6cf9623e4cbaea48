import type { Filter, PixelFormat } from "./preparation.ts";

/** Of one side: for each of `wanted` places the pixels that it is made of, and their weights, `[wanted, taps]`. */
interface Taps {
  readonly count: number;
  readonly places: Int32Array;
  readonly weights: Float64Array;
}

/** Weights of the pixels around a place, by its distance in [0, 1) behind the one before it; the first lies `before` places earlier. */
const kernels: Readonly<
  Record<Filter, { readonly before: number; readonly weights: (t: number) => readonly number[] }>
> = {
  nearest: { before: 0, weights: (t) => (t < 0.5 ? [1, 0] : [0, 1]) },
  linear: { before: 0, weights: (t) => [1 - t, t] },
  cubic: { before: 1, weights: catmullRom },
  lanczos3: { before: 1, weights: catmullRom },
};

/** Catmull and Rom 1974, "A Class of Local Interpolating Splines"; the cubic convolution of Keys 1981 with a = -1/2. */
function catmullRom(t: number): readonly number[] {
  const [square, cube] = [t * t, t * t * t];
  return [
    (-cube + 2 * square - t) / 2,
    (3 * cube - 5 * square + 2) / 2,
    (-3 * cube + 4 * square + t) / 2,
    (cube - square) / 2,
  ];
}

/** Pixels and places are squares: the middle of place X lies at (X + 1/2) size / wanted - 1/2. Border pixels go on outside. */
function tapsOf(size: number, wanted: number, filter: Filter): Taps {
  const { before, weights: weightsAt } = kernels[filter];
  const count = weightsAt(0).length;
  const places = new Int32Array(wanted * count);
  const weights = new Float64Array(wanted * count);
  for (let place = 0; place < wanted; place++) {
    const middle = ((place + 0.5) * size) / wanted - 0.5;
    const first = Math.floor(middle);
    for (const [tap, weight] of weightsAt(middle - first).entries()) {
      places[place * count + tap] = Math.min(Math.max(first - before + tap, 0), size - 1);
      weights[place * count + tap] = weight;
    }
  }
  return { count, places, weights };
}

/**
 * Makes a function that scales images of one size up, pixels `[height, width, channels]`, each pixel at its exact place: sharp enlarges
 * with every pixel half a place too far to the right and down. `lanczos3` and `cubic` are both bicubic, as in sharp.
 * @param from size and channels of the images, no side of which is larger than wanted
 */
export function enlarger(
  { height, width, channels }: Pick<PixelFormat, "height" | "width"> & { readonly channels: number },
  wanted: Pick<PixelFormat, "height" | "width">,
  filter: Filter,
): (pixels: Uint8Array) => Uint8Array {
  const across = tapsOf(width, wanted.width, filter);
  const down = tapsOf(height, wanted.height, filter);
  const row = wanted.width * channels;
  const widened = new Float64Array(height * row);
  return (pixels) => {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < wanted.width; x++) {
        for (let channel = 0; channel < channels; channel++) {
          let sum = 0;
          for (let tap = x * across.count; tap < (x + 1) * across.count; tap++)
            sum +=
              (across.weights[tap] ?? 0) * (pixels[(y * width + (across.places[tap] ?? 0)) * channels + channel] ?? 0);
          widened[y * row + x * channels + channel] = sum;
        }
      }
    }
    // Rounds, and clamps where the filter overshoots.
    const enlarged = new Uint8ClampedArray(wanted.height * row);
    for (let y = 0; y < wanted.height; y++) {
      for (let at = 0; at < row; at++) {
        let sum = 0;
        for (let tap = y * down.count; tap < (y + 1) * down.count; tap++)
          sum += (down.weights[tap] ?? 0) * (widened[(down.places[tap] ?? 0) * row + at] ?? 0);
        enlarged[y * row + at] = sum;
      }
    }
    return new Uint8Array(enlarged.buffer);
  };
}
