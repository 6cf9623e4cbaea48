import type { Architecture, ImageFormat } from "./architecture.ts";

const SMALLEST = 16;
const LARGEST = 128;
const STEP = 8;

/** The refusal of architectures that halve and double pictures: sides of a multiple of 8 from 16 to 128 pixels fit. */
export const refusalOfPyramid: Architecture["refusal"] = ({ height, width }) => {
  const nearest = (side: number) => Math.min(LARGEST, Math.max(SMALLEST, Math.round(side / STEP) * STEP));
  if (nearest(height) === height && nearest(width) === width) return undefined;
  return {
    expected: `a multiple of ${STEP} from ${SMALLEST} to ${LARGEST}`,
    nearest: { height: nearest(height), width: nearest(width) },
  };
};

/** How often the picture is halved, and what is left of it. */
export interface Pyramid {
  /** [height, width], the shorter of which has 4 to 7 pixels where it could be halved so far. */
  readonly base: readonly [number, number];
  readonly halvings: number;
}

/** Halves a picture as long as both its sides are even and at least 4 pixels are left of each. */
export function pyramid({ height, width }: ImageFormat): Pyramid {
  const base: [number, number] = [height, width];
  let halvings = 0;
  while (base.every((side) => side % 2 === 0 && side / 2 >= 4)) {
    base[0] /= 2;
    base[1] /= 2;
    halvings++;
  }
  return { base, halvings };
}
