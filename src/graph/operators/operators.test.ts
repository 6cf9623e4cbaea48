import { describe, expect, it } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { Session } from "../../runtime/index.ts";
import {
  abs,
  add,
  channelAffine,
  concat,
  conv2d,
  conv2dKernelGradient,
  convTranspose2d,
  divide,
  elementCount,
  evaluate,
  exp,
  expand,
  gradients,
  type Input,
  input,
  leakyRelu,
  log,
  matmul,
  mean,
  multiply,
  negate,
  pad,
  rampSlope,
  relu,
  reshape,
  sigmoid,
  slice,
  sqrt,
  square,
  subtract,
  sum,
  type Tensor,
  tanh,
  toFloat,
  transpose,
} from "../index.ts";

interface Case {
  readonly shapes: readonly (readonly number[])[];
  readonly build: (...inputs: Tensor[]) => Tensor;
  /** Draws are positive and away from 0, for logarithms, roots and divisors. */
  readonly positive?: true;
}

const strided = { strides: [2, 2], padding: [1, 1, 1, 1] } as const;
const uneven = { strides: [2, 3], padding: [1, 0, 2, 1], dilations: [1, 2] } as const;
const grouped = { groups: 2, padding: [1, 1, 1, 1] } as const;

function need(tensor: Tensor | undefined): Tensor {
  if (tensor === undefined) throw new Error("the case declares too few shapes");
  return tensor;
}

const unary = (build: (x: Tensor) => Tensor, shape: readonly number[] = [3, 4]): Case => ({
  shapes: [shape],
  build: (x) => build(need(x)),
});
const binary = (build: (a: Tensor, b: Tensor) => Tensor, a: readonly number[], b: readonly number[]): Case => ({
  shapes: [a, b],
  build: (left, right) => build(need(left), need(right)),
});

const cases: Readonly<Record<string, Case>> = {
  add: binary(add, [3, 4], [3, 4]),
  "add, broadcast": binary(add, [3, 1, 4], [2, 1]),
  subtract: binary(subtract, [3, 4], [4]),
  multiply: binary(multiply, [2, 3, 4], [3, 1]),
  divide: { ...binary(divide, [3, 4], [3, 1]), positive: true },
  negate: unary(negate),
  exp: unary(exp),
  log: { ...unary(log), positive: true },
  sqrt: { ...unary(sqrt), positive: true },
  square: unary(square),
  tanh: unary(tanh),
  sigmoid: unary(sigmoid),
  abs: unary(abs),
  relu: unary(relu),
  leakyRelu: unary((x) => leakyRelu(x, 0.2)),
  rampSlope: unary((x) => multiply(rampSlope(x, 0.2), x)),
  reshape: unary((x) => reshape(x, [2, 6])),
  transpose: unary((x) => transpose(x, [2, 0, 1]), [2, 3, 4]),
  expand: unary((x) => expand(x, [2, 3, 4]), [3, 1]),
  slice: unary((x) => slice(x, [1, 0, 2], [1, 3, 2]), [2, 3, 4]),
  pad: unary((x) => pad(x, [0, 1], [2, 0])),
  concat: binary((a, b) => concat([a, b, a], 1), [2, 1, 3], [2, 2, 3]),
  sum: unary((x) => sum(x, [0, 2]), [2, 3, 4]),
  "sum of everything": unary((x) => sum(x)),
  mean: unary((x) => mean(x, [1]), [2, 3, 4]),
  matmul: binary(matmul, [3, 4], [4, 5]),
  "matmul, left transposed": binary((a, b) => matmul(a, b, { transposeLeft: true }), [4, 3], [4, 5]),
  "matmul, right transposed": binary((a, b) => matmul(a, b, { transposeRight: true }), [3, 4], [5, 4]),
  "matmul, both transposed, stacked": binary(
    (a, b) => matmul(a, b, { transposeLeft: true, transposeRight: true }),
    [2, 4, 3],
    [2, 5, 4],
  ),
  conv2d: binary((x, w) => conv2d(x, w, { padding: [1, 1, 1, 1] }), [2, 3, 5, 5], [4, 3, 3, 3]),
  "conv2d, strided": binary((x, w) => conv2d(x, w, strided), [2, 3, 8, 8], [4, 3, 4, 4]),
  "conv2d, uneven": binary((x, w) => conv2d(x, w, uneven), [1, 1, 8, 9], [2, 1, 3, 3]),
  "conv2d, grouped": binary((x, w) => conv2d(x, w, grouped), [2, 4, 5, 5], [6, 2, 3, 3]),
  convTranspose2d: binary(
    (y, w) => convTranspose2d(y, w, { ...strided, outputSize: [8, 8] }),
    [2, 4, 4, 4],
    [4, 3, 4, 4],
  ),
  "convTranspose2d, uneven": binary(
    (y, w) => convTranspose2d(y, w, { ...uneven, outputSize: [8, 9] }),
    [1, 2, 5, 2],
    [2, 1, 3, 3],
  ),
  "convTranspose2d, grouped": binary(
    (y, w) => convTranspose2d(y, w, { ...grouped, outputSize: [5, 5] }),
    [2, 6, 5, 5],
    [6, 2, 3, 3],
  ),
  conv2dKernelGradient: binary(
    (x, y) => conv2dKernelGradient(x, y, { ...strided, kernelSize: [4, 4] }),
    [2, 3, 8, 8],
    [2, 4, 4, 4],
  ),
  "conv2dKernelGradient, uneven": binary(
    (x, y) => conv2dKernelGradient(x, y, { ...uneven, kernelSize: [3, 3] }),
    [2, 1, 8, 9],
    [2, 2, 5, 2],
  ),
  "conv2dKernelGradient, grouped": binary(
    (x, y) => conv2dKernelGradient(x, y, { ...grouped, kernelSize: [3, 3] }),
    [2, 4, 5, 5],
    [2, 6, 5, 5],
  ),
  channelAffine: {
    shapes: [[2, 3, 4, 4], [3], [3]],
    build: (x, scale, shift) => channelAffine(need(x), need(scale), need(shift)),
  },
};

