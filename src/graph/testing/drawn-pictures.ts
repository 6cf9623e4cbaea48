import fc from "fast-check";

// Test support: small pictures for cases of spatial operators.

export type Pair = readonly [number, number];
export type Quad = readonly [number, number, number, number];

/** Two whole numbers from `min` to `max`, for the vertical and the horizontal axis. */
export function pair(min: number, max: number): fc.Arbitrary<Pair> {
  const one = fc.integer({ min, max });
  return fc.tuple(one, one);
}

/** The shape of pictures of 1 or 2 images, 1 to 3 channels and sizes that may be as small as one pixel. */
export const pictures: fc.Arbitrary<Quad> = fc.tuple(
  fc.integer({ min: 1, max: 2 }),
  fc.integer({ min: 1, max: 3 }),
  fc.integer({ min: 1, max: 6 }),
  fc.integer({ min: 1, max: 6 }),
);
