import { float } from "../emitter.ts";
import { defineOperator } from "../operator.ts";
import { shapeError } from "../shape.ts";
import type { Computed, Tensor } from "../tensor.ts";
import { add, multiply, subtract } from "./arithmetic.ts";
import { defineBinary, defineUnary } from "./elementwise.ts";

/** |x|; its gradient at 0 is 0. */
export const abs = defineUnary("abs", {
  onnx: "Abs",
  gradient: (x, upstream) => multiply(upstream, rampSlope(x, -1)),
  reference: Math.abs,
});

/** The larger of each pair of elements, NaN where one is NaN. Equal elements share the gradient half and half. */
export const maximum = defineBinary("maximum", {
  onnx: "Max",
  gradient: (left, right, upstream) => shared(upstream, subtract(left, right)),
  reference: Math.max,
});

/** The smaller of each pair of elements, NaN where one is NaN. Equal elements share the gradient half and half. */
export const minimum = defineBinary("minimum", {
  onnx: "Min",
  gradient: (left, right, upstream) => shared(upstream, subtract(right, left)),
  reference: Math.min,
});

/** The gradient for the left operand where `lead` is positive, for the right one where it is negative. */
function shared(upstream: Tensor, lead: Tensor): readonly [Tensor, Tensor] {
  const left = multiply(upstream, add(multiply(rampSlope(lead, -1), 0.5), 0.5));
  return [left, subtract(upstream, left)];
}

export interface ClipBounds {
  /** Default: none. */
  readonly min?: number;
  /** Default: none. */
  readonly max?: number;
}

/**
 * x with what is below `min` or above `max` replaced by that bound. The gradient is 0 outside the bounds and at them.
 * @throws AtelierError when no number lies between the bounds.
 */
export function clip(x: Tensor, bounds: ClipBounds): Tensor {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = bounds;
  if (!(min <= max)) throw shapeError("clip", "a smallest value of at most the largest", `${min} and ${max}`);
  if (!Number.isFinite(min) && !Number.isFinite(max)) return x;
  return clipOf([x], { bounds: [min, max].map((bound) => (Number.isFinite(bound) ? bound : "none")) });
}

// An infinite bound is written as a word, because operations are compared by their attributes as JSON, where it has no form.
type WrittenBounds = { readonly bounds: readonly (number | "none")[] };

const clipOf = defineOperator<WrittenBounds, 1>({
  name: "clip",
  arity: 1,
  type: ([x]) => x,
  gradient: ({ inputs: [x], attributes: { bounds }, upstream }) => {
    const [min = "none", max = "none"] = bounds;
    const aboveMin = min === "none" ? upstream : multiply(upstream, rampSlope(subtract(x, min), 0));
    return [max === "none" ? aboveMin : multiply(aboveMin, rampSlope(subtract(max, x), 0))];
  },
  reference: ([x], { bounds: [min = "none", max = "none"] }) =>
    x.data.map((value) => {
      const raised = min === "none" ? value : Math.max(value, min);
      return max === "none" ? raised : Math.min(raised, max);
    }),
  onnx: ({ emitter, inputs: [x], attributes: { bounds } }) =>
    emitter.node("Clip", [x, ...bounds.map((bound) => (bound === "none" ? "" : emitter.filled(bound, [])))]),
});

/**
 * The slope of a ramp with a kink at 0: 1 where x > 0, `slope` where x < 0. As a clipped steep line it is faster
 * than a comparison and keeps NaN visible. Flat, so its own gradient is 0.
 */
export function rampSlope(x: Tensor, slope: number): Computed {
  return rampSlopeOf([x], { slope });
}

const STEEP = 1e30;

const rampSlopeOf = defineOperator<{ readonly slope: number }, 1>({
  name: "rampSlope",
  arity: 1,
  type: ([x]) => x,
  gradient: () => [null],
  reference: ([x], { slope }) => x.data.map((value) => Math.min(Math.max(value * STEEP, slope), 1)),
  onnx: ({ emitter, inputs: [x], attributes: { slope } }) =>
    slope === 0
      ? emitter.node("HardSigmoid", [x], { attributes: { alpha: float(STEEP), beta: float(0) } })
      : emitter.node("Clip", [
          emitter.node("Mul", [x, emitter.filled(STEEP, [])]),
          emitter.filled(slope, []),
          emitter.filled(1, []),
        ]),
});
