import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";

/**
 * A stream of random numbers that is fully decided by a seed and a path of names and numbers, such as
 * `randomStream(seed, "latent", step)`. Streams with different paths are independent for all practical purposes, so a
 * run resumes exactly by knowing its seed and step: no generator state is ever saved.
 */
export class Random {
  readonly #generator: RandomGenerator;
  #spareNormal: number | undefined;

  constructor(generator: RandomGenerator) {
    this.#generator = generator;
  }

  /** A number in [0, 1) with 53 random bits. */
  uniform(): number {
    return uniformFloat64(this.#generator);
  }

  /** A whole number in [0, below). */
  integer(below: number): number {
    return uniformInt(this.#generator, 0, below - 1);
  }

  /** A draw from N(0, 1), by the method of Box and Muller (1958), "A Note on the Generation of Random Normal Deviates". */
  normal(): number {
    const spare = this.#spareNormal;
    if (spare !== undefined) {
      this.#spareNormal = undefined;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** `count` draws from N(0, 1). */
  normals(count: number): Float32Array {
    return this.fillNormals(new Float32Array(count));
  }

  /** Replaces every element by a draw from N(0, 1); returns the same array. */
  fillNormals(values: Float32Array): Float32Array {
    for (let index = 0; index < values.length; index++) values[index] = this.normal();
    return values;
  }

  /** Replaces every element by a number in [0, 1): below 1 in float32 too. Returns the same array. */
  fillUniforms(values: Float32Array): Float32Array {
    for (let index = 0; index < values.length; index++) values[index] = this.integer(2 ** 24) / 2 ** 24;
    return values;
  }

  /** The whole numbers [0, count) in random order (Fisher and Yates, as Durstenfeld 1964 gives it). */
  permutation(count: number): Uint32Array {
    const order = Uint32Array.from({ length: count }, (_, index) => index);
    for (let last = count - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      const moved = order[last] ?? 0;
      order[last] = order[other] ?? 0;
      order[other] = moved;
    }
    return order;
  }
}

/** The stream that `seed` and `path` decide; see {@link Random}. */
export function randomStream(seed: number, ...path: readonly (string | number)[]): Random {
  const bytes = new TextEncoder().encode(JSON.stringify([seed, ...path]));
  const words = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35].map((offset) => hash32(bytes, offset));
  return new Random(xoroshiro128plusFromState(words));
}

/** FNV-1a over the bytes from the given offset basis, then the 32-bit finaliser of MurmurHash3 (Appleby). */
function hash32(bytes: Uint8Array, offset: number): number {
  let hash = offset;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}
