import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AtelierError, messageOf } from "../foundation/errors.ts";
import { type Random, randomStream } from "../foundation/random.ts";
import type { Delivery } from "./image-source.ts";
import { openSource } from "./open-source.ts";
import { decodedImages } from "./testing/decoded.ts";
import { npyImages, npyLabels } from "./testing/npy.ts";
import { flatFile, hubFile } from "./testing/parquet-files.ts";
import { picture } from "./testing/pictures.ts";
import { zipOf } from "./testing/zip.ts";

/** Damaged files that are read in all; ATELIER_FUZZ=20000 reads more of them. */
const rounds = Number(process.env["ATELIER_FUZZ"] ?? 2000);
/** One damaged file must be opened and read in this time, in milliseconds; whole ones take some ten. */
const longest = 5000;
const format = { height: 8, width: 8, channels: 3 } as const;

/** A data set with one file that is damaged again and again. */
interface Case {
  /** The name of that file. */
  readonly file: string;
  readonly bytes: Buffer;
  /** Files beside it that stay whole. */
  readonly beside?: Readonly<Record<string, Uint8Array>>;
  /** Whether checksums cover every pixel: what is given out must then be what was there. */
  readonly checked: boolean;
}

/** Another picture for each number. */
const small = (number: number): Sharp => picture(12, 20, number);
const word = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [place, value] of values.entries()) bytes.writeUInt32BE(value, 4 * place);
  return bytes;
};
const noise = (length: number): Buffer => {
  const random = randomStream(1, "noise", length);
  return Buffer.from(Array.from({ length }, () => random.integer(256)));
};
const idxImages = Buffer.concat([word(0x803, 12, 6, 5), noise(12 * 30)]);
/** Enough to be unpacked in several pieces: the first come before the damage. */
const largeIdxImages = Buffer.concat([word(0x803, 6, 250, 300), noise(6 * 75_000)]);
const idxLabels = Buffer.concat([word(0x801, 12), Buffer.from(Array.from({ length: 12 }, (_, at) => at % 10))]);
const cifarBatch = Buffer.concat(Array.from({ length: 4 }, (_, at) => Buffer.concat([Buffer.from([at]), noise(3072)])));
const archiveOf = (files: Readonly<Record<string, Uint8Array>>, method = 8): Buffer =>
  zipOf(Object.entries(files).map(([name, content]) => ({ name, content, method })));

async function cases(): Promise<Readonly<Record<string, Case>>> {
  const image = async (file: string, encoded: Sharp, checked = false): Promise<Case> => {
    return { file, bytes: await encoded.toBuffer(), checked };
  };
  const frames = await Promise.all([1, 2, 3].map(async (number) => await small(number).png().toBuffer()));
  const animation = (): Sharp => sharp(frames, { join: { animated: true } });
  const pngs = await Promise.all(Array.from({ length: 6 }, async (_, number) => await small(number).png().toBuffer()));
  const [one = Buffer.alloc(0), two = Buffer.alloc(0), three = Buffer.alloc(0)] = pngs;
  const photo = await small(9).jpeg().toBuffer();
  const tiles = { tile: true, tileWidth: 16, tileHeight: 16 };
  const labels = { "train-labels-idx1-ubyte": idxLabels };
  const arrays = { "x_train.npy": npyImages(7, [3]), "y_train.npy": npyLabels(0, 1, 2, 3, 4, 5, 6) };
  return {
    PNG: await image("a.png", small(0).png(), true),
    "interlaced PNG": await image("a.png", small(0).png({ progressive: true }), true),
    "PNG with a palette and alpha": await image("a.png", small(0).ensureAlpha(0.5).png({ palette: true }), true),
    "PNG of 16 bits": await image("a.png", small(0).toColourspace("rgb16").png(), true),
    JPEG: await image("a.jpg", small(0).jpeg()),
    "JPEG with EXIF": await image("a.jpg", small(0).jpeg().withMetadata({ orientation: 6 })),
    "progressive JPEG": await image("a.jpg", small(0).jpeg({ progressive: true })),
    WebP: await image("a.webp", small(0).webp()),
    "WebP without loss": await image("a.webp", small(0).webp({ lossless: true })),
    "animated WebP": await image("a.webp", animation().webp()),
    GIF: await image("a.gif", small(0).gif()),
    "animated GIF": await image("a.gif", animation().gif()),
    TIFF: await image("a.tiff", small(0).tiff({ compression: "none" })),
    "TIFF with LZW": await image("a.tiff", small(0).tiff({ compression: "lzw" })),
    "TIFF in tiles": await image("a.tiff", small(0).tiff({ compression: "deflate", ...tiles })),
    "TIFF of JPEG": await image("a.tiff", small(0).tiff({ compression: "jpeg" })),
    AVIF: await image("a.avif", small(0).avif({ effort: 0 })),
    IDX: { file: "train-images-idx3-ubyte", bytes: idxImages, beside: labels, checked: false },
    "IDX, packed": { file: "train-images-idx3-ubyte.gz", bytes: gzipSync(largeIdxImages), checked: true },
    "IDX labels": {
      file: "train-labels-idx1-ubyte.gz",
      bytes: gzipSync(idxLabels),
      beside: { "train-images-idx3-ubyte": idxImages },
      checked: true,
    },
    CIFAR: { file: "data_batch_1.bin", bytes: cifarBatch, checked: false },
    "CIFAR, packed": { file: "data_batch_1.bin.gz", bytes: gzipSync(cifarBatch), checked: true },
    "zip of images": {
      file: "set.zip",
      bytes: archiveOf({ "a/1.png": one, "a/2.png": two, "b/3.jpg": photo, "b/4.png": three }),
      checked: true,
    },
    "zip, stored": { file: "set.zip", bytes: archiveOf({ "a/1.png": one, "b/2.jpg": photo }, 0), checked: true },
    "zip of IDX": {
      file: "set.zip",
      bytes: archiveOf({ "train-images-idx3-ubyte": idxImages, "train-labels-idx1-ubyte": idxLabels }),
      checked: true,
    },
    npy: { file: "images.npy", bytes: npyImages(7), checked: false },
    npz: { file: "set.npz", bytes: archiveOf(arrays), checked: true },
    "npz, stored": { file: "set.npz", bytes: archiveOf(arrays, 0), checked: true },
    "Parquet as the hub serves it": { file: "train.parquet", bytes: hubFile(pngs), checked: true },
    "Parquet of columns": {
      file: "train.parquet",
      bytes: flatFile({ name: "image", data: pngs }, { name: "label", data: pngs.map((_, at) => at % 2) }),
      checked: true,
    },
  };
}

