import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, expect } from "vitest";
import type { Dataset, Split } from "../../dataset.ts";
import { usualFitting } from "../../images/preparation.ts";
import { openSource } from "../../open-source.ts";
import { type PackOptions, packDataset } from "../pack.ts";

/** A size that is quick to decode to. */
export const format = { height: 16, width: 16, channels: 3 } as const;

/** A folder for pictures and another for what is made of them, new for each test. */
export class Place {
  #folder = "";
  readonly #open: Dataset[] = [];

  constructor() {
    beforeEach(async () => {
      this.#folder = await mkdtemp(join(tmpdir(), "atelier-store-"));
    });
    afterEach(async () => {
      this.closeAll();
      await rm(this.#folder, { recursive: true });
    });
  }

  /** A path beside the two folders. */
  path(...parts: readonly string[]): string {
    return join(this.#folder, ...parts);
  }

  /** A path in the folder of pictures. */
  data(...parts: readonly string[]): string {
    return this.path("data", ...parts);
  }

  get cacheFolder(): string {
    return this.path("cache");
  }

  /** Puts a grey picture of one brightness into the folder of pictures. */
  async put(path: string, grey: number): Promise<void> {
    await mkdir(dirname(this.data(path)), { recursive: true });
    await sharp({ create: { width: 20, height: 20, channels: 3, background: { r: grey, g: grey, b: grey } } })
      .png()
      .toFile(this.data(path));
  }

  async pack(
    options: Partial<PackOptions> & {
      readonly from?: string;
      readonly onProgress?: (done: number, total: number) => void;
    } = {},
  ): Promise<Dataset> {
    const { onProgress, from = this.data(), ...rest } = options;
    const dataset = await packDataset(
      await openSource(from),
      { format, fitting: usualFitting, seed: 1, cacheFolder: this.cacheFolder, ...rest },
      onProgress,
    );
    this.#open.push(dataset);
    return dataset;
  }

  closeAll(): void {
    for (const dataset of this.#open.splice(0)) dataset.close();
  }

  /** Names in the folder of stores. */
  async stores(): Promise<readonly string[]> {
    return await readdir(join(this.cacheFolder, "datasets"));
  }
}

/** The one brightness of an image of a data set, which is copied to where it belongs and not beside it. */
export function brightness(split: Split, index: number): number {
  const target = new Uint8Array(split.imageBytes + 2);
  split.copyImage(index, target, 1);
  expect([target[0], target.at(-1), new Set(target.subarray(1, -1)).size]).toEqual([0, 0, 1]);
  return target[1] ?? -1;
}

/** Name, label and brightness of all images. */
export function contentOf(split: Split): unknown[] {
  return split.names.map((name, index) => [name, split.labels[index], brightness(split, index)]);
}
