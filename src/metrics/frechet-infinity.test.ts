import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { MatrixProducts } from "../runtime/index.ts";
import type { FeatureMatrix } from "./feature-matrix.ts";
import { frechetDistance } from "./frechet-distance.ts";
import { frechetInfinity } from "./frechet-infinity.ts";

let products: MatrixProducts;
beforeAll(async () => {
  products = await MatrixProducts.open();
});
afterAll(() => products.release());

/** A draw of features from a normal distribution of independent features. */
function drawn(count: number, mean: readonly number[], deviation: readonly number[], name: string): FeatureMatrix {
  const values = randomStream(1, name).normals(count * mean.length);
  const dimension = mean.length;
  return {
    count,
    dimension,
    values: values.map((value, index) => (mean[index % dimension] ?? 0) + value * (deviation[index % dimension] ?? 0)),
  };
}

describe("frechetInfinity", () => {
  const one = Array.from({ length: 32 }, (_, index) => 1 / Math.sqrt(index + 1));
  const other = one.map((value, index) => value * (1 + 0.3 * Math.sin(index)));
  const zeros = one.map(() => 0);
  const truth = one.reduce((sum, value, index) => sum + (value - (other[index] ?? 0)) ** 2, 0);

  it.each([
    ["as few on both sides", 100, 100],
    ["many real ones", 1000, 80],
    ["twice as many images as features", 64, 64],
  ])("is nearer to the distance of endlessly many images: %s", async (_, n, m) => {
    const sides = [drawn(n, zeros, one, "real"), drawn(m, zeros, other, "generated")] as const;
    const { value } = await frechetDistance(...sides, products);
    const infinity = await frechetInfinity(...sides, products, { seed: 1 });
    expect(value - truth).toBeGreaterThan(0.2);
    expect(Math.abs(infinity - truth)).toBeLessThan((value - truth) / 3);
  });

  it("is about 0 for two draws from one distribution", async () => {
    const sides = [drawn(300, zeros, one, "a"), drawn(300, zeros, one, "b")] as const;
    const { value } = await frechetDistance(...sides, products);
    const infinity = await frechetInfinity(...sides, products, { seed: 1 });
    expect(Math.abs(infinity)).toBeLessThan(value / 5);
  });

  it("is the same for the same seed", async () => {
    const sides = [drawn(40, zeros, one, "a"), drawn(40, zeros, other, "b")] as const;
    const [first, again, next] = [
      await frechetInfinity(...sides, products, { seed: 1, sizes: 4 }),
      await frechetInfinity(...sides, products, { seed: 1, sizes: 4 }),
      await frechetInfinity(...sides, products, { seed: 2, sizes: 4 }),
    ];
    expect(again).toBe(first);
    expect(next).not.toBe(first);
  });

  it("refuses two images", async () => {
    const few = drawn(2, zeros, one, "a");
    await expect(frechetInfinity(few, few, products, { seed: 1 })).rejects.toThrow("at least 3 images on each side");
  });
});
