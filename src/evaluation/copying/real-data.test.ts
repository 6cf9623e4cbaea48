import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Dataset,
  type ImageSet,
  imageBytesOf,
  imagesOf,
  mirrorImage,
  openDataset,
  type PixelFormat,
} from "../../data/index.ts";
import { realData } from "../../data/testing/real-data.ts";
import { type FeatureExtractor, openRandomEmbedding } from "../../features/index.ts";
import { randomStream } from "../../foundation/random.ts";
import { MatrixProducts } from "../../runtime/index.ts";
import { checkCopies } from "../copy-check.ts";

const format: PixelFormat = { height: 32, width: 32, channels: 3 };
const size = imageBytesOf(format);

function changed(images: ImageSet, change: (image: Uint8Array) => Uint8Array): ImageSet {
  const read: ImageSet["read"] = async (first, count) => {
    const bytes = await images.read(first, count);
    const parts = Array.from({ length: count }, (_, index) => change(bytes.slice(index * size, (index + 1) * size)));
    return new Uint8Array(Buffer.concat(parts));
  };
  return { format, count: images.count, read };
}

const random = randomStream(2, "noise");
const noised = (image: Uint8Array) =>
  image.map((value) => Math.min(255, Math.max(0, Math.round(value + 5 * random.normal()))));

function mirrored(image: Uint8Array): Uint8Array {
  mirrorImage(image, format);
  return image;
}

describe.skipIf(!existsSync(realData)).each(["emoji-noto", "sign-digits-600"])("copies of %s", (name) => {
  let cacheFolder = "";
  let dataset: Dataset;
  let products: MatrixProducts;
  let extractor: FeatureExtractor;
  beforeAll(async () => {
    cacheFolder = await mkdtemp(join(tmpdir(), "atelier-copies-"));
    dataset = await openDataset(join(realData, name), { format, seed: 1, cacheFolder, heldOutFraction: 0.3 });
    products = await MatrixProducts.open();
    extractor = await openRandomEmbedding(format);
  }, 60_000);
  afterAll(async () => {
    await extractor.release();
    await products.release();
    dataset.close();
    await rm(cacheFolder, { recursive: true });
  });

  /** Half of the held-out images stay held out. */
  const isHeldOut = (first: boolean): ImageSet => {
    const all = imagesOf(dataset.heldOut, format);
    const half = Math.floor(all.count / 2);
    return { format, count: half, read: (from, count) => all.read(first ? from : half + from, count) };
  };
  const check = async (generated: ImageSet) => {
    const training = imagesOf(dataset.train, format);
    return (await checkCopies({ generated, training, heldOut: isHeldOut(false), extractor, products, seed: 1 }))
      .copying;
  };

  it("raise the alarm, noised, and mirrored half of the time, and unseen images do not", async () => {
    const trained = imagesOf(dataset.train, format, 60, 1);
    let number = 0;
    const copies = changed(trained, (image) => noised(number++ % 2 === 0 ? image : mirrored(image)));
    expect(await check(copies)).toMatchObject({ alarm: true, copies: 1 });
    expect((await check(isHeldOut(true))).alarm).toBe(false);
  }, 60_000);
});
