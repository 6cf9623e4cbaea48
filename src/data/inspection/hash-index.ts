import { bitsSet } from "./perceptual-hash.ts";

/** A search looks at no more than so many hashes in each of the four bands. */
const mostLookedAt = 4000;

const bands = 4;
const bandValues = 2 ** 16;
const none = -1;

/** All changes of a band, as masks, with the fewest bits first. */
const changes: Uint32Array = Uint32Array.from({ length: bandValues }, (_, mask) => mask).sort(
  (a, b) => bitsSet(a) - bitsSet(b),
);

/**
 * Images by their perceptual hash, for finding those that are alike without comparing all with all. Multi-index hashing (Norouzi, Punjani
 * and Fleet 2012, "Fast Search in Hamming Space with Multi-Index Hashing"): of hashes that are at most 4 r + 3 bits apart, one of the four
 * bands of 16 bits is at most r bits apart. A search looks only at images that agree so far: with r = 2, at 1 in 120 of those with random
 * hashes. It is bounded where very many agree.
 */
export class HashIndex {
  readonly #hashes: Uint32Array;
  /** For each band and value the image that was added last, and for each band and image the one added before it. */
  readonly #last: Int32Array = new Int32Array(bands * bandValues).fill(none);
  readonly #before: Int32Array;

  readonly #bandRadius: number;
  readonly #flips: Uint32Array;

  /**
   * @param hashes two words an image, high and low: see `Observations.hashes`
   * @param bandRadius r above: bits in which a band may differ, 0 to 2
   */
  constructor(hashes: Uint32Array, bandRadius: number) {
    this.#hashes = hashes;
    this.#bandRadius = bandRadius;
    this.#flips = changes.filter((mask) => bitsSet(mask) <= bandRadius);
    this.#before = new Int32Array((bands * hashes.length) / 2).fill(none);
  }

  add(image: number): void {
    for (let band = 0; band < bands; band++) {
      const bucket = band * bandValues + this.#band(image, band);
      this.#before[image * bands + band] = this.#last[bucket] ?? none;
      this.#last[bucket] = image;
    }
  }

  /**
   * Calls `found` once for each added image whose hash is at most 4 r + 3 bits from that of `image`, itself among them.
   * @returns whether all were looked at.
   */
  search(image: number, found: (other: number) => void): boolean {
    let whole = true;
    const most = bands * this.#bandRadius + bands - 1;
    const [hashes, last, before] = [this.#hashes, this.#last, this.#before];
    const [high, low] = [hashes[2 * image] ?? 0, hashes[2 * image + 1] ?? 0];
    for (let band = 0; band < bands; band++) {
      const value = this.#band(image, band);
      let room = mostLookedAt;
      for (const flip of this.#flips) {
        let other = last[band * bandValues + (value ^ flip)] ?? none;
        for (; other !== none && room > 0; room--) {
          const apart = bitsSet(high ^ (hashes[2 * other] ?? 0)) + bitsSet(low ^ (hashes[2 * other + 1] ?? 0));
          if (apart <= most && this.#firstShared(image, other) === band) found(other);
          other = before[other * bands + band] ?? none;
        }
        if (other !== none) whole = false;
      }
    }
    return whole;
  }

  #band(image: number, band: number): number {
    const word = this.#hashes[2 * image + (band >> 1)] ?? 0;
    return (band & 1) === 0 ? word >>> 16 : word & 0xffff;
  }

  /** The first band in which a pair agrees: where it is told. */
  #firstShared(one: number, other: number): number {
    for (let band = 0; band < bands; band++)
      if (bitsSet(this.#band(one, band) ^ this.#band(other, band)) <= this.#bandRadius) return band;
    return none;
  }
}
