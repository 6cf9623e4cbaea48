import { type Coordinates, type Interpolation, type NearestRule, resize2d } from "../../operators/index.ts";
import { type Dimension, formatShape } from "../../shape.ts";
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
      if (node.opset < 11) {
        const scales = node.numbers(1);
        return resized(node, { scales, sizes: [], coordinates: "asymmetric", nearest: firstRule(node, scales) });
      }
      return resized(node, {
        scales: node.has(2) ? node.numbers(2) : [],
        sizes: node.has(3) ? node.known(3).values : [],
        coordinates: node.text("coordinate_transformation_mode", "half_pixel"),
        nearest: node.text("nearest_mode", "round_prefer_floor"),
      });
    },
  },
};

/** Operator set 10 names no nearest pixel: for onnxruntime it is the one before, or the one behind if the axis shrinks. */
function firstRule(node: NodeContext, scales: readonly number[]): NearestRule {
  // Where whole pixels are left out the place is a pixel itself.
  const shrinks = scales.some((scale) => scale < 1 && !Number.isInteger(1 / scale));
  const isMixed = shrinks && scales.some((scale) => scale > 1);
  if (isMixed && node.text("mode", "nearest") === "nearest") {
    node.refuse("the nearest pixels of a picture that grows along one axis and shrinks along the other");
  }
  return shrinks ? "ceil" : "floor";
}

interface Request {
  /** Result size / input size of each axis; empty when `sizes` says it. */
  readonly scales: readonly number[];
  readonly sizes: readonly Dimension[];
  readonly coordinates: string;
  readonly nearest: string;
}

function resized(node: NodeContext, { scales, sizes, coordinates, nearest }: Request): Tensor {
  const x = node.tensor(0);
  assertImages(node, x.shape);
  const pixels = x.shape.slice(2).map(Number);
  const axes = node.list("axes")?.map((axis) => node.axis(axis, x.shape)) ?? [0, 1, 2, 3];
  const at = <Size>(values: readonly Size[], axis: number) => values[axes.indexOf(axis)];
  if ([0, 1].some((axis) => (at(scales, axis) ?? 1) !== 1 || (at(sizes, axis) ?? x.shape[axis]) !== x.shape[axis])) {
    const received = scales.length > 0 ? `by ${scales.join()}` : `to ${formatShape(sizes)}`;
    node.refuse(`resizing of other axes than height and width, ${received}`);
  }
  const policy = node.text("keep_aspect_ratio_policy", "stretch");
  if (policy !== "stretch") node.refuse(`keep_aspect_ratio_policy ${policy}`);
  const [height = 1, width = 1] = pixels.map((size, index) =>
    Number(at(sizes, index + 2) ?? Math.floor(scaledSize(size, at(scales, index + 2) ?? 1))),
  );
  const antialias = node.int("antialias", 0) === 1;
  const [vertical = 1, horizontal = 1] = [height, width].map((size, index) => {
    const from = pixels[index] ?? 1;
    // The antialiased form leaves an axis alone that keeps its size, whatever the scale.
    return sizes.length > 0 || (antialias && size === from) ? size / from : (at(scales, index + 2) ?? 1);
  });
  const isExact = height === scaledSize(pixels[0] ?? 1, vertical) && width === scaledSize(pixels[1] ?? 1, horizontal);
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

/** Scales are float32 numbers, 0.7 a little less than that: rounded like them, 10 pixels by it are 7 and not 6. */
function scaledSize(pixels: number, scale: number): number {
  return Math.fround(pixels * scale);
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
