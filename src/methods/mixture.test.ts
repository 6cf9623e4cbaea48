import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { normalQuantile } from "../foundation/normal.ts";
import { randomStream } from "../foundation/random.ts";
import { evaluate, input } from "../graph/index.ts";
import { MatrixProducts, Session } from "../runtime/index.ts";
import { type GaussianMixture, mixtureCodes, mixtureConstants, mixtureFeeds, mixtureInputs } from "./mixture.ts";
import { componentsFor, fitMixture, mixtureLogDensities } from "./mixture-fit.ts";

const rows = z.array(z.array(z.number()));
// Values of numpy and scipy; see the script beside them.
const golden = z
  .object({
    codes: rows,
    weights: z.array(z.number()),
    means: rows,
    covariances: z.array(rows),
    logLikelihood: z.number(),
  })
  .parse(JSON.parse(readFileSync(new URL("testing/mixture_golden.json", import.meta.url), "utf8")));

const products = await MatrixProducts.open();
afterAll(() => products.release());

const matrixOf = (values: readonly (readonly number[])[]) => ({
  count: values.length,
  dimension: values[0]?.length ?? 0,
  values: Float32Array.from(values.flat()),
});

/** factor factorᵀ of a component, [size * size]. */
function covarianceOf({ size, factors }: GaussianMixture, component: number): number[] {
  const factor = factors.subarray(component * size * size, (component + 1) * size * size);
  return Array.from({ length: size * size }, (_, index) => {
    const [row, column] = [Math.floor(index / size), index % size];
    let total = 0;
    for (let inner = 0; inner < size; inner++) {
      total += (factor[row * size + inner] ?? 0) * (factor[column * size + inner] ?? 0);
    }
    return total;
  });
}

/** Numbers of components in the order of falling weight. */
const byWeight = (weights: ArrayLike<number>) =>
  Array.from(weights, (weight, index) => ({ weight, index }))
    .sort((one, other) => other.weight - one.weight)
    .map(({ index }) => index);

function expectClose(values: Iterable<number>, expected: readonly number[], digits: number): void {
  const found = [...values];
  expect(found.length).toBe(expected.length);
  for (const [index, value] of found.entries()) expect(value).toBeCloseTo(expected[index] ?? Number.NaN, digits);
}

