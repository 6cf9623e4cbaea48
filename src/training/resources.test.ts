import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, describe, expect, it, vi } from "vitest";
import { openSource } from "../data/index.ts";
import { constant, conv2d, input, portable, relu, writeOnnx } from "../graph/index.ts";
import type { PartialConfig } from "./config.ts";
import { planTraining } from "./defaults.ts";
import { estimateMemory } from "./memory.ts";
import { assertSameResources, loadResources } from "./resources.ts";

const folder = await mkdtemp(join(tmpdir(), "atelier-resources-"));
vi.stubEnv("ATELIER_CACHE", join(folder, "cache"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const flowers = await openSource("sample:flowers");
const small = { size: 16, channels: 3, architecture: "mlp", width: 4, latent: 4, batch: 4, steps: 20 } as const;

async function configOf(autoencoder: PartialConfig["autoencoder"], features?: string) {
  const given = { ...small, model: "autoencoder", autoencoder, ...(features !== undefined && { features }) } as const;
  return (await planTraining(given, flowers)).config;
}

/** A folder of pictures, each of one grey. */
async function greys(name: string, values: readonly number[]): Promise<string> {
  const place = join(folder, name);
  await mkdir(place, { recursive: true });
  for (const [index, value] of values.entries()) {
    const picture = sharp({
      create: { width: 20, height: 20, channels: 3, background: { r: value, g: value, b: value } },
    });
    await picture.png().toFile(join(place, `${index}.png`));
  }
  return place;
}

/** An array file of 600 small pictures. */
async function many(): Promise<string> {
  const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (600, 16, 16, 3), }".padEnd(117);
  const pixels = Buffer.from(Uint8Array.from({ length: 600 * 768 }, (_, index) => Math.floor(index / 768) % 251));
  const path = join(folder, "many.npy");
  await writeFile(
    path,
    Buffer.concat([Buffer.from([0x93]), Buffer.from("NUMPY\x01\x00\x76\x00"), Buffer.from(`${header}\n`), pixels]),
  );
  return path;
}

/** A network of one convolution, all of whose weights are `weight`. */
async function network(name: string, weight: number): Promise<string> {
  const image = input("image", ["batch", 3, 16, 16]);
  const map = relu(conv2d(image, constant(new Float64Array(24).fill(weight), [2, 3, 2, 2])));
  const path = join(folder, name);
  await writeFile(path, writeOnnx({ map }, { target: portable }).bytes);
  return path;
}

const ofImages = async (corruptionImages: string) => configOf({ corruption: "images", corruptionImages });
const ofFeatures = async (file: string) => configOf({ reconstruction: "perceptual", preset: "unit" }, file);

describe("what a method learns from besides the data", () => {
  it("is nothing where the configuration names nothing", async () => {
    expect(await loadResources(await configOf({}))).toEqual({ identities: {}, remarks: [] });
  });

  it("are the user's noise images, in the form of the training images", async () => {
    const { corruption, identities, remarks } = await loadResources(await ofImages(await greys("noise", [10, 200])));
    expect(corruption?.count).toBe(2);
    expect([...new Set(corruption?.bytes.subarray(0, 3 * 256))]).toEqual([10]);
    expect([...new Set(corruption?.bytes.subarray(3 * 256))]).toEqual([200]);
    expect(Object.keys(identities)).toEqual(["autoencoder.corruptionImages"]);
    expect(remarks.join()).toContain("the 2 noise images");
  });

  it("are 512 noise images at most, whose choice the seed decides", async () => {
    const config = await ofImages(await many());
    const { corruption, remarks, identities } = await loadResources(config);
    expect(corruption?.count).toBe(512);
    expect(remarks.join()).toContain("512 of the 600");
    expect((await loadResources(config)).identities).toEqual(identities);
  });

  it("are refused, by the key that names them, where there are none", async () => {
    const missing = await ofImages(join(folder, "nowhere"));
    await expect(loadResources(missing)).rejects.toThrow(/autoencoder\.corruptionImages: [^]*nowhere/);
    await mkdir(join(folder, "empty"));
    await expect(loadResources(await ofImages(join(folder, "empty")))).rejects.toThrow("autoencoder.corruptionImages");
    await expect(loadResources(await ofFeatures(join(folder, "none.onnx")))).rejects.toThrow("--features");
  });

  it("may lie elsewhere when a run goes on, and must hold the same", async () => {
    const [before, moved, changed] = [await greys("a", [1, 2]), await greys("b", [1, 2]), await greys("c", [1, 3])];
    const identitiesOf = async (place: string) => (await loadResources(await ofImages(place))).identities;
    const began = await identitiesOf(before);
    expect(() => assertSameResources(began, { ...began }, {})).not.toThrow();
    expect(await identitiesOf(moved)).toEqual(began);
    const others = await identitiesOf(changed);
    expect(() => assertSameResources(began, others, {})).toThrow("autoencoder.corruptionImages");

    const networks = [await network("one.onnx", 0.1), await network("two.onnx", 0.2)];
    const [one = {}, two = {}] = await Promise.all(
      networks.map(async (file) => (await loadResources(await ofFeatures(file))).identities),
    );
    expect(() => assertSameResources(one, two, { features: "two.onnx" })).toThrow("--features two.onnx");
  });

  it("count in the estimate of memory", async () => {
    const [with512, without] = [await ofImages(await many()), await configOf({})];
    // 512 images of 16x16 pixels in three channels, in float32.
    const more = (await estimateMemory(with512)).step - (await estimateMemory(without)).step;
    expect(more).toBeGreaterThan(512 * 3 * 256 * 4);
  });
});
