import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { multiply, reshape } from "../graph/index.ts";
import { dense, Network } from "../nn/index.ts";
import { MatrixProducts } from "../runtime/index.ts";
import { latentDirections, principalDirections, traversal } from "./directions.ts";
import { leadingEigenvectors } from "./eigenvectors.ts";
import { Generator } from "./generator.ts";
import { principalScores } from "./principal-scores.ts";
import { fileOf } from "./testing/tiny-generator.ts";

let products: MatrixProducts;
let folder: string;

beforeAll(async () => {
  products = await MatrixProducts.open();
  folder = await mkdtemp(join(tmpdir(), "atelier-directions-"));
});

afterAll(async () => {
  await products.release();
  await rm(folder, { recursive: true, force: true });
});

/** Rows at right angles, of length 1. */
function orthogonalRows(size: number, seed: number): readonly Float64Array[] {
  const random = randomStream(seed, "orthogonal");
  const rows: Float64Array[] = [];
  while (rows.length < size) {
    const row = Float64Array.from({ length: size }, () => random.normal());
    for (let pass = 0; pass < 2; pass++) {
      for (const other of rows) {
        const along = row.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);
        row.forEach((value, index) => {
          row[index] = value - along * (other[index] ?? 0);
        });
      }
    }
    const length = Math.hypot(...row);
    rows.push(row.map((value) => value / length));
  }
  return rows;
}

const cosine = (one: ArrayLike<number>, other: ArrayLike<number>) => {
  const [a, b] = [Array.from(one), Array.from(other)];
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0) / Math.hypot(...a) / Math.hypot(...b);
};

describe("eigenvectors", () => {
  it("are those that the matrix was made of", async () => {
    const size = 60;
    const rows = orthogonalRows(size, 2);
    const known = Array.from(rows, (_, index) => (index < 40 ? 0.9 ** index : 0));
    const values = new Float64Array(size * size);
    rows.forEach((row, which) => {
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < size; j++) {
          values[i * size + j] = (values[i * size + j] ?? 0) + (known[which] ?? 0) * (row[i] ?? 0) * (row[j] ?? 0);
        }
      }
    });
    for (const count of [1, 4, 60]) {
      const found = await leadingEigenvectors(
        { rows: size, columns: size, values },
        count,
        products,
        randomStream(0, "start"),
      );
      expect(found.values.length).toBe(count);
      found.values.forEach((value, index) => expect(value).toBeCloseTo(known[index] ?? Number.NaN, 12));
      for (const index of Array.from({ length: Math.min(count, 40) }).keys()) {
        expect(Math.abs(cosine(found.vectors[index] ?? [], rows[index] ?? []))).toBeCloseTo(1, 7);
      }
    }
  });
});

describe("principal components", () => {
  it.each([
    ["more rows than columns", 4000, 3],
    ["more columns than rows", 3, 500],
  ])("have the variances of a known covariance: %s", async (_, samples, copies) => {
    const random = randomStream(5, "rows");
    const columns = 3 * copies;
    // Each of three independent numbers, of deviations 3, 2 and 1, stands in `copies` columns, and all have a mean.
    const drawn = Array.from({ length: samples }, () => [3, 2, 1].map((deviation) => deviation * random.normal()));
    const values = Float64Array.from(
      drawn.flatMap((row) => row.flatMap((value) => Array.from({ length: copies }, () => 7 + value))),
    );
    const { variances, total, scores } = await principalScores({ rows: samples, columns, values }, 3, products, random);
    // The closed form for these rows: eigenvalues of copies times the sample covariance of three numbers.
    const mean = [0, 1, 2].map((index) => drawn.reduce((sum, row) => sum + (row[index] ?? 0) / samples, 0));
    const trace = [0, 1, 2].map((i) => drawn.reduce((sum, row) => sum + ((row[i] ?? 0) - (mean[i] ?? 0)) ** 2, 0));
    const expected = (copies * trace.reduce((sum, value) => sum + value, 0)) / (samples - 1);
    expect(total / expected).toBeCloseTo(1, 10);
    expect(variances.reduce((sum, value) => sum + value, 0) / total).toBeCloseTo(1, 10);
    scores.forEach((score, index) => {
      const squares = score.reduce((sum, value) => sum + value ** 2, 0);
      expect(squares / (samples - 1) / (variances[index] ?? 0)).toBeCloseTo(1, 9);
    });
    if (samples > 1000) {
      [9, 4, 1].forEach((variance, index) => expect((variances[index] ?? 0) / copies / variance).toBeCloseTo(1, 0.5));
      expect(
        Math.abs(
          cosine(
            scores[0] ?? [],
            drawn.map(([first = 0]) => first),
          ),
        ),
      ).toBeGreaterThan(0.99);
    }
    if (samples === 3) expect(variances.length).toBe(2);
  });
});

