import fc from "fast-check";
import type { Tensor } from "../tensor.ts";
import { pair } from "../testing/drawn-pictures.ts";
import { need } from "../testing/drawn-shapes.ts";
import { describeOperator } from "../testing/property-checks.ts";
import { type ConvolutionOptions, conv2d, conv2dKernelGradient, convTranspose2d } from "./convolution.ts";

/** Shapes of image, kernel and response of a convolution with its geometry. */
interface Drawn {
  readonly x: readonly number[];
  readonly kernel: readonly number[];
  readonly y: readonly number[];
  readonly options: Required<ConvolutionOptions>;
  readonly size: readonly [number, number];
  readonly kernelSize: readonly [number, number];
}

/**
 * Any geometry: strides that do not divide the picture, padding that differs from side to side, dilations, groups from
 * one to as many as there are channels, and sizes down to one image, channel or pixel.
 */
const convolutions: fc.Arbitrary<Drawn> = fc
  .record({
    batch: fc.integer({ min: 1, max: 2 }),
    groups: fc.integer({ min: 1, max: 3 }),
    groupChannels: fc.integer({ min: 1, max: 2 }),
    groupFilters: fc.integer({ min: 1, max: 2 }),
    size: pair(1, 6),
    kernelSize: pair(1, 3),
    strides: pair(1, 3),
    dilations: pair(1, 2),
    padding: fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2)),
  })
  .map(({ batch, groups, groupChannels, groupFilters, size, kernelSize, strides, dilations, padding }) => {
    const response = ([0, 1] as const).map((axis) => {
      const pixels = size[axis] + padding[axis] + padding[axis === 0 ? 2 : 3];
      return Math.floor((pixels - dilations[axis] * (kernelSize[axis] - 1) - 1) / strides[axis]) + 1;
    });
    return {
      x: [batch, groups * groupChannels, ...size],
      kernel: [groups * groupFilters, groupChannels, ...kernelSize],
      y: [batch, groups * groupFilters, ...response],
      options: { strides, dilations, padding, groups },
      size,
      kernelSize,
    };
  })
  .filter(({ y }) => y.every((size) => size >= 1));

type Build = (drawn: Drawn) => (left: Tensor, right: Tensor) => Tensor;

/** Cases whose two inputs have the shapes that `of` names. */
const cases = (of: readonly ["x" | "y", "kernel" | "y"], build: Build) =>
  convolutions.map((drawn) => ({
    inputs: of.map((name) => ({ shape: drawn[name] })),
    build: (left?: Tensor, right?: Tensor) => build(drawn)(need(left), need(right)),
  }));

const checks = { runs: 20 };

describeOperator(
  "conv2d",
  cases(
    ["x", "kernel"],
    ({ options }) =>
      (x, kernel) =>
        conv2d(x, kernel, options),
  ),
  checks,
);

describeOperator(
  "convTranspose2d",
  cases(
    ["y", "kernel"],
    ({ options, size }) =>
      (y, kernel) =>
        convTranspose2d(y, kernel, { ...options, outputSize: size }),
  ),
  checks,
);

describeOperator(
  "conv2dKernelGradient",
  cases(
    ["x", "y"],
    ({ options, kernelSize }) =>
      (x, y) =>
        conv2dKernelGradient(x, y, { ...options, kernelSize }),
  ),
  checks,
);
