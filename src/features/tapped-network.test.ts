import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { constant, conv2d, evaluate, gradient, input, portable, relu, sum, writeOnnx } from "../graph/index.ts";
import { openTappedNetwork, type TappedNetworkOptions } from "./tapped-network.ts";
import { networks } from "./testing/networks.ts";

const keys = { file: "--features", preset: "autoencoder.preset", layers: "autoencoder.layers" };
const format = { channels: 3, height: 32, width: 32 } as const;

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-tapped-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function opened(bytes: Uint8Array, options: Partial<TappedNetworkOptions> = {}) {
  const path = join(folder, "net.onnx");
  await writeFile(path, bytes);
  return await openTappedNetwork(path, { format, keys, ...options });
}

/** Two filters on each colour channel of 8x8 pictures, and a mean: a file that says nothing about its pixels. */
const kernel = Float64Array.from(randomStream(2, "kernel").normals(4 * 3 * 2 * 2));
function ownNetwork(): Uint8Array {
  const image = input("image", ["batch", 3, 8, 8]);
  const map = relu(conv2d(image, constant(kernel, [4, 3, 2, 2])));
  return writeOnnx({ score: sum(map, [1, 2, 3]), map }, { target: portable }).bytes;
}

describe("openTappedNetwork", () => {
  it.each(Object.entries(networks))("looks at maps of %s in pictures of their own size", async (name, build) => {
    const stem = name === "Inception-v3" ? 2 : 4;
    const side = name === "Inception-v3" ? 96 : 32;
    const pictures = { ...format, height: side, width: side };
    const { see, recognised } = await opened(build({ stem, classes: 1000, size: side, producer: "pytorch" }), {
      format: pictures,
    });
    expect(recognised).toContain(`${name} with 1000 classes`);
    const maps = see(input("pictures", [2, 3, side, side]));
    expect(maps).toHaveLength(4);
    const sizes = maps.map(({ shape }) => Number(shape[2]));
    expect(sizes).toEqual(sizes.toSorted((one, other) => other - one));
    expect(new Set(sizes).size).toBe(4);
  });

  it("takes what stands before each pooling of VGG-16, though the file is for another size", async () => {
    const bytes = networks["VGG-16"]({ stem: 2, classes: 1000, size: 64, producer: "pytorch", dense: true });
    const { see } = await opened(bytes);
    const maps = see(input("pictures", [2, 3, 32, 32]));
    expect(maps.map(({ shape }) => shape)).toEqual([
      [2, 2, 32, 32],
      [2, 4, 16, 16],
      [2, 8, 8, 8],
      [2, 16, 4, 4],
    ]);
  });

  it("gives the network pixels in the form that was named, and lets gradients through to the pictures", async () => {
    const small = { ...format, height: 8, width: 8 };
    const { see } = await opened(ownNetwork(), { format: small, preset: "unit" });
    const pictures = input("pictures", [1, 3, 8, 8]);
    const [map = pictures] = see(pictures);
    const drawn = Float64Array.from(randomStream(3, "pictures").normals(192), Math.tanh);
    const image = input("image", [1, 3, 8, 8]);
    const plain = relu(conv2d(image, constant(kernel, [4, 3, 2, 2])));
    const [expected] = evaluate([plain], { image: drawn.map((value) => (value + 1) / 2) });
    const [received, slopes] = evaluate([map, gradient(sum(map), pictures)], { pictures: drawn });
    expected?.data.forEach((value, index) => expect(received?.data[index]).toBeCloseTo(value, 5));
    expect(slopes?.data.some((slope) => slope !== 0)).toBe(true);
  });

  it("shows grey pictures to a network of colours", async () => {
    const { see } = await opened(ownNetwork(), { format: { channels: 1, height: 8, width: 8 }, preset: "unit" });
    expect(see(input("pictures", [5, 1, 8, 8])).map(({ shape }) => shape)).toEqual([[5, 4, 7, 7]]);
  });

  it("asks by its keys for what the file does not say, and names layers that are near", async () => {
    const small = { ...format, height: 8, width: 8 };
    await expect(opened(ownNetwork(), { format: small })).rejects.toThrow("--set autoencoder.preset=");
    const wrong = opened(ownNetwork(), { format: small, preset: "unit", layers: ["mapp"] });
    await expect(wrong).rejects.toThrow(/autoencoder\.layers[^]*nearest names are map/);
    await expect(openTappedNetwork(join(folder, "none.onnx"), { format, keys })).rejects.toThrow("--features");
  });
});