describe("directions", () => {
  const latent = 6;
  const format = { height: 4, width: 4, channels: 1 } as const;
  const rows = orthogonalRows(latent, 8);
  const deviations = [4, 2, 1, 0.5, 0.25, 0.125];
  const outer = orthogonalRows(16, 9);

  /** Pictures 0.05 U S Vᵀ z: a linear generator whose directions are the rows of V. */
  async function linear(): Promise<Generator> {
    const network = new Network("generator", ["batch", latent], (scope, x) =>
      scope.layer("image", (layer) =>
        reshape(multiply(dense(layer, x, { features: 16, bias: false }), 0.05), ["batch", 1, 4, 4]),
      ),
    );
    const weight = new Float32Array(latent * 16);
    rows.forEach((row, which) => {
      for (let i = 0; i < latent; i++) {
        for (let j = 0; j < 16; j++) {
          weight[i * 16 + j] =
            (weight[i * 16 + j] ?? 0) + (deviations[which] ?? 0) * (row[i] ?? 0) * (outer[which]?.[j] ?? 0);
        }
      }
    });
    const path = join(folder, "linear.onnx");
    await writeFile(
      path,
      fileOf(network, format, latent, () => weight),
    );
    return Generator.load(path);
  }

  it("of a linear generator are its singular vectors, one deviation long, with their shares of variance", async () => {
    const generator = await linear();
    const { layer, directions } = await principalDirections(generator, { count: 3, samples: 4000 });
    expect(layer).toBe("generator/image");
    const total = deviations.reduce((sum, value) => sum + value ** 2, 0);
    directions.forEach(({ step, share = 0 }, index) => {
      expect(Math.abs(cosine(step, rows[index] ?? []))).toBeGreaterThan(0.99);
      expect(Math.hypot(...step)).toBeCloseTo(1, 1);
      expect(share).toBeCloseTo((deviations[index] ?? 0) ** 2 / total, 1);
    });
    const again = await principalDirections(generator, { count: 3, samples: 4000 });
    expect(again.directions).toEqual(directions);
    await expect(principalDirections(generator, { layer: "imag" })).rejects.toThrow("did you mean image?");
    await expect(principalDirections(generator, { samples: 5 })).rejects.toThrow("expected at least 10");
    await generator.release();
  });

  it("of the latent space are its numbers, those that change the picture most first", async () => {
    const network = new Network("generator", ["batch", 3], (scope, x) =>
      scope.layer("image", (layer) => reshape(dense(layer, x, { features: 16, bias: false }), ["batch", 1, 4, 4])),
    );
    const path = join(folder, "numbers.onnx");
    const weight = Float32Array.from({ length: 3 * 16 }, (_, index) => [0.1, 0, 0.3][Math.floor(index / 16)] ?? 0);
    await writeFile(
      path,
      fileOf(network, format, 3, () => weight),
    );
    const generator = await Generator.load(path);
    const found = await latentDirections(generator, { count: 3 });
    expect(found.map(({ dimension }) => dimension)).toEqual([2, 0, 1]);
    // From -1 to 1 in a number of weight 0.1: 0.2 of [-1, 1], that is 25.5 of 255.
    expect(found[1]?.change).toBeCloseTo(25.5, 0);
    expect(found[2]?.change).toBe(0);
    await generator.release();
  });

  it("are walked from a vector on, or with the number in its place", () => {
    const origin = Float32Array.of(1, 2, 3);
    const step = Float32Array.of(0, 1, 0);
    expect([...traversal(origin, { step }, [-1, 0, 2])]).toEqual([1, 1, 3, 1, 2, 3, 1, 4, 3]);
    expect([...traversal(origin, { step, dimension: 1 }, [-1, 0, 2])]).toEqual([1, -1, 3, 1, 0, 3, 1, 2, 3]);
  });
});
