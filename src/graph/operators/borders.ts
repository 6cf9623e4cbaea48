import { text } from "../emitter.ts";
import { withLayer } from "../operator.ts";
import { formatShape, shapeError } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { defineSeparable, pictureSize, type Sizes, weightsOf } from "./separable.ts";

/** Pixels added at [top, left, bottom, right], at least 0. */
export type Borders = readonly [top: number, left: number, bottom: number, right: number];

/**
 * Pictures [batch, channels, height, width] continued beyond their borders as if a mirror stood in the outermost pixels,
 * which are not repeated: a b c becomes c b a b c b a.
 * @throws AtelierError when a border is not a whole number from 0 and thinner than the picture.
 */
export function reflectPad2d(x: Tensor, borders: Borders): Tensor {
  const where = withLayer("reflectPad2d");
  const [height, width] = pictureSize(where, x);
  const [top, left, bottom, right] = borders;
  if (Math.max(top, bottom) >= height || Math.max(left, right) >= width) {
    throw shapeError(where, `borders thinner than ${height} x ${width} pixels`, formatShape(borders));
  }
  return padWith("reflect", x, borders);
}

/**
 * Pictures [batch, channels, height, width] with their outermost pixels repeated: a b c becomes a a a b c c c.
 * @throws AtelierError when a border is not a whole number from 0.
 */
export function edgePad2d(x: Tensor, borders: Borders): Tensor {
  return padWith("edge", x, borders);
}

function padWith(rule: BorderRule, x: Tensor, borders: Borders): Tensor {
  const where = withLayer(`${rule}Pad2d`);
  if (!borders.every((pixels) => Number.isInteger(pixels) && pixels >= 0)) {
    throw shapeError(where, "borders that are whole numbers from 0", formatShape(borders));
  }
  if (borders.every((pixels) => pixels === 0)) return x;
  const [top, left, bottom, right] = borders;
  const from = pictureSize(where, x);
  return padOf(x, { rule, borders, from, to: [from[0] + top + bottom, from[1] + left + right] });
}

type BorderRule = "reflect" | "edge";

const padOf = defineSeparable<Sizes & { readonly rule: BorderRule; readonly borders: Borders }>({
  name: "borderPad2d",
  weights: ({ rule, borders, from, to }, axis) =>
    weightsOf(to[axis], from[axis], (pixel) => [[source(rule, pixel - borders[axis], from[axis]), 1]]),
  onnx: (emitter, x, { rule, borders }) => {
    const [top, left, bottom, right] = borders;
    const pads = emitter.integers([0, 0, top, left, 0, 0, bottom, right]);
    return emitter.node("Pad", [x, pads], { attributes: { mode: text(rule) } });
  },
});

/** The pixel of the picture that stands at a place, which may be outside. */
function source(rule: BorderRule, place: number, size: number): number {
  const last = size - 1;
  return rule === "edge" ? Math.min(Math.max(place, 0), last) : last - Math.abs(last - Math.abs(place));
}
