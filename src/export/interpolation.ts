import { internalError } from "../foundation/errors.ts";

export const interpolationKinds = ["spherical", "linear"] as const;

export type InterpolationKind = (typeof interpolationKinds)[number];

/** Below this sine of the angle between two vectors there is no arc between them that could be told from a line. */
const LEAST_SINE = 1e-6;

/**
 * The vector at a share t of the way from one to another; t = 0 and 1 give the vectors themselves.
 *
 * Linear: (1 - t) a + t b. Between two draws from N(0, I) in many dimensions this leads through vectors that are much
 * shorter than any draw, such as the generator has never seen.
 *
 * Spherical (White 2016, "Sampling Generative Networks", section 2.1, after Shoemake 1985): with w the angle between a and b,
 *
 *   direction:  sin((1 - t) w) / sin w  a/|a|  +  sin(t w) / sin w  b/|b|           length:  (1 - t) |a| + t |b|
 *
 * The paper puts a and b themselves into the sum, which bends the path where their lengths differ; so, direction and length
 * go evenly, each for itself. Where the vectors are parallel or opposite up to {@link LEAST_SINE}, or one is zero, the arc is
 * the line or is not defined: the path is then linear.
 */
export function interpolated(
  kind: InterpolationKind,
  from: Float32Array,
  to: Float32Array,
  share: number,
): Float32Array {
  if (from.length !== to.length) throw internalError("interpolated", `${from.length} numbers and ${to.length}`);
  const [ofFrom, ofTo] = kind === "linear" ? [1 - share, share] : sphericalWeights(from, to, share);
  return from.map((value, index) => ofFrom * value + ofTo * (to[index] ?? 0));
}

function sphericalWeights(from: Float32Array, to: Float32Array, share: number): readonly [number, number] {
  const [lengthFrom, lengthTo] = [normOf(from), normOf(to)];
  const cosine = dot(from, to) / (lengthFrom * lengthTo);
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  const sine = Math.sin(angle);
  // Not a number where a vector is zero.
  if (!(sine > LEAST_SINE)) return [1 - share, share];
  const length = (1 - share) * lengthFrom + share * lengthTo;
  return [
    (Math.sin((1 - share) * angle) / sine) * (length / lengthFrom),
    (Math.sin(share * angle) / sine) * (length / lengthTo),
  ];
}

export interface PathOptions {
  /** Default: spherical. */
  readonly kind?: InterpolationKind | undefined;
  /** Vectors between two keyframes. Default: 8. */
  readonly between?: number | undefined;
  /** Whether the path goes on from the last keyframe to just before the first. Default: false. */
  readonly closed?: boolean | undefined;
}

/**
 * A path through keyframes, in equal steps from each to the next.
 * @param keyframes [count, size]; of size 0 the path has no numbers either.
 * @returns [steps, size], where steps is (count - 1)(between + 1) + 1, or count (between + 1) for a closed path.
 */
export function interpolationPath(
  keyframes: Float32Array,
  size: number,
  { kind = "spherical", between = 8, closed = false }: PathOptions = {},
): Float32Array {
  if (size === 0) return new Float32Array();
  const count = keyframes.length / size;
  const keyframe = (index: number) => keyframes.subarray((index % count) * size, ((index % count) + 1) * size);
  const parts = closed ? count : count - 1;
  const steps = parts * (between + 1) + (closed ? 0 : 1);
  const path = new Float32Array(steps * size);
  for (let step = 0; step < steps; step++) {
    const part = Math.floor(step / (between + 1));
    const share = (step % (between + 1)) / (between + 1);
    const vector = share === 0 ? keyframe(part) : interpolated(kind, keyframe(part), keyframe(part + 1), share);
    path.set(vector, step * size);
  }
  return path;
}

/** Length of a vector. */
export function normOf(vector: Float32Array): number {
  return Math.sqrt(dot(vector, vector));
}

function dot(one: Float32Array, other: Float32Array): number {
  return one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);
}
