import fc from "fast-check";
import type { Tensor } from "../tensor.ts";
import type { Draw } from "./drawn-numbers.ts";
import type { OperatorCase } from "./property-checks.ts";

// Test support: shapes for cases of operators. Small, since central differences are taken of everything.

const size = fc.integer({ min: 1, max: 4 });

/** A shape of `from` to `to` axes of sizes 1 to 4. */
export function shapes(from = 0, to = 4): fc.Arbitrary<readonly number[]> {
  return fc.array(size, { minLength: from, maxLength: to });
}

/** Some axes of a tensor of the given rank, possibly none, in ascending order. */
export function axesOf(rank: number): fc.Arbitrary<readonly number[]> {
  return fc.subarray(Array.from({ length: rank }, (_, axis) => axis));
}

/** A shape with some of its axes. */
export const shapeAndAxes = (
  from = 0,
): fc.Arbitrary<{ readonly shape: readonly number[]; readonly axes: readonly number[] }> =>
  shapes(from).chain((shape) => axesOf(shape.length).map((axes) => ({ shape, axes })));

/** A shape of at least one axis with one of its axes. */
export const shapeAndAxis: fc.Arbitrary<{ readonly shape: readonly number[]; readonly axis: number }> = shapes(1).chain(
  (shape) => fc.nat(shape.length - 1).map((axis) => ({ shape, axis })),
);

/** Two shapes that broadcast together: either may lack leading axes or have size 1 where the other is larger. */
export const broadcastPair: fc.Arbitrary<readonly [readonly number[], readonly number[]]> = shapes().chain((shape) => {
  const part = fc
    .tuple(fc.nat(shape.length), fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }))
    .map(([missing, shrunk]) => shape.map((own, axis) => (shrunk[axis] === true ? 1 : own)).slice(missing));
  return fc.oneof(fc.tuple(fc.constant(shape), part), fc.tuple(part, fc.constant(shape)), fc.tuple(part, part));
});

/** The input that a case's graph is built from; a case that declares too few is a mistake of the test. */
export function need(tensor: Tensor | undefined): Tensor {
  if (tensor === undefined) throw new Error("the case declares too few inputs");
  return tensor;
}

/** A function of one tensor, for drawn shapes. */
export function unary(build: (x: Tensor) => Tensor, draw: Draw = "any"): fc.Arbitrary<OperatorCase> {
  return shapes().map((shape) => ({ inputs: [{ shape, draw }], build: (x) => build(need(x)) }));
}

/** A function of two tensors that broadcast together. */
export function binary(build: (left: Tensor, right: Tensor) => Tensor, draw: Draw = "any"): fc.Arbitrary<OperatorCase> {
  return broadcastPair.map((pair) => ({
    inputs: pair.map((shape) => ({ shape, draw })),
    build: (left, right) => build(need(left), need(right)),
  }));
}
