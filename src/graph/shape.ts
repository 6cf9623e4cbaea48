import { AtelierError } from "../foundation/errors.ts";

/** Numbers are computed in float32; int32 (labels, indices) and uint8 (pixels) only come in from outside. */
export type DataType = "float32" | "int32" | "uint8";

/** A size known when the graph is built, or the batch size, which an exported model leaves open. */
export type Dimension = number | "batch";

export type Shape = readonly Dimension[];

export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DataType;
}

/** `[batch, 64, 4, 4]`, as error messages and the printer show it. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

export function equalShapes(left: Shape, right: Shape): boolean {
  return left.length === right.length && left.every((dimension, axis) => dimension === right[axis]);
}

/** Number of elements of a shape without an open batch dimension. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** Elements of the dimensions that are known; the batch dimension counts as 1. */
export function knownElementCount(shape: Shape): number {
  return elementCount(resolveShape(shape, 1));
}

/** The shape with its open batch dimension filled in. */
export function resolveShape(shape: Shape, batch: number): number[] {
  return shape.map((dimension) => (dimension === "batch" ? batch : dimension));
}

/** Distance in elements between neighbours along each axis, row-major. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides: number[] = Array.from({ length: shape.length }, () => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--)
    strides[axis] = (strides[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  return strides;
}

/** The dimension at `axis`, which must be known: every dimension but the batch is. */
export function knownDimension(where: string, shape: Shape, axis: number): number {
  const dimension = shape[axis];
  if (typeof dimension === "number") return dimension;
  throw shapeError(where, `a known size at axis ${axis}`, formatShape(shape));
}

/**
 * The shape that NumPy's broadcasting gives two shapes: aligned at the last axis, equal or 1 in each.
 * @throws AtelierError when a pair of dimensions differs and neither is 1.
 */
export function broadcastShapes(where: string, left: Shape, right: Shape): Shape {
  const rank = Math.max(left.length, right.length);
  return Array.from({ length: rank }, (_, axis) => {
    const ours = left[axis - rank + left.length] ?? 1;
    const theirs = right[axis - rank + right.length] ?? 1;
    if (ours === theirs || theirs === 1) return ours;
    if (ours === 1) return theirs;
    throw shapeError(where, `shapes that broadcast together`, `${formatShape(left)} and ${formatShape(right)}`);
  });
}

export function shapeError(where: string, expected: string, received: string): AtelierError {
  return new AtelierError({
    kind: "internal",
    where,
    expected,
    received,
    help: "the layer named here and the one before it disagree; compare their numbers of channels and sizes",
  });
}
