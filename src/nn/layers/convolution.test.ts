import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { elementCount, evaluate, input, multiply, sum } from "../../graph/index.ts";
import { describeOperator } from "../../graph/testing/property-checks.ts";
import { type ConvolutionLayerOptions, convolution, gatedConvolution, transposedConvolution } from "../index.ts";
import { layerCase, networkOf } from "../testing/layer-checks.ts";

/** Layers that take pictures of 2 groups times some channels, with their geometry drawn. */
const geometries = fc.record({
  kernel: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 3 }),
  padding: fc.integer({ min: 0, max: 1 }),
  dilation: fc.integer({ min: 1, max: 2 }),
  groups: fc.constantFrom(1, 2),
});

describe("transposedConvolution", () => {
  it("is the adjoint of the convolution with the same weight: <conv x, y> = <x, transposed y>", () => {
    fc.assert(
      fc.property(geometries, fc.integer({ min: 5, max: 8 }), fc.nat(), (geometry, size, seed) => {
        const options: ConvolutionLayerOptions = { ...geometry, filters: 4, bias: false };
        const forth = networkOf((scope, x) => convolution(scope, x, options), [1, 2, size, size]);
        const image = input("x", [1, 2, size, size]);
        const response = forth.apply(image, forth.bindings(), "training").output;
        const y = input("y", response.shape);
        // The pixels that the strides do not reach are what output padding adds.
        const { kernel, stride, padding, dilation } = geometry;
        const outputPadding = (size + 2 * padding - dilation * (kernel - 1) - 1) % stride;
        const back = networkOf(
          (scope, x) => transposedConvolution(scope, x, { ...options, filters: 2, outputPadding }),
          response.shape.map(Number),
        );
        const returned = back.apply(y, back.bindings(), "training").output;
        expect(returned.shape).toEqual(image.shape);
        const random = randomStream(seed, "adjoint");
        const draw = (shape: readonly (number | "batch")[]) => random.normals(elementCount(shape.map(Number)));
        const weight = forth.variables[0]?.shape ?? [];
        const feeds = { x: draw(image.shape), y: draw(y.shape), "net/layer/weight": draw(weight) };
        const [one, other] = evaluate([sum(multiply(response, y)), sum(multiply(image, returned))], feeds);
        expect(one?.data[0]).toBeCloseTo(other?.data[0] ?? Number.NaN, 9);
      }),
      { numRuns: 20, seed: 1 },
    );
  });
});

describeOperator(
  "convolution with groups and dilation",
  geometries.map((geometry) =>
    layerCase((scope, x) => convolution(scope, x, { ...geometry, filters: 2 }), [2, 2, 5, 6]),
  ),
  { runs: 4 },
);

describeOperator(
  "gatedConvolution",
  fc.constant(layerCase((scope, x) => gatedConvolution(scope, x, { filters: 2, kernel: 3, padding: 1 }), [2, 2, 3, 3])),
  { runs: 2 },
);
