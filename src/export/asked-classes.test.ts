import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AtelierError } from "../foundation/errors.ts";
import { reshape } from "../graph/index.ts";
import { dense, Network } from "../nn/index.ts";
import { askedNumbers, withoutClasses } from "./asked-classes.ts";
import { latentDirections, principalDirections } from "./directions.ts";
import { Generator } from "./generator.ts";
import { combinedClasses, parseTerms } from "./latent-arithmetic.ts";
import { projectImages } from "./projection.ts";
import { fileOf, tinyGenerator } from "./testing/tiny-generator.ts";

const format = { height: 4, width: 4, channels: 1 } as const;
const pixels = 16;
const latent = 2;
const classShares = { daisy: 0.6, rose: 0.4, tulip: 0 };
const names = Object.keys(classShares);

let folder: string;
let generator: Generator;
let plain: Generator;

/**
 * A linear generator whose pictures say what they were made from: class k makes pixel k white and all else grey; the last two
 * pixels are 0.1 and 0.2 of the two latent numbers.
 */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-classes-"));
  const network = new Network("generator", ["batch", latent + names.length], (scope, x) =>
    scope.layer("image", (layer) => reshape(dense(layer, x, { features: pixels, bias: false }), ["batch", 1, 4, 4])),
  );
  const weight = new Float32Array((latent + names.length) * pixels);
  weight[pixels - 2] = 0.1;
  weight[pixels + pixels - 1] = 0.2;
  for (const index of names.keys()) weight[(latent + index) * pixels + index] = 1;
  await writeFile(
    join(folder, "classes.onnx"),
    fileOf(network, format, latent, () => weight, { classShares }),
  );
  generator = await Generator.load(join(folder, "classes.onnx"));
  await writeFile(join(folder, "plain.onnx"), tinyGenerator({ format, latent }));
  plain = await Generator.load(join(folder, "plain.onnx"));
});

afterAll(async () => {
  await generator.release();
  await plain.release();
  await rm(folder, { recursive: true, force: true });
});

it("an unknown class is told what it may mean, and nothing where names are numbers or letters", () => {
  const helpFor = (name: string, classNames: readonly string[]) => {
    try {
      return askedNumbers({ classNames, classShares: classNames.map(() => 1 / classNames.length) }, name);
    } catch (cause) {
      return cause instanceof AtelierError ? cause.details.help : cause;
    }
  };
  expect(helpFor("rse", names)).toBe("did you mean rose?");
  expect(helpFor("7", ["1", "2", "10"])).toBe("name one of these");
  expect(helpFor("c", ["a", "b"])).toBe("name one of these");
});

it("a generator without classes says whether labels were missing or the model makes nothing of them", () => {
  expect(withoutClasses("class", { classNames: [] }).details.help).toContain("images with labels");
  expect(withoutClasses("class", { classNames: ["1", "2"] }).details.help).toContain("--model gan, vae or autoencoder");
});

/** How much of each class each picture shows, 0…1. */
function shown(bytes: Uint8Array): readonly (readonly number[])[] {
  return Array.from({ length: bytes.length / pixels }, (_, index) =>
    names.map((_name, place) => ((bytes[index * pixels + place] ?? 0) - 128) / 127),
  );
}

/** The class that each picture shows. */
function seen(bytes: Uint8Array): readonly string[] {
  return shown(bytes).map((weights) => names[weights.indexOf(Math.max(...weights))] ?? "");
}

