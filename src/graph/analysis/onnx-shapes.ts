import { type GraphProto, type NodeProto, TensorProto_DataType } from "onnx-buf";
import { elementCount, resolveShape, type TensorType } from "../shape.ts";
import { integer, type NodeContext, shapeRules } from "./onnx-shape-rules.ts";

/** Size of a value that the engine holds in memory. */
export interface ValueSize {
  readonly shape: readonly number[];
  readonly bytes: number;
}

export interface Sizes {
  /** By name: inputs, constants and results of nodes. */
  readonly values: ReadonlyMap<string, ValueSize>;
  /** Types of operators whose results' shapes are not known here; each was taken to be as large as its largest input. */
  readonly guessed: readonly string[];
}

/**
 * Shapes of every value in an ONNX graph.
 * @param known types that need no rule, by name: the results of our own operators. The table of rules serves what their
 * ONNX forms put between.
 * @param batch size of the open batch dimension, where there is one.
 */
export function inferSizes(graph: GraphProto, known: ReadonlyMap<string, TensorType>, batch = 1): Sizes {
  const values = new Map<string, ValueSize>();
  const element = new Map<string, number>();
  const integers = new Map<string, readonly number[]>();
  const guessed = new Set<string>();
  const record = (name: string, shape: readonly number[], width: number) => {
    values.set(name, { shape, bytes: elementCount(shape) * width });
    element.set(name, width);
  };
  for (const { name, type } of graph.input) {
    if (type?.value.case !== "tensorType") continue;
    const { elemType, shape } = type.value.value;
    const sizes = (shape?.dim ?? []).map(({ value }) => (value.case === "dimValue" ? Number(value.value) : batch));
    record(name, sizes, widthOf(elemType));
  }
  for (const { name, dims, dataType, rawData } of graph.initializer) {
    record(name, dims.map(Number), widthOf(dataType));
    if (dataType === WHOLE) integers.set(name, integersOf(rawData));
  }
  for (const node of graph.node) {
    const inputs = node.input.map((name) => values.get(name)?.shape ?? []);
    const context: NodeContext = { node, inputs, integers: (index) => integers.get(node.input[index] ?? "") ?? [] };
    node.output.forEach((name, index) => {
      const own = known.get(name);
      const shape = own === undefined ? shapeRules[node.opType]?.(context, index) : resolveShape(own.shape, batch);
      if (shape === undefined) guessed.add(node.opType);
      record(name, shape ?? largest(inputs), resultWidth(node, index, element));
    });
  }
  return { values, guessed: [...guessed] };
}

function largest(shapes: readonly (readonly number[])[]): readonly number[] {
  return shapes.reduce<readonly number[]>(
    (most, shape) => (elementCount(shape) > elementCount(most) ? shape : most),
    shapes[0] ?? [],
  );
}

function integersOf(raw: Uint8Array): readonly number[] {
  return Array.from(new BigInt64Array(raw.slice().buffer), Number);
}

const { DOUBLE, INT64, UINT64, FLOAT, FLOAT16, BFLOAT16, INT16, UINT16, UINT8, INT8, BOOL } = TensorProto_DataType;

/** The type of shapes, axes and indices. */
const WHOLE: number = INT64;

/** Bytes of an element, where they are not 4. */
const widths: ReadonlyMap<number, number> = new Map([
  ...[DOUBLE, INT64, UINT64].map((type) => [type, 8] as const),
  ...[FLOAT16, BFLOAT16, INT16, UINT16].map((type) => [type, 2] as const),
  ...[UINT8, INT8, BOOL].map((type) => [type, 1] as const),
]);

function widthOf(type: number): number {
  return widths.get(type) ?? 4;
}

const truths: ReadonlySet<string> = new Set([
  "Equal",
  "Greater",
  "GreaterOrEqual",
  "Less",
  "LessOrEqual",
  "And",
  "Or",
  "Not",
]);

function resultWidth(node: NodeProto, index: number, element: ReadonlyMap<string, number>): number {
  if (node.opType === "Cast") return widthOf(integer(node, "to", FLOAT));
  if (truths.has(node.opType)) return 1;
  if (node.opType === "Shape" || node.opType === "ArgMax" || (node.opType === "MaxPool" && index === 1)) return 8;
  return element.get(node.input[node.opType === "Where" ? 1 : 0] ?? "") ?? 4;
}
