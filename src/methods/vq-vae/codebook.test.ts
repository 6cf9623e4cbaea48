import { describe, expect, it } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { constant, evaluate, gradient, input, multiply, sum, type Tensor } from "../../graph/index.ts";
import { codebookNetwork } from "./codebook.ts";
import { nearestCodes, oneHotMaps, perplexity, straightThrough, vectorMaps } from "./codes.ts";

const [batch, codes, codeSize, decay] = [4, 5, 3, 0.8];
const grid = { rows: 2, columns: 3 };
const positions = grid.rows * grid.columns;
const random = randomStream(3, "codebook");

function drawn(...shape: number[]): Tensor {
  return constant(random.normals(shape.reduce((all, size) => all * size, 1)), shape);
}

const numbers = (tensor: Tensor, feeds = {}) => Array.from(evaluate([tensor], feeds)[0]?.data ?? []);

/** Maps [batch, codeSize, rows, columns] as a vector for each position of each image. */
function vectorsOfMaps(maps: readonly number[]): number[][] {
  return Array.from({ length: batch * positions }, (_, index) =>
    Array.from(
      { length: codeSize },
      (__, part) =>
        maps[(Math.floor(index / positions) * codeSize + part) * positions + (index % positions)] ?? Number.NaN,
    ),
  );
}

const distance = (left: readonly number[], right: readonly number[]) =>
  left.reduce((total, value, part) => total + (value - (right[part] ?? 0)) ** 2, 0);

function nearest(vector: readonly number[], vectors: readonly (readonly number[])[]): number {
  const distances = vectors.map((other) => distance(vector, other));
  return distances.indexOf(Math.min(...distances));
}

describe("the codes of maps", () => {
  const maps = drawn(batch, codeSize, grid.rows, grid.columns);
  const vectors = drawn(codes, codeSize);
  const found = nearestCodes(maps, vectors);

  it("are those of the nearest vectors, and stand for them", () => {
    const table = Array.from({ length: codes }, (_, code) =>
      numbers(vectors)
        .slice(code * codeSize)
        .slice(0, codeSize),
    );
    const expected = vectorsOfMaps(numbers(maps)).map((vector) => nearest(vector, table));
    expect(numbers(found)).toEqual(expected);
    expect(new Set(expected).size).toBeGreaterThan(2);
    const quantised = numbers(vectorMaps(oneHotMaps(found, codes, grid), vectors));
    expect(vectorsOfMaps(quantised)).toEqual(expected.map((code) => table[code]));
  });

  it("replace the maps on the way forward, and on the way back let the gradient through", () => {
    const x = input("x", maps.shape);
    const quantised = vectorMaps(oneHotMaps(nearestCodes(x, vectors), codes, grid), vectors);
    const passed = straightThrough(x, quantised);
    const feeds = { x: numbers(maps) };
    numbers(passed, feeds).forEach((value, index) =>
      expect(value).toBeCloseTo(numbers(quantised, feeds)[index] ?? Number.NaN, 12),
    );
    const weights = drawn(batch, codeSize, grid.rows, grid.columns);
    expect(numbers(gradient(sum(multiply(passed, weights)), x), feeds)).toEqual(numbers(weights));
  });

  it("have the perplexity of their use", () => {
    const of = (list: number[]) =>
      numbers(perplexity(oneHotMaps(constant(Float64Array.from(list), [1, 6]), codes, grid)))[0];
    expect(of([2, 2, 2, 2, 2, 2])).toBeCloseTo(1, 12);
    expect(of([0, 1, 4, 4, 1, 0])).toBeCloseTo(3, 12);
    expect(of([0, 0, 0, 3, 3, 3])).toBeCloseTo(2, 12);
  });
});

describe("the codebook", () => {
  it("moves, over many steps, as the same averages written as loops, and restarts codes without use", () => {
    const network = codebookNetwork({ codes, codeSize, decay, grid });
    const maps = input("maps", [batch, codeSize, grid.rows, grid.columns]);
    const applied = network.apply(maps, network.bindings(), "training");
    const state: Record<string, ArrayLike<number>> = Object.fromEntries(
      network.variables.map(({ input: { name }, initializer, shape }) => [name, initializer(shape, random)]),
    );
    const next = [...applied.statistics];
    expect(next.map(([name]) => name)).toEqual(network.variables.map(({ input: { name } }) => name));

    let sizes = Array.from({ length: codes }, () => 1e-5);
    let sums = Array.from({ length: codes }, () => [0, 0, 0]);
    const even = (batch * positions) / codes;
    let restarts = 0;
    for (let step = 0; step < 30; step++) {
      // Two clouds far apart, one of which is gone after a while: its codes lose their use.
      const values = Array.from({ length: batch * codeSize * positions }, (_, index) => {
        const isSecond = step < 12 && index % positions >= 3;
        return random.normal() + (isSecond ? 20 : 0);
      });
      const total = sizes.reduce((all, size) => all + size, 0);
      const vectors = sums.map((sumOfCode, code) => {
        const smoothed = (((sizes[code] ?? 0) + 1e-5) * total) / (total + codes * 1e-5);
        return sumOfCode.map((value) => value / smoothed);
      });
      const outputs = vectorsOfMaps(values);
      const chosen = outputs.map((output) => nearest(output, vectors));
      // 24 outputs for 5 codes at even distances that visit all 6 positions: every first of 1, for 4 shares a divisor with 6.
      const [before, sumsBefore] = [sizes, sums];
      sizes = before.map((size, code) => decay * size + (1 - decay) * chosen.filter((own) => own === code).length);
      const isUnused = sizes.map((size) => size < 0.1 * even);
      sums = sumsBefore.map((sumOfCode, code) =>
        sumOfCode.map((value, part) => {
          const own = outputs.filter((_, index) => chosen[index] === code);
          return decay * value + (1 - decay) * own.reduce((all, output) => all + (output[part] ?? 0), 0);
        }),
      );
      isUnused.forEach((unused, code) => {
        if (!unused) return;
        if (step > 0) restarts++;
        sizes[code] = 0.15 * even;
        sums[code] = (outputs[code] ?? []).map((value) => 0.15 * even * value);
      });

      const feeds = { ...state, maps: values };
      expectNear(numbers(applied.output, feeds), vectors.flat());
      const results = evaluate(
        next.map(([, value]) => value),
        feeds,
      );
      next.forEach(([name], index) => {
        state[name] = results[index]?.data ?? [];
      });
      expectNear(Array.from(state["codebook/sizes"] ?? []), sizes);
      expectNear(Array.from(state["codebook/sums"] ?? []), sums.flat());
      if (step === 0) expect(isUnused.filter((unused) => unused).length).toBe(codes - 1);
    }
    expect(restarts).toBeGreaterThan(2);
  });
});

function expectNear(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, index) => expect(value).toBeCloseTo(expected[index] ?? Number.NaN, 6));
}