const table = await cases();
const names = Object.keys(table);
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-fuzz-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe("damaged files give right images or reasons, never anything else", () => {
  test.each(names.map((name, place) => ({ name, place })))(
    "$name",
    async ({ name, place }) => {
      const data = join(folder, String(place));
      const { file, bytes, beside = {}, checked } = table[name] ?? { file: "", bytes: Buffer.alloc(0), checked: true };
      await mkdir(data);
      for (const [other, content] of Object.entries(beside)) await writeFile(join(data, other), content);
      const location = file.endsWith(".zip") ? join(data, file) : data;

      await writeFile(join(data, file), bytes);
      const whole = await read(location);
      expect(whole.images.length).toBeGreaterThan(0);
      expect(whole.images.filter((image) => typeof image === "string")).toEqual([]);
      const original = new Set(whole.images.map(textOf));

      const faults: string[] = [];
      for (let round = place; round < rounds; round += names.length) {
        const damaged = damage(bytes, randomStream(round, "fuzz", name));
        await writeFile(join(data, file), damaged.bytes);
        const found = await within(longest, read(location)).catch((cause: unknown) => ({
          images: [],
          records: 0,
          handedOut: 0,
          error: cause,
        }));
        for (const fault of faultsIn(found, checked ? original : undefined))
          faults.push(`${damaged.how} (${round}): ${fault}`);
      }
      expect(faults).toEqual([]);
    },
    longest * 4 + rounds * 50,
  );
});

/** A truncation, or up to three flipped bits. */
function damage(bytes: Buffer, random: Random): { readonly bytes: Buffer; readonly how: string } {
  if (random.uniform() < 0.3) {
    const length = random.integer(bytes.length);
    return { bytes: bytes.subarray(0, length), how: `cut to ${length} of ${bytes.length} bytes` };
  }
  const flipped = Buffer.from(bytes);
  const places = Array.from({ length: 1 + random.integer(3) }, () => [random.integer(bytes.length), random.integer(8)]);
  for (const [at = 0, bit = 0] of places) flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
  return {
    bytes: flipped,
    how: `bits flipped at ${places.map((place) => place.join(".")).join(" ")} of ${bytes.length}`,
  };
}

interface Found {
  readonly records: number;
  /** Images and broken images that were delivered. */
  readonly handedOut: number;
  /** By the index of their record: pixels, or the reason why there are none. */
  readonly images: readonly (Uint8Array | string | undefined)[];
  readonly error?: unknown;
}

async function read(location: string): Promise<Found> {
  const source = await openSource(location);
  let handedOut = 0;
  const counted = async function* (): AsyncGenerator<Delivery> {
    for await (const delivery of source.images()) {
      handedOut += "count" in delivery ? delivery.count : 1;
      yield delivery;
    }
  };
  const images = await decodedImages({ ...source, images: counted }, format);
  return { records: source.records.length, handedOut, images };
}

/** What must not be. @param original the images that were there before, where no others may be given out. */
function faultsIn(
  { records, handedOut, images, error }: Found,
  original: ReadonlySet<string> | undefined,
): readonly string[] {
  if (error !== undefined)
    return error instanceof AtelierError ? [] : [`${messageOf(error)}, which is no AtelierError`];
  const faults =
    images.length === records && handedOut === records ? [] : [`${handedOut} images handed out for ${records} records`];
  for (let index = 0; index < images.length; index++) {
    const image = images[index];
    if (image === undefined) faults.push(`image ${index} is neither read nor named`);
    else if (typeof image === "string") {
      if (!/^[^\n]{1,120}$/.test(image)) faults.push(`a reason that is not short: ${image}`);
    } else if (image.length !== format.channels * format.height * format.width)
      faults.push(`image ${index} has no shape`);
    else if (original !== undefined && !original.has(textOf(image))) faults.push(`image ${index} has other pixels`);
  }
  return faults;
}

function textOf(image: Uint8Array | string | undefined): string {
  return typeof image === "object" ? Buffer.from(image).toString("base64") : String(image);
}

async function within<Result>(milliseconds: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${milliseconds} ms`)), milliseconds);
  });
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
