import { normalQuantile } from "../../foundation/normal.ts";
import { add, concat, isGreater, multiply, slice, type Tensor } from "../../graph/index.ts";
import type { Scope } from "../../nn/index.ts";

// Noise of a network through which several groups of images pass as one batch: sample i and sample i + rows get the same.
// So one draw serves all groups, and what differs between two of them does not come from the noise. In inference there is none.

/** Adds draws from N(0, deviation^2) to x [batch, …]. */
export function repeatedNoise(
  scope: Scope,
  x: Tensor,
  { deviation, rows }: { readonly deviation: number; readonly rows: number },
): Tensor {
  if (scope.mode === "inference") return x;
  return add(x, multiply(repeatedDraws(scope, x.shape.map(Number), rows), deviation));
}

/** Dropout of whole maps of x [batch, channels, height, width]: each is 0 with probability `rate`, else divided by 1 - rate. */
export function repeatedDropout(
  scope: Scope,
  x: Tensor,
  { rate, rows }: { readonly rate: number; readonly rows: number },
): Tensor {
  if (scope.mode === "inference") return x;
  const [batch = 0, channels = 0] = x.shape.map(Number);
  // A normal draw is above the normal distribution's rate-quantile with probability 1 - rate.
  const kept = isGreater(repeatedDraws(scope, [batch, channels, 1, 1], rows), normalQuantile(rate));
  return multiply(x, multiply(kept, 1 / (1 - rate)));
}

function repeatedDraws(scope: Scope, shape: readonly number[], rows: number): Tensor {
  const [batch = 0, ...sample] = shape;
  const drawn = scope.noise("noise", [rows, ...sample]);
  const groups = Math.ceil(batch / rows);
  const repeated =
    groups === 1
      ? drawn
      : concat(
          Array.from({ length: groups }, () => drawn),
          0,
        );
  if (groups * rows === batch) return repeated;
  return slice(
    repeated,
    shape.map(() => 0),
    shape,
  );
}
