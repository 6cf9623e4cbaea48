import { describe, expect, it } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { constant, evaluate, input, type Tensor } from "../../graph/index.ts";
import { Program, ProgramState } from "../../runtime/index.ts";
import { inferencePlayers } from "../players.ts";
import { drawnCodes, uniformFromNormal } from "./drawing.ts";
import { type PriorOptions, priorNetwork, weightsOf } from "./prior.ts";

/** A prior with random numbers for all of its weights, so that everything matters. */
function randomPrior(options: PriorOptions) {
  const network = priorNetwork(options);
  const values = new Map(
    network.variables.map(({ input: { name }, shape }) => {
      const size = shape.reduce((all, own) => all * own, 1);
      return [
        name,
        constant(
          randomStream(5, name)
            .normals(size)
            .map((value) => 0.4 * value),
          shape,
        ),
      ] as const;
    }),
  );
  const { prior } = inferencePlayers({ prior: network }, values);
  const draws = input("draws", ["batch", options.grid.rows * options.grid.columns]);
  return {
    /** log p(code_i = k | codes before i): [codes][positions], of one grid. */
    logProbabilities: (codes: ArrayLike<number>): number[][] => {
      const given = constant(Float64Array.from(codes), [1, codes.length]);
      const [found] = evaluate([prior(given)]);
      return Array.from({ length: options.codes }, (_, code) =>
        Array.from(found?.data ?? []).slice(code * codes.length, (code + 1) * codes.length),
      );
    },
    drawn: drawnCodes(weightsOf(prior.inside(draws).shown, options), draws),
  };
}

async function run(output: Tensor, draws: Float32Array, batch: number): Promise<Float32Array> {
  const program = await Program.compile({ outputs: { output }, state: [] }, ProgramState.of([], new Map()), {
    device: "cpu",
  });
  const results = await program.run({ draws }, batch);
  const values = results.get("output")?.floats() ?? new Float32Array();
  await program.release();
  return values;
}

const normalShare = (x: number) => evaluate([uniformFromNormal(constant(Float64Array.of(x), [1]))])[0]?.data[0] ?? 0;

describe("the prior of codes", () => {
  const options = { codes: 4, grid: { rows: 5, columns: 6 }, width: 6, depth: 3 };
  const { logProbabilities, drawn } = randomPrior(options);
  const positions = 30;

  it("gives every position a distribution that no code from there on changes", () => {
    const random = randomStream(1, "codes");
    const codes = Array.from({ length: positions }, () => random.integer(4));
    const before = logProbabilities(codes);
    for (let position = 0; position < positions; position++) {
      const total = before.reduce((sum, row) => sum + Math.exp(row[position] ?? Number.NaN), 0);
      expect(total).toBeCloseTo(1, 10);
    }
    for (const changed of [0, 7, 13, 29]) {
      const other = codes.with(changed, ((codes[changed] ?? 0) + 1) % 4);
      const after = logProbabilities(other);
      const differs = Array.from({ length: positions }, (_, position) =>
        before.some((row, code) => row[position] !== after[code]?.[position]),
      );
      expect(differs.slice(0, changed + 1)).not.toContain(true);
      // It does change what comes next: to its right and below.
      if (changed % 6 < 5) expect(differs[changed + 1]).toBe(true);
      if (changed < 24) expect(differs[changed + 6]).toBe(true);
    }
  });

  it("is drawn from by the inverse of the cumulative distribution, position by position", async () => {
    const count = 6;
    const draws = randomStream(2, "draws").normals(count * positions);
    const codes = await run(drawn, draws, count);
    let checked = 0;
    for (let sample = 0; sample < count; sample++) {
      const own = codes.slice(sample * positions, (sample + 1) * positions);
      const probabilities = logProbabilities(own).map((row) => row.map((value) => Math.exp(value)));
      own.forEach((code, position) => {
        const uniform = normalShare(draws[sample * positions + position] ?? Number.NaN);
        const sumBelow = (upTo: number) =>
          probabilities.slice(0, upTo).reduce((sum, row) => sum + (row[position] ?? Number.NaN), 0);
        // Within rounding of a border either side is right.
        expect(uniform).toBeGreaterThan(sumBelow(code) - 1e-5);
        expect(uniform).toBeLessThan(sumBelow(code + 1) + 1e-5);
        checked++;
      });
    }
    expect(checked).toBe(count * positions);
    expect(new Set(codes).size).toBe(4);
  });

  it("is drawn from as often as it says, whole grids at a time", async () => {
    const small = { codes: 3, grid: { rows: 2, columns: 2 }, width: 5, depth: 2 };
    const prior = randomPrior(small);
    const count = 40_000;
    const codes = await run(prior.drawn, randomStream(4, "draws").normals(count * 4), count);
    const found = new Float64Array(81);
    for (let sample = 0; sample < count; sample++) {
      const own = codes.subarray(4 * sample, 4 * sample + 4);
      const number = own.reduce((all, code) => 3 * all + code, 0);
      found[number] = (found[number] ?? 0) + 1;
    }
    let chiSquare = 0;
    let total = 0;
    for (let number = 0; number < 81; number++) {
      const grid = [27, 9, 3, 1].map((place) => Math.floor(number / place) % 3);
      const logs = prior.logProbabilities(grid);
      const probability = Math.exp(grid.reduce((sum, code, position) => sum + (logs[code]?.[position] ?? 0), 0));
      total += probability;
      chiSquare += ((found[number] ?? 0) - count * probability) ** 2 / (count * probability);
    }
    expect(total).toBeCloseTo(1, 10);
    // 80 degrees of freedom: mean 80, deviation 12.6.
    expect(chiSquare).toBeLessThan(130);
  });
});

describe("uniform numbers from normal ones", () => {
  it("are the shares of the normal distribution below", () => {
    expect(normalShare(0)).toBe(0.5);
    expect(normalShare(1)).toBeCloseTo(0.841344746, 8);
    expect(normalShare(-1.959963985)).toBeCloseTo(0.025, 8);
    expect(normalShare(-8)).toBeCloseTo(0, 12);
  });
});
