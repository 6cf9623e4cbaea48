import { type Emitter, text } from "../emitter.ts";
import { withLayer } from "../operator.ts";
import { formatShape, shapeError } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { type Coordinates, type Interpolation, interpolationWeights, type NearestRule } from "./interpolation.ts";
import { unlessSame } from "./movement.ts";
import { defineSeparable, pictureSize, type Sizes } from "./separable.ts";

/** How a picture gets another size. The defaults are those of the ONNX operator Resize. */
export interface ResizeOptions {
  /** Pixels of the result, [height, width]. */
  readonly size: readonly [number, number];
  readonly mode: Interpolation;
  /** Where the result's pixels lie among the input's. Default: `half_pixel`. */
  readonly coordinates?: Coordinates;
  /** Pixels of the result a pixel of the input, [vertical, horizontal], where not just the quotient of the sizes. */
  readonly scales?: readonly [number, number];
  /** Which pixel is the nearest, for mode `nearest`. Default: `round_prefer_floor`. */
  readonly nearest?: NearestRule;
  /** Average over all pixels that a smaller result covers; not for mode `nearest`. Default: false. */
  readonly antialias?: boolean;
  /** Leave pixels beyond the border out, as Pillow does, instead of repeating the border. Default: as `antialias`. */
  readonly excludeOutside?: boolean;
  /** The slope parameter of the cubic kernel (Keys 1981). Default: -0.75; Pillow uses -0.5. */
  readonly cubic?: number;
}

/**
 * Pictures [batch, channels, height, width] resized to [batch, channels, size], each axis on its own; see
 * {@link Coordinates} and {@link Interpolation}.
 * @throws AtelierError when x has not four axes, a size is not a whole number from 1 or too large for the scales, or
 * `antialias` is asked of mode `nearest`.
 */
export function resize2d(x: Tensor, options: ResizeOptions): Tensor {
  const where = withLayer("resize2d");
  const { size, mode, coordinates = "half_pixel", nearest = "round_prefer_floor", antialias = false } = options;
  if (!size.every((pixels) => Number.isInteger(pixels) && pixels >= 1)) {
    throw shapeError(where, "sizes that are whole numbers from 1", formatShape(size));
  }
  if (antialias && mode === "nearest") throw shapeError(where, "no antialias for mode nearest", "antialias: true");
  const from = pictureSize(where, x);
  const { scales = [size[0] / from[0], size[1] / from[1]], excludeOutside = antialias, cubic = -0.75 } = options;
  if (size.some((pixels, axis) => !(pixels <= Math.ceil((from[axis] ?? 0) * (scales[axis] ?? 0))))) {
    throw shapeError(where, `at most ${formatShape(from)} * scales ${formatShape(scales)} pixels`, formatShape(size));
  }
  const switches = { antialias: Number(antialias), excludeOutside: Number(excludeOutside) };
  const rule = { mode, coordinates, nearest, scales, cubic, ...switches };
  const resized = resizeOf(x, { from, to: size, ...rule });
  return scales.every((scale) => scale === 1) ? unlessSame(x, resized) : resized;
}

/** Pictures [batch, channels, height, width] with every pixel repeated `factor` times along both axes. */
export function upsampleNearest2d(x: Tensor, factor: number): Tensor {
  const [height, width] = pictureSize(withLayer("upsampleNearest2d"), x);
  return resize2d(x, { size: [height * factor, width * factor], mode: "nearest" });
}

type Resize = Sizes & {
  readonly mode: Interpolation;
  readonly coordinates: Coordinates;
  readonly nearest: NearestRule;
  readonly scales: readonly [number, number];
  readonly antialias: number;
  readonly excludeOutside: number;
  readonly cubic: number;
};

const resizeOf = defineSeparable<Resize>({
  name: "resize2d",
  weights: (attributes, axis) =>
    interpolationWeights({
      ...attributes,
      from: attributes.from[axis],
      to: attributes.to[axis],
      scale: attributes.scales[axis],
      antialias: attributes.antialias === 1,
      excludeOutside: attributes.excludeOutside === 1,
    }),
  onnx: (emitter, x, attributes) => (repeatsPixels(attributes) ? emitRepeated(emitter, x, attributes) : undefined),
});

/** Whether every pixel of the input becomes a block of equal pixels. */
function repeatsPixels(attributes: Resize): boolean {
  const { from, to, mode, coordinates, nearest, scales } = attributes;
  const whole = from.every((size, axis) => Number.isInteger((to[axis] ?? 0) / size));
  const plain = from.every((size, axis) => scales[axis] === (to[axis] ?? 0) / size);
  const inBlocks =
    (coordinates === "half_pixel" && nearest.startsWith("round")) ||
    (coordinates === "asymmetric" && nearest === "floor");
  return mode === "nearest" && whole && plain && inBlocks;
}

/** Repeats every pixel by the whole quotients of the sizes: much faster than matrix products. */
export function emitRepeated(emitter: Emitter, x: string, { from, to }: Sizes): string {
  const scales = Float32Array.of(1, 1, to[0] / from[0], to[1] / from[1]);
  // Of the equivalent settings these are the ones that the CPU engine has a short cut for.
  return emitter.node("Resize", [x, "", emitter.floats(scales, [4])], {
    attributes: { coordinate_transformation_mode: text("asymmetric"), nearest_mode: text("floor") },
  });
}
