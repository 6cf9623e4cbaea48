import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { AtelierError } from "./errors.ts";
import { writeFileWhole } from "./files.ts";
import { randomStream } from "./random.ts";

describe("randomStream", () => {
  it("is decided by its seed and path, and different for others", () => {
    const draw = (seed: number, ...path: (string | number)[]) => randomStream(seed, ...path).normals(8);
    expect(draw(1, "latent", 3)).toEqual(draw(1, "latent", 3));
    for (const other of [draw(2, "latent", 3), draw(1, "latent", 4), draw(1, "order", 3), draw(1, "latent", "3")]) {
      expect(other).not.toEqual(draw(1, "latent", 3));
    }
  });

  it("draws standard normal numbers", () => {
    const draws = randomStream(0, "normal").normals(100_000);
    const moment = (power: number) => draws.reduce((total, draw) => total + draw ** power, 0) / draws.length;
    // Five standard errors of each moment.
    expect(Math.abs(moment(1))).toBeLessThan(5 / Math.sqrt(100_000));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / 100_000));
    expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / 100_000));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / 100_000));
  });

  it("has no correlation between the streams of neighbouring steps", () => {
    const [one, other] = [0, 1].map((step) => randomStream(0, "latent", step).normals(50_000));
    const product = one?.reduce((total, draw, index) => total + draw * (other?.[index] ?? 0), 0) ?? Number.NaN;
    expect(Math.abs(product / 50_000)).toBeLessThan(5 / Math.sqrt(50_000));
  });

  it("permutes without losing or repeating", () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(), (count, seed) => {
        const order = randomStream(seed).permutation(count);
        expect([...order].sort((left, right) => left - right)).toEqual(
          Array.from({ length: count }, (_, index) => index),
        );
      }),
    );
  });
});

describe("writeFileWhole", async () => {
  const folder = await mkdtemp(join(tmpdir(), "atelier-files-"));
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("replaces a file and leaves nothing beside it", async () => {
    const path = join(folder, "file");
    await writeFile(path, "before");
    await writeFileWhole(path, [Buffer.from("af"), Buffer.from("ter")]);
    expect(await readFile(path, "utf8")).toBe("after");
    expect(await readdir(folder)).toEqual(["file"]);
  });

  it("says where it could not write, and what to do", async () => {
    const failure: unknown = await writeFileWhole(join(folder, "file", "inside"), "x").catch(
      (thrown: unknown) => thrown,
    );
    expect(failure).toBeInstanceOf(AtelierError);
    expect(failure).toHaveProperty(
      "message",
      expect.stringMatching(/inside: expected a place that can be written.*\nhelp: /s),
    );
  });
});
