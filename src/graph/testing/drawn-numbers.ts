import { randomStream } from "../../foundation/random.ts";
import { elementCount } from "../shape.ts";

/**
 * Which numbers an input is given in tests of operators:
 * - `any` (default): of both signs, at least 0.3 away from 0, where most kinks are;
 * - `positive`: the same without sign, for logarithms, roots and divisors;
 * - `distinct`: well apart from all others drawn so, of all inputs, for maxima and orders; and at least 0.03 away from
 *   every multiple of 0.1, where a case may put a kink;
 * - whole numbers in [0, integersBelow), as int32.
 */
export type Draw = "any" | "positive" | "distinct" | { readonly integersBelow: number };

interface Wanted {
  readonly shape: readonly number[];
  readonly draw?: Draw;
}

const GAP = 0.1;
const JITTER = 0.02;

/** Numbers for each of the inputs, exact in float32. */
export function drawNumbers(inputs: readonly Wanted[], seed: number): readonly Float64Array[] {
  const random = randomStream(seed, "operands");
  const ordered = inputs.filter(({ draw }) => draw === "distinct");
  const count = ordered.reduce((total, { shape }) => total + elementCount(shape), 0);
  const ranks = random.permutation(count).values();
  const drawOne = (draw: Draw): number => {
    if (typeof draw === "object") return random.integer(draw.integersBelow);
    if (draw === "distinct") {
      const rank = ranks.next().value ?? 0;
      return (rank - Math.floor(count / 2) + 0.5) * GAP + JITTER * (2 * random.uniform() - 1);
    }
    const size = 0.3 + random.uniform();
    return draw === "positive" || random.uniform() < 0.5 ? size : -size;
  };
  return inputs.map(({ shape, draw = "any" }) =>
    Float64Array.from({ length: elementCount(shape) }, () => Math.fround(drawOne(draw))),
  );
}