describe("classes of a generator's pictures", () => {
  it("are drawn with the shares of the training labels, each picture's for itself", async () => {
    const { bytes, classes } = await generator.sample({ count: 500, seed: 3 });
    expect(classes).toEqual(seen(bytes));
    expect(classes).toEqual(generator.classes({ count: 500, seed: 3 }));
    const roses = classes?.filter((name) => name === "rose").length ?? 0;
    // 0.4 of 500, within four deviations.
    expect(Math.abs(roses - 200)).toBeLessThan(44);
    expect(classes).not.toContain("tulip");
    const some = await generator.sample({ count: 7, first: 90, seed: 3 });
    expect(some.classes).toEqual(classes?.slice(90, 97));
    expect(some.bytes).toEqual(bytes.slice(90 * pixels, 97 * pixels));
    expect(generator.classes({ count: 500, seed: 4 })).not.toEqual(classes);
  });

  it("are those asked for, also one without any label; the vector stays", async () => {
    const asked = await generator.sample({ count: 3, class: "tulip" });
    expect([asked.classes, seen(asked.bytes)]).toEqual([Array(3).fill("tulip"), Array(3).fill("tulip")]);
    const turns = await generator.sample({ count: 4, first: 1, class: ["tulip", "daisy"] });
    expect(turns.classes).toEqual(["daisy", "tulip", "daisy", "tulip"]);
    expect(seen(turns.bytes)).toEqual(turns.classes);
    const others = await generator.sample({ count: 3, class: "rose" });
    const ends = (bytes: Uint8Array) => bytes.filter((_, index) => index % pixels >= pixels - latent);
    expect(ends(others.bytes)).toEqual(ends(asked.bytes));
  });

  it("go linearly from one to the next between pictures", async () => {
    const walk = await generator.interpolate({ class: ["daisy", "rose"], count: 2, between: 3 });
    expect(walk.classes).toBeUndefined();
    const twentieths = (share = 0) => Math.round(20 * share) / 20;
    expect(shown(walk.bytes).map(([daisy, rose]) => [twentieths(daisy), twentieths(rose)])).toEqual([
      [1, 0],
      [0.75, 0.25],
      [0.5, 0.5],
      [0.25, 0.75],
      [0, 1],
    ]);
    const staying = await generator.interpolate({ class: "rose", between: 2, closed: true });
    expect(new Set(seen(staying.bytes))).toEqual(new Set(["rose"]));
  });

  it("are given with vectors, as names or as weights", async () => {
    const vectors = generator.vectors({ count: 2 });
    const named = await generator.picturesOf(vectors, ["rose", "tulip"]);
    expect(seen(named.bytes)).toEqual(["rose", "tulip"]);
    const weighted = await generator.picturesOf(
      vectors,
      generator.classWeights({ count: 2, class: ["rose", "tulip"] }),
    );
    expect(weighted.bytes).toEqual(named.bytes);
    await expect(generator.picturesOf(vectors)).rejects.toThrow('picturesOf(vectors, "daisy")');
    await expect(generator.picturesOf(vectors, new Float32Array(3))).rejects.toThrow("2 rows of 3 numbers");
  });

  it("that are not known are refused with the nearest one, and all where none is", async () => {
    await expect(generator.sample({ class: "Tulips" })).rejects.toThrow(
      "class: expected one that the generator has learned: daisy, rose, tulip, received Tulips\nhelp: did you mean tulip?",
    );
    await expect(generator.sample({ class: [] })).rejects.toThrow("received an empty list");
    await expect(plain.sample({ class: "rose" })).rejects.toThrow("expected a generator that has learned classes");
    await expect(plain.picturesOf(plain.vectors(), Float32Array.of(1))).rejects.toThrow("has learned classes");
    expect((await plain.sample()).classes).toBeUndefined();
    expect((await plain.picturesOf(plain.vectors(), plain.classes())).count).toBe(1);
  });
});

describe("what explores a generator with classes", () => {
  it("adds and subtracts classes as it does vectors", () => {
    const [man, woman] = [Float32Array.of(1, 0), Float32Array.of(0, 1)];
    const result = (sum: string) => [
      ...combinedClasses(parseTerms(sum), (picture) => (picture < 5 ? man : woman)).result,
    ];
    // Smiling woman - woman + man.
    expect(result("6 - 7 + 1")).toEqual([1, 0]);
    expect(result("1 + 2,3,6,7")).toEqual([0.75, 0.25]);
    expect(result("1 - 6")).toEqual([1, 0]);
    expect(result("1 - 2")).toEqual([1, 0]);
    expect(result("- 6")).toEqual([0, 1]);
  });

  it("finds directions among pictures of one class: what classes differ in is none of them", async () => {
    // Of the picture, 0.2 of the second number is the larger part: shares 4 to 1 for every class.
    for (const asked of [undefined, "tulip"]) {
      const { directions } = await principalDirections(generator, { count: 3, samples: 4000, class: asked });
      expect(directions.length).toBe(2);
      expect(directions[0]?.share).toBeCloseTo(0.8, 1);
      expect(Math.abs(directions[0]?.step[1] ?? 0)).toBeCloseTo(1, 1);
      expect((await latentDirections(generator, { class: asked })).map(({ dimension }) => dimension)).toEqual([1, 0]);
    }
    await expect(principalDirections(generator, { class: "ros" })).rejects.toThrow("did you mean rose?");
  });

  it("projects with the class looked for, or with the one that is asked for", async () => {
    const { bytes, classes } = await generator.sample({ count: 6, first: 400, class: ["rose", "daisy", "tulip"] });
    const found = await projectImages(generator, bytes, { steps: 150 });
    expect(found.classes).toEqual(classes);
    for (const decibels of found.peakSignalToNoise) expect(decibels).toBeGreaterThan(35);
    expect((await generator.picturesOf(found.vectors, found.classes)).bytes).toEqual(found.bytes);
    const asked = await projectImages(generator, bytes, { steps: 20, class: "rose" });
    expect(seen(asked.bytes)).toEqual(Array(6).fill("rose"));
  });
});
