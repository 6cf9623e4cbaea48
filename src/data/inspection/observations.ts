import type { PixelFormat } from "../images/preparation.ts";
import { digestBytes } from "../read-images.ts";
import { perceptualHash } from "./perceptual-hash.ts";
import {
  emptyPlanes,
  figuresOf,
  fillPlanes,
  type PixelFigures,
  type Planes,
  thumbnailBytes,
  writeThumbnail,
} from "./thumbnail.ts";

const figureNames = ["brightness", "contrast", "colourfulness", "detail", "range"] as const;

/** What is remembered of each image while a source is read: 290 bytes an image, whatever its size. */
export class Observations {
  readonly #seen: Uint8Array;
  readonly #channels: Uint8Array;
  readonly #transparent: Uint8Array;
  readonly #sizes: Uint32Array;
  readonly #digests: Buffer;
  readonly #thumbnails: Uint8Array;
  readonly #figures: Float32Array;
  readonly #planes: Planes = emptyPlanes();
  /** Two words an image: the high and the low half of its perceptual hash. */
  readonly hashes: Uint32Array;

  constructor(count: number) {
    this.#seen = new Uint8Array(count);
    this.#channels = new Uint8Array(count);
    this.#transparent = new Uint8Array(count);
    this.#sizes = new Uint32Array(2 * count);
    this.#digests = Buffer.alloc(count * digestBytes);
    this.#thumbnails = new Uint8Array(count * thumbnailBytes);
    this.#figures = new Float32Array(count * figureNames.length);
    this.hashes = new Uint32Array(2 * count);
  }

  /** Indices of the images that were remembered, ascending. */
  get readable(): readonly number[] {
    return Array.from(this.#seen.keys()).filter((index) => this.has(index));
  }

  has(index: number): boolean {
    return this.#seen[index] === 1;
  }

  /** @param pixels `[3, side, side]`, 0..255; side is a multiple of 24. */
  remember(
    index: number,
    pixels: Uint8Array,
    side: number,
    image: { readonly size: PixelFormat; readonly digest: Uint8Array; readonly transparent: boolean },
  ): void {
    fillPlanes(this.#planes, pixels, side);
    const { high, low } = perceptualHash(this.#planes.luma);
    this.hashes[2 * index] = high;
    this.hashes[2 * index + 1] = low;
    writeThumbnail(this.#planes, this.thumbnail(index));
    const figures = figuresOf(this.#planes);
    for (const [at, name] of figureNames.entries()) this.#figures[index * figureNames.length + at] = figures[name];
    this.#sizes[2 * index] = image.size.height;
    this.#sizes[2 * index + 1] = image.size.width;
    this.#channels[index] = image.size.channels;
    this.#transparent[index] = image.transparent ? 1 : 0;
    this.#digests.set(image.digest, index * digestBytes);
    this.#seen[index] = 1;
  }

  sizeOf(index: number): PixelFormat {
    const channels = this.#channels[index] === 1 ? 1 : 3;
    return { height: this.#sizes[2 * index] ?? 0, width: this.#sizes[2 * index + 1] ?? 0, channels };
  }

  isTransparent(index: number): boolean {
    return this.#transparent[index] === 1;
  }

  /** Equal for images whose stored bytes are equal. */
  digestOf(index: number): string {
    return this.#digests.toString("latin1", index * digestBytes, (index + 1) * digestBytes);
  }

  /** See {@link writeThumbnail}. */
  thumbnail(index: number): Uint8Array {
    return this.#thumbnails.subarray(index * thumbnailBytes, (index + 1) * thumbnailBytes);
  }

  figure(index: number, name: keyof PixelFigures): number {
    return this.#figures[index * figureNames.length + figureNames.indexOf(name)] ?? 0;
  }
}
