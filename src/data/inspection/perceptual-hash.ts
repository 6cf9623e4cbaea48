/** Side of the square picture that a hash is taken of, in pixels. */
export const hashedSide = 24;

/** Frequencies 1 to 8 along each axis: 0 is brightness, and those above are detail that does not survive another encoding. */
const frequencies = 8;
const cosines = Float64Array.from({ length: frequencies * hashedSide }, (_, at) => {
  const [frequency, position] = [1 + Math.floor(at / hashedSide), at % hashedSide];
  return Math.cos(((2 * position + 1) * frequency * Math.PI) / (2 * hashedSide));
});

/** 64 bits as two halves; each half is two bands of 16 bits. */
export interface PerceptualHash {
  readonly high: number;
  readonly low: number;
}

/**
 * pHash (Zauner 2010, "Implementation and Benchmarking of Perceptual Image Hash Functions", section 3.2.1): the 8 x 8 lowest
 * frequencies of the discrete cosine transform without the constant ones, each above its median (1) or not (0). It keeps its bits under
 * another encoding, size and brightness; dHash, which compares neighbours, loses them in the flat parts of drawings.
 * @param luma `[24, 24]`
 */
export function perceptualHash(luma: Float32Array): PerceptualHash {
  const rows = new Float64Array(hashedSide * frequencies);
  for (let row = 0; row < hashedSide; row++) {
    for (let frequency = 0; frequency < frequencies; frequency++) {
      let sum = 0;
      for (let at = 0; at < hashedSide; at++)
        sum += (luma[row * hashedSide + at] ?? 0) * (cosines[frequency * hashedSide + at] ?? 0);
      rows[row * frequencies + frequency] = sum;
    }
  }
  const transformed = new Float64Array(frequencies * frequencies);
  for (let vertical = 0; vertical < frequencies; vertical++) {
    for (let horizontal = 0; horizontal < frequencies; horizontal++) {
      let sum = 0;
      for (let row = 0; row < hashedSide; row++)
        sum += (rows[row * frequencies + horizontal] ?? 0) * (cosines[vertical * hashedSide + row] ?? 0);
      transformed[vertical * frequencies + horizontal] = sum;
    }
  }
  const sorted = transformed.slice().sort();
  const median = ((sorted[31] ?? 0) + (sorted[32] ?? 0)) / 2;
  const half = (from: number): number => {
    let bits = 0;
    for (let at = from; at < from + 32; at++) bits = (bits << 1) | ((transformed[at] ?? 0) > median ? 1 : 0);
    return bits >>> 0;
  };
  return { high: half(0), low: half(32) };
}

/** Number of bits that are set in a word of 32. */
export function bitsSet(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
