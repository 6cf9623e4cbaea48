import { toFloat } from "../../operators/index.ts";
import { elementCount, knownElementCount } from "../../shape.ts";
import { constant, scalar } from "../../tensor.ts";
import type { NodeContext } from "../node-context.ts";
import type { Rules } from "../rule.ts";
import { asKnown, type Known, type KnownType, known, type Value } from "../values.ts";
import { elementTypeName, kindOf } from "../weights.ts";
import { broadcastTo } from "./broadcasting.ts";
import { shapeOf } from "./reshaping.ts";

/** Operators on shapes and element types, and those that make numbers of nothing. */
export const shapes: Rules = {
  // Constants that are tensors are weights of the file: see `decode.ts`.
  Constant: {
    apply: (node) => {
      const whole = node.list("value_ints") ?? node.node.attributes.get("value_int");
      const floats = node.list("value_floats") ?? node.node.attributes.get("value_float");
      if (typeof whole === "number") return known("whole", [], [whole]);
      if (Array.isArray(whole)) return known("whole", [whole.length], whole);
      if (typeof floats === "number") return constant(Float64Array.of(floats), []);
      if (Array.isArray(floats)) return constant(Float64Array.from(floats), [floats.length]);
      return node.refuse("a constant of text or of sparse numbers");
    },
  },
  ConstantOfShape: {
    apply: (node) => {
      const shape = node.known(0).values;
      const value = node.attributeValue("value");
      if (value?.kind !== "known") return broadcastTo(node, scalar(value?.values[0] ?? 0), shape);
      const count = elementCount(node.numbers(0));
      return known(
        value.dtype,
        node.numbers(0),
        Array.from({ length: count }, () => value.values[0] ?? 0),
      );
    },
  },
  Shape: {
    apply: (node) => {
      const shape = shapeOf(node.value(0)).slice(
        node.int("start", 0),
        node.node.attributes.has("end") ? node.int("end", 0) : undefined,
      );
      return known("whole", [shape.length], shape);
    },
  },
  Size: {
    apply: (node) => {
      const shape = shapeOf(node.value(0));
      if (!shape.includes("batch")) return known("whole", [], [knownElementCount(shape)]);
      return node.failOpenBatch("a known size");
    },
  },
  Range: {
    apply: (node) => {
      const [start = 0, limit = 0, step = 1] = [0, 1, 2].map((index) => node.number(index, 0));
      const count = Math.max(0, Math.ceil((limit - start) / step));
      return known(
        node.known(0).dtype,
        [count],
        Array.from({ length: count }, (_, index) => start + index * step),
      );
    },
  },
  Cast: { moves: true, apply: (node) => cast(node, kindOf(node.int("to", 1))) },
  CastLike: {
    moves: true,
    apply: (node) => {
      const like = node.value(1);
      return cast(node, like.kind === "known" ? like.dtype : like.dtype === "float32" ? "float" : "whole");
    },
  },
};

function cast(node: NodeContext, to: KnownType | undefined): Value {
  if (to === undefined) return node.refuse(`a cast to ${elementTypeName(node.int("to", 1))}`);
  const value = node.value(0);
  if (value.kind === "known") return castKnown(value, to);
  if (to === "float") return toFloat(value);
  if (value.dtype !== "float32") return value;
  const numbers = value.kind === "constant" ? asKnown(value) : undefined;
  return numbers === undefined ? node.refuse(`a cast of computed numbers to ${to} ones`) : castKnown(numbers, to);
}

function castKnown({ shape, values }: Known, to: KnownType): Known {
  const converted = values.map((value) => {
    if (value === "batch" || to === "float") return value;
    return to === "boolean" ? Number(value !== 0) : Math.trunc(value);
  });
  return known(to, shape, converted);
}
