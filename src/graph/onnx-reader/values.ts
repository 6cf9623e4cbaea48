import { evaluate } from "../reference.ts";
import { type Dimension, elementCount } from "../shape.ts";
import { type Constant, constant, type Tensor } from "../tensor.ts";

/** What the numbers of a {@link Known} are; it decides how they are divided and rounded. */
export type KnownType = "float" | "whole" | "boolean";

/**
 * Numbers that are known when a network is applied: sizes, axes, indices. ONNX files compute with them in the graph;
 * here that arithmetic is done at once and leaves no trace. The open batch size stays the word "batch".
 */
export interface Known {
  readonly kind: "known";
  readonly dtype: KnownType;
  readonly shape: readonly number[];
  /** Row-major; booleans are 0 and 1. */
  readonly values: readonly Dimension[];
}

/** What a name in an ONNX graph stands for: a tensor of our graph, or numbers that are known already. */
export type Value = Tensor | Known;

/** Numbers that a file holds: floating-point ones as a constant, others as known numbers. */
export type Weight = Constant | Known;

/** Floating-point numbers are rounded as the engine rounds them: 10 times the float32 number 0.7 is 7, and so is its floor. */
export function known(dtype: KnownType, shape: readonly number[], values: readonly Dimension[]): Known {
  const rounded = (value: Dimension) => (value === "batch" ? value : Math.fround(value));
  return { kind: "known", dtype, shape, values: dtype === "float" ? values.map(rounded) : values };
}

/** Constants up to this size may take part in arithmetic on known numbers, such as scales of a resize. */
const SMALL = 4096;

/** The value as known numbers, if it is one or a small constant. */
export function asKnown(value: Value): Known | undefined {
  if (value.kind === "known") return value;
  if (value.kind !== "constant" || value.values.length > SMALL) return undefined;
  return known("float", value.shape.map(Number), [...value.values]);
}

/** The numbers, when none of them is the open batch size. */
export function plainNumbers({ values }: Known): readonly number[] | undefined {
  const numbers = values.filter((value) => value !== "batch");
  return numbers.length === values.length ? numbers : undefined;
}

/** Known numbers as a constant of the graph; undefined when the open batch size is among them. */
export function asConstant(value: Known): Constant | undefined {
  const numbers = plainNumbers(value);
  return numbers === undefined ? undefined : constant(Float64Array.from(numbers), value.shape);
}

/**
 * Moves known numbers as `move` moves the elements of tensors. The elements' positions are sent through the graph's own
 * operators, so every operator that only moves, repeats or drops elements has one form for both. Zeros that `move` adds
 * (padding) are zeros.
 */
export function moveKnown(values: readonly Known[], move: (tensors: readonly Tensor[]) => Tensor): Known {
  const all: readonly Dimension[] = values.flatMap((value) => value.values);
  let offset = 1;
  const positions = values.map(({ shape }) => {
    const first = offset;
    offset += elementCount(shape);
    return constant(
      Float64Array.from({ length: elementCount(shape) }, (_, index) => first + index),
      shape,
    );
  });
  const [moved] = evaluate([move(positions)]);
  const kept = Array.from(moved?.data ?? [], (position) => (position === 0 ? 0 : (all[position - 1] ?? 0)));
  return known(values[0]?.dtype ?? "whole", moved?.shape ?? [], kept);
}

/** Computes a tensor of constants now. */
export function computeNow(dtype: KnownType, tensor: Tensor): Known {
  const [result] = evaluate([tensor]);
  return known(dtype, result?.shape ?? [], [...(result?.data ?? [])]);
}