describe("fitting a mixture", () => {
  it("finds the weights, means and covariances that numpy's expectation maximisation finds", async () => {
    const codes = matrixOf(golden.codes);
    const { mixture } = await fitMixture(codes, { components: 3, seed: 0, tolerance: 1e-12 }, products);
    const own = byWeight(mixture.weights);
    for (const [place, theirs] of byWeight(golden.weights).entries()) {
      const ours = own[place] ?? 0;
      expect(mixture.weights[ours]).toBeCloseTo(golden.weights[theirs] ?? 0, 5);
      expectClose(mixture.means.subarray(2 * ours, 2 * ours + 2), golden.means[theirs] ?? [], 4);
      expectClose(covarianceOf(mixture, ours), golden.covariances[theirs]?.flat() ?? [], 4);
    }
    const densities = await mixtureLogDensities(codes, mixture, products);
    const mean = densities.reduce((sum, value) => sum + value, 0) / codes.count;
    expect(mean).toBeCloseTo(golden.logLikelihood, 6);
  });

  it.each([0, 1, 2, 3])("never makes the codes less likely: seed %i", async (seed) => {
    const random = randomStream(seed, "codes");
    const values = Float32Array.from({ length: 400 * 5 }, () => random.normal() * Math.exp(random.normal()));
    const codes = { count: 400, dimension: 5, values };
    const { history } = await fitMixture(codes, { components: 6, seed, tolerance: 1e-6 }, products);
    expect(history.length).toBeGreaterThan(3);
    // The ridge on the variances costs less than this.
    for (const [index, value] of history.entries()) expect(value).toBeGreaterThan((history[index - 1] ?? -1e9) - 1e-5);
  });

  it("gives the same mixture for the same seed", async () => {
    const fit = () => fitMixture(matrixOf(golden.codes), { components: 4, seed: 7 }, products);
    expect(await fit()).toEqual(await fit());
  });

  it("takes fewer components where there are few codes, and survives codes that are all equal or only one", async () => {
    expect(componentsFor(10_000, 32, 10)).toBe(10);
    expect(componentsFor(500, 32, 10)).toBe(3);
    expect(componentsFor(20, 32, 10)).toBe(1);
    for (const count of [1, 40]) {
      const codes = { count, dimension: 2, values: new Float32Array(2 * count).fill(3) };
      const { mixture } = await fitMixture(codes, { components: 4, seed: 0 }, products);
      expect(mixture.weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
      for (const number of [...mixture.weights, ...mixture.means, ...mixture.factors]) {
        expect(Number.isFinite(number)).toBe(true);
      }
      const heaviest = byWeight(mixture.weights)[0] ?? 0;
      expectClose(mixture.means.subarray(2 * heaviest, 2 * heaviest + 2), [3, 3], 6);
    }
  });
});

describe("drawing from a mixture in a graph", () => {
  const mixture: GaussianMixture = {
    components: 3,
    size: 2,
    weights: Float64Array.of(0.2, 0.5, 0.3),
    means: Float64Array.of(-10, 0, 0, 5, 10, -5),
    factors: Float64Array.of(0.8, 0, 0.5, 2, 0.3, 0, -0.2, 0.4, 0.9, 0, -1, 1),
  };
  const count = 60_000;
  const latent = randomStream(4, "latent").normals(count * 3);

  /** Codes by the engine, of a mixture whose numbers are fed, with room for more components. */
  async function drawn(room: number): Promise<Float32Array> {
    const codes = mixtureCodes(input("latent", ["batch", 3]), mixtureInputs(room, 2));
    const session = await Session.compile({ codes }, { device: "cpu" });
    const results = await session.run({ latent, ...mixtureFeeds(mixture, room) }, new Map(), count);
    await session.release();
    return results.get("codes")?.floats() ?? new Float32Array();
  }

  it("gives each component its share, its mean and its covariance", async () => {
    const codes = await drawn(5);
    for (const [component, weight] of mixture.weights.entries()) {
      const [meanX = 0, meanY = 0] = mixture.means.subarray(2 * component);
      // The components lie more than five deviations apart in the first number.
      const own = Array.from({ length: count }, (_, row) => [codes[2 * row] ?? 0, codes[2 * row + 1] ?? 0] as const)
        .filter(([x]) => Math.abs(x - meanX) < 5)
        .map(([x, y]) => [x - meanX, y - meanY] as const);
      const mean = (of: (x: number, y: number) => number) =>
        own.reduce((sum, [x, y]) => sum + of(x, y), 0) / own.length;
      // Each bound is about five standard errors.
      expect(Math.abs(own.length / count - weight)).toBeLessThan(0.01);
      expect(Math.abs(mean((x) => x))).toBeLessThan(0.05);
      expect(Math.abs(mean((_, y) => y))).toBeLessThan(0.1);
      const covariances = [mean((x) => x * x), mean((x, y) => x * y), mean((_, y) => y * y)];
      const [xx = 0, xy = 0, , yy = 0] = covarianceOf(mixture, component);
      for (const [index, expected] of [xx, xy, yy].entries()) {
        expect(Math.abs((covariances[index] ?? 0) - expected)).toBeLessThan(0.2);
      }
    }
  });

  it("gives the same numbers in the engine, in the reference and with the numbers baked in", async () => {
    const few = latent.subarray(0, 3 * 50);
    const [reference] = evaluate(
      [mixtureCodes(input("latent", ["batch", 3]), mixtureConstants(mixture))],
      { latent: few },
      50,
    );
    const engine = await drawn(3);
    expectClose(engine.subarray(0, 100), [...(reference?.data ?? [])], 5);
    expect((await drawn(8)).subarray(0, 100)).toEqual(engine.subarray(0, 100));
  });
});

describe("drawing classes from a mixture in a graph", () => {
  // Components of no spread around 0, 1, 2 and 3: a code is the number of its component. Class 1 has none in the middle.
  const ofClasses = [
    [0.25, 0.75, 0, 0],
    [0.5, 0, 0, 0.5],
    [0, 0, 1, 0],
  ];
  const mixture: GaussianMixture = {
    components: 4,
    size: 1,
    weights: Float64Array.of(0.3, 0.3, 0.2, 0.2),
    means: Float64Array.of(0, 1, 2, 3),
    factors: new Float64Array(4),
    ofClasses: Float64Array.from(ofClasses.flat()),
  };

  /** Components by the engine, for the first numbers of random vectors. */
  async function drawn(firsts: readonly number[], asked: readonly number[], room = 7): Promise<number[]> {
    const codes = mixtureCodes(input("latent", ["batch", 2]), mixtureInputs(room, 1, 3), input("class", ["batch", 3]));
    const session = await Session.compile({ codes }, { device: "cpu" });
    const fed = {
      latent: Float32Array.from(firsts.flatMap((first) => [first, 9])),
      class: Float32Array.from(firsts.flatMap(() => asked)),
    };
    const results = await session.run({ ...fed, ...mixtureFeeds(mixture, room) }, new Map(), firsts.length);
    await session.release();
    return [...(results.get("codes")?.floats() ?? [])];
  }

  /** The component whose cumulative weight is the first to reach the place of the number in N(0, 1). */
  function expectedOf(first: number, asked: readonly number[]): number {
    let below = 0;
    for (let component = 0; component < 4; component++) {
      below += asked.reduce((sum, share, index) => sum + share * (ofClasses[index]?.[component] ?? 0), 0);
      if (normalQuantile(Math.min(below, 1)) >= first) return component;
    }
    return Number.NaN;
  }

  const asks = fc
    .tuple(fc.nat(8), fc.nat(8), fc.nat(8))
    .filter((parts) => parts.some((part) => part > 0))
    .map((parts) => parts.map((part) => part / (parts[0] + parts[1] + parts[2])));

  it("takes the component that the cumulative weights given the classes say", async () => {
    const firsts = [-2.5, -1.31, -0.83, -0.4, 0.07, 0.33, 0.9, 1.21, 2.2];
    await fc.assert(
      fc.asyncProperty(asks, async (asked) => {
        // Places this near to a bound may fall to either side.
        const clear = firsts.filter((first) => expectedOf(first - 1e-4, asked) === expectedOf(first + 1e-4, asked));
        expect(await drawn(clear, asked)).toEqual(clear.map((first) => expectedOf(first, asked)));
      }),
      { numRuns: 12, seed: 5 },
    );
  });

  it("gives a class only its own components, however far out a draw lies", async () => {
    const firsts = [-1e9, -40, -8, ...randomStream(2, "firsts").normals(500), 5.5, 8, 40, 1e9];
    for (const [index, weights] of ofClasses.entries()) {
      const asked = [0, 0, 0].map((_, other) => Number(other === index));
      const own = weights.flatMap((weight, component) => (weight > 0 ? [component] : []));
      expect(new Set(await drawn(firsts, asked))).toEqual(new Set(own));
    }
  });

  it("gives both classes their part where half of each is asked for", async () => {
    const count = 20_000;
    const codes = await drawn([...randomStream(6, "firsts").normals(count)], [0.5, 0, 0.5]);
    const shares = [0, 1, 2, 3].map((component) => codes.filter((code) => code === component).length / count);
    // Each bound is about five standard errors.
    for (const [component, expected] of [0.125, 0.375, 0.5, 0].entries()) {
      expect(Math.abs((shares[component] ?? 0) - expected)).toBeLessThan(expected === 0 ? 1e-12 : 0.018);
    }
  });

  it("gives the same with the numbers baked in", () => {
    const latent = Float32Array.of(-0.5, 9, 0.7, 9);
    const codes = mixtureCodes(input("latent", ["batch", 2]), mixtureConstants(mixture), input("class", ["batch", 3]));
    const [reference] = evaluate([codes], { latent, class: [1, 0, 0, 0, 1, 0] }, 2);
    expect([...(reference?.data ?? [])]).toEqual([1, 3]);
  });

  it("is refused without classes", () => {
    expect(() => mixtureCodes(input("latent", ["batch", 2]), mixtureConstants(mixture))).toThrow("no classes");
  });
});