/** Declares the inputs of a case and draws numbers for them, away from the kinks at 0. */
function instance(name: string, { shapes, build, positive }: Case) {
  const random = randomStream(1, "operators", name);
  const inputs = shapes.map((shape, index) => input(`x${index}`, shape));
  const feeds: Record<string, Float64Array> = {};
  inputs.forEach((declared, index) => {
    const draw = () => {
      const size = 0.3 + random.uniform();
      return positive || random.uniform() < 0.5 ? size : -size;
    };
    feeds[declared.name] = Float64Array.from({ length: elementCount(shapes[index] ?? []) }, draw);
  });
  return { inputs, feeds, output: build(...inputs) };
}

/** A scalar that weighs every element of the tensor differently, so that no gradient can hide. */
function weighted(output: Tensor): Tensor {
  const count = elementCount(output.shape.map(Number));
  const weights = input("weights", [count]);
  return sum(multiply(reshape(output, [count]), weights));
}

function weightsFor(output: Tensor): Float64Array {
  const random = randomStream(2, "weights");
  return Float64Array.from({ length: elementCount(output.shape.map(Number)) }, () => random.normal());
}

function value(loss: Tensor, feeds: Readonly<Record<string, Float64Array>>): number {
  return evaluate([loss], feeds)[0]?.data[0] ?? Number.NaN;
}

/** Compares each gradient with central differences of the float64 reference. */
function expectGradients(
  loss: Tensor,
  inputs: readonly Input[],
  feeds: Record<string, Float64Array>,
  tolerance: number,
) {
  const computed = evaluate(gradients(loss, inputs), feeds);
  inputs.forEach(({ name }, index) => {
    const at = feeds[name] ?? new Float64Array();
    const h = 1e-5;
    const numeric = at.map((_, element) => {
      const shifted = (distance: number) =>
        value(loss, { ...feeds, [name]: at.map((own, other) => (other === element ? own + distance : own)) });
      return (shifted(h) - shifted(-h)) / (2 * h);
    });
    const scale = Math.max(1, ...numeric.map(Math.abs));
    computed[index]?.data.forEach((slope, element) => {
      expect(Math.abs(slope - (numeric[element] ?? 0)) / scale, `d/d${name}[${element}]`).toBeLessThan(tolerance);
    });
  });
}

describe.each(Object.entries(cases))("%s", (name, definition) => {
  const { inputs, feeds, output } = instance(name, definition);

  it("has gradients that agree with central differences", () => {
    expectGradients(weighted(output), inputs, { ...feeds, weights: weightsFor(output) }, 1e-8);
  });

  it("has gradients of gradients that agree with central differences", () => {
    const all = { ...feeds, weights: weightsFor(output) };
    const slopes = gradients(weighted(square(output)), inputs);
    const penalty = slopes.map((slope) => sum(square(slope))).reduce((total, term) => add(total, term));
    expectGradients(penalty, inputs, all, 1e-6);
  });

  it("is computed by the engine as by the float64 reference", async () => {
    const slopes = gradients(weighted(output), inputs);
    const outputs = { output, ...Object.fromEntries(slopes.map((slope, index) => [`slope${index}`, slope])) };
    const numbers = { ...feeds, weights: weightsFor(output) };
    const session = await Session.compile(outputs, { device: "cpu" });
    const results = await session.run(
      Object.fromEntries(Object.entries(numbers).map(([key, values]) => [key, Float32Array.from(values)])),
    );
    const expected = evaluate(Object.values(outputs), numbers);
    Object.keys(outputs).forEach((key, index) => {
      expectClose(results.get(key)?.floats() ?? new Float32Array(), expected[index]?.data ?? new Float64Array());
    });
    await session.release();
  });
});

function expectClose(actual: Float32Array, expected: Float64Array) {
  expect(actual.length).toBe(expected.length);
  const scale = Math.max(1, ...expected.map(Math.abs));
  expected.forEach((wanted, index) => {
    expect(Math.abs((actual[index] ?? Number.NaN) - wanted) / scale, `element ${index}`).toBeLessThan(1e-5);
  });
}

describe("toFloat", () => {
  it("reads bytes as numbers, on the engine as in the reference", async () => {
    const bytes = input("bytes", [4], "uint8");
    const session = await Session.compile({ output: toFloat(bytes) }, { device: "cpu" });
    const results = await session.run({ bytes: Uint8Array.of(0, 1, 128, 255) });
    expect([...(results.get("output")?.floats() ?? [])]).toEqual([0, 1, 128, 255]);
    expect([...(evaluate([toFloat(bytes)], { bytes: [0, 1, 128, 255] })[0]?.data ?? [])]).toEqual([0, 1, 128, 255]);
    await session.release();
  });
});
