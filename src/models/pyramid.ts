import type { Architecture, ImageFormat } from "./architecture.ts";

const SMALLEST = 16;
const LARGEST = 128;
const STEP = 8;

/** The refusal of architectures that halve and double pictures: squares of a multiple of 8 from 16 to 128 pixels fit. */
export const refusalOfPyramid: Architecture["refusal"] = ({ height, width }) => {
  const fits = [height, width].every((size) => size % STEP === 0 && size >= SMALLEST && size <= LARGEST);
  if (fits && height === width) return undefined;
  const nearest = Math.min(LARGEST, Math.max(SMALLEST, Math.round(height / STEP) * STEP));
  return { expected: `a multiple of ${STEP} from ${SMALLEST} to ${LARGEST}`, nearest };
};

/** How often the picture is halved, and the side that is left: at least 4 pixels, so that a 4x4 kernel sees all of it. */
export function pyramid({ height }: ImageFormat): { readonly base: number; readonly halvings: number } {
  let base = height;
  let halvings = 0;
  while (base % 2 === 0 && base / 2 >= 4) {
    base /= 2;
    halvings++;
  }
  return { base, halvings };
}
