import { type Coordinates, type Interpolation, type NearestRule, resize2d } from "../../operators/index.ts";
import { formatShape } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import type { NodeContext } from "../node-context.ts";
import type { Rules } from "../rule.ts";
import { assertImages } from "./windows.ts";

/** Operators that resize images [batch, channels, height, width]. */
export const resizing: Rules = {
  Upsample: {
    apply: (node) => {
      // Operator set 7 has the scales as an attribute, 9 as an input.
      const scales = node.listOrInput("scales", 1) ?? [];
      return resized(node, { scales, sizes: [], coordinates: "asymmetric", nearest: "floor" });
    },
  },
  Resize: {
    apply: (node) => {
      // Operator set 10 has the inputs x, scales; 11 and later x, region, scales, sizes.
      const isFirst = node.opset < 11;
      return resized(node, {
        scales: isFirst ? node.numbers(1) : node.has(2) ? node.numbers(2) : [],
        sizes: node.has(3) ? sizesOf(node) : [],
        coordinates: isFirst ? "asymmetric" : node.text("coordinate_transformation_mode", "half_pixel"),
        nearest: isFirst ? "floor" : node.text("nearest_mode", "round_prefer_floor"),
      });
    },
  },
};

interface Request {
  /** Result size / input size of each axis; empty when `sizes` says it. */
  readonly scales: readonly number[];
  readonly sizes: readonly number[];
  readonly coordinates: string;
  readonly nearest: string;
}

function resized(node: NodeContext, { scales, sizes, coordinates, nearest }: Request): Tensor {
  const x = node.tensor(0);
  assertImages(node, x.shape);
  const pixels = x.shape.slice(2).map(Number);
  const axes = node.list("axes")?.map((axis) => node.axis(axis, x.shape)) ?? [0, 1, 2, 3];
  const at = (values: readonly number[], axis: number) => values[axes.indexOf(axis)];
  if (axes.some((axis) => axis < 2 && scales.length > 0 && at(scales, axis) !== 1)) {
    node.refuse(`resizing of other axes than height and width, by ${scales.join()}`);
  }
  const policy = node.text("keep_aspect_ratio_policy", "stretch");
  if (policy !== "stretch") node.refuse(`keep_aspect_ratio_policy ${policy}`);
  const [height = 1, width = 1] = pixels.map(
    (size, index) => at(sizes, index + 2) ?? Math.floor(size * (at(scales, index + 2) ?? 1)),
  );
  const antialias = node.int("antialias", 0) === 1;
  const [vertical = 1, horizontal = 1] = [height, width].map((size, index) => {
    const from = pixels[index] ?? 1;
    // The antialiased form leaves an axis alone that keeps its size, whatever the scale.
    return sizes.length > 0 || (antialias && size === from) ? size / from : (at(scales, index + 2) ?? 1);
  });
  const isExact = height === (pixels[0] ?? 1) * vertical && width === (pixels[1] ?? 1) * horizontal;
  const isWhole = Number.isInteger(vertical) && Number.isInteger(horizontal);
  return resize2d(x, {
    size: [height, width],
    scales: [vertical, horizontal],
    mode: interpolationOf(node),
    coordinates: coordinatesOf(node, coordinates, { isExact, keepsBlocks: isWhole && nearest === "floor" }),
    nearest: nearestOf(node, nearest),
    antialias,
    excludeOutside: node.int("exclude_outside", 0) === 1,
    cubic: node.float("cubic_coeff_a", -0.75),
  });
}

/** The wanted sizes; those of the batch and the channels are not looked at. */
function sizesOf(node: NodeContext): readonly number[] {
  const { shape } = node.tensor(0);
  const { values } = node.known(3);
  const whole = node.list("axes") === undefined;
  if (whole && (values[0] !== shape[0] || values[1] !== shape[1])) {
    node.refuse(`resizing of ${formatShape(shape)} to ${formatShape(values)}`);
  }
  return values.map(Number);
}

function interpolationOf(node: NodeContext): Interpolation {
  const mode = node.text("mode", "nearest");
  switch (mode) {
    case "nearest":
      return mode;
    case "linear":
    case "bilinear":
      return "bilinear";
    case "cubic":
      return "bicubic";
    default:
      return node.refuse(`mode ${mode}`);
  }
}

interface Sizes {
  /** Whether the sizes are exactly the scaled ones, without rounding. */
  readonly isExact: boolean;
  /** Whether every pixel becomes a block of equal pixels, in mode `nearest`. */
  readonly keepsBlocks: boolean;
}

function coordinatesOf(node: NodeContext, coordinates: string, { isExact, keepsBlocks }: Sizes): Coordinates {
  switch (coordinates) {
    case "half_pixel":
    case "pytorch_half_pixel":
    case "align_corners":
    case "asymmetric":
      return coordinates;
    case "half_pixel_symmetric":
      // It differs from half_pixel only by centring what was rounded away.
      return isExact ? "half_pixel" : node.refuse(`${coordinates} for sizes that are rounded`);
    case "tf_half_pixel_for_nn":
      return keepsBlocks && node.text("mode", "nearest") === "nearest"
        ? "asymmetric"
        : node.refuse(`${coordinates}, except to repeat pixels`);
    default:
      return node.refuse(`coordinate_transformation_mode ${coordinates}`);
  }
}

function nearestOf(node: NodeContext, nearest: string): NearestRule {
  switch (nearest) {
    case "round_prefer_floor":
    case "round_prefer_ceil":
    case "floor":
    case "ceil":
      return nearest;
    default:
      return node.refuse(`nearest_mode ${nearest}`);
  }
}
