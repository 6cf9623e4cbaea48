import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HashIndex } from "./hash-index.ts";
import { bitsSet } from "./perceptual-hash.ts";

/** Hashes that are mostly near to one another: one word and a few flipped bits. */
const nearHashes = fc
  .tuple(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.array(fc.array(fc.integer({ min: 0, max: 63 }), { maxLength: 16 }), { minLength: 2, maxLength: 40 }),
  )
  .map(([base, flips]) => flips.map((bits) => bits.reduce((hash, bit) => hash ^ (1n << BigInt(bit)), base)));

const wordsOf = (hashes: readonly bigint[]): Uint32Array =>
  Uint32Array.from(hashes.flatMap((hash) => [Number(hash >> 32n), Number(hash & 0xffffffffn)]));
const distance = (one: bigint, other: bigint): number => (one ^ other).toString(2).replaceAll("0", "").length;

describe("HashIndex", () => {
  test.each([
    [0, 3],
    [1, 7],
    [2, 11],
  ])("with bands that differ in %i bits finds every hash that is %i bits away, once, and no other", (radius, most) => {
    fc.assert(
      fc.property(nearHashes, (hashes) => {
        const index = new HashIndex(wordsOf(hashes), radius);
        for (const image of hashes.keys()) index.add(image);
        for (const [image, hash] of hashes.entries()) {
          const found: number[] = [];
          expect(index.search(image, (other) => found.push(other))).toBe(true);
          const wanted = [...hashes.keys()].filter((other) => distance(hash, hashes[other] ?? 0n) <= most);
          expect(found.sort((a, b) => a - b)).toEqual(wanted);
        }
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  test("says when too many are alike to look at all", () => {
    const index = new HashIndex(new Uint32Array(2 * 5000), 0);
    for (let image = 0; image < 5000; image++) index.add(image);
    let found = 0;
    expect(index.search(0, () => found++)).toBe(false);
    expect(found).toBeGreaterThan(1000);
  });
});

test("bitsSet counts the bits of a word", () => {
  fc.assert(
    fc.property(fc.integer(), (word) => {
      expect(bitsSet(word)).toBe((word >>> 0).toString(2).replaceAll("0", "").length);
    }),
    { numRuns: 200, seed: 1 },
  );
});
