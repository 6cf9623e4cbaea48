import { fromBinary } from "@bufbuild/protobuf";
import { type ModelProto, ModelProtoSchema, TensorProto_DataType, type ValueInfoProto } from "onnx-buf";

/** What an ONNX file says of itself, whether its operators are known here or not. */
export interface OnnxListing {
  /** The program that wrote it; empty where it does not say. */
  readonly producer: string;
  /** Version of the standard operators. */
  readonly operatorSet: number;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** How often each operator occurs, the most frequent first; those beyond the standard with their domain. */
  readonly operators: readonly (readonly [name: string, count: number])[];
  /** Floating-point numbers stored in the graph, or in files beside it. */
  readonly storedNumbers: number;
}

export interface OnnxValue {
  readonly name: string;
  /** Sizes, with names for those that are open and `?` for those it does not give. */
  readonly shape: readonly (number | string)[];
}

/** Lists an ONNX file; undefined when the bytes are not one. */
export function listOnnx(bytes: Uint8Array): OnnxListing | undefined {
  const model = decoded(bytes);
  const graph = model?.graph;
  if (model === undefined || graph === undefined || graph.node.length === 0 || model.irVersion === 0n) return undefined;
  const stored = new Set(graph.initializer.map(({ name }) => name));
  const counts = new Map<string, number>();
  for (const { domain, opType } of graph.node) {
    const name = domain === "" || domain === "ai.onnx" ? opType : `${domain}:${opType}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const standard = model.opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx");
  return {
    producer: [model.producerName, model.producerVersion].filter((text) => text !== "").join(" "),
    operatorSet: Number(standard?.version ?? 0),
    // Files of before 2019 list their weights among the inputs.
    inputs: graph.input.filter(({ name }) => !stored.has(name)).map(valueOf),
    outputs: graph.output.map(valueOf),
    operators: [...counts].toSorted(([one, few], [other, many]) => many - few || one.localeCompare(other)),
    storedNumbers: graph.initializer
      .filter(({ dataType }) => floats.has(dataType))
      .reduce((total, { dims }) => total + dims.reduce((product, size) => product * Number(size), 1), 0),
  };
}

const floats: ReadonlySet<number> = new Set([
  TensorProto_DataType.FLOAT,
  TensorProto_DataType.FLOAT16,
  TensorProto_DataType.BFLOAT16,
  TensorProto_DataType.DOUBLE,
]);

function decoded(bytes: Uint8Array): ModelProto | undefined {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch {
    // Bytes that are not protobuf at all.
    return undefined;
  }
}

function valueOf({ name, type }: ValueInfoProto): OnnxValue {
  if (type?.value.case !== "tensorType") return { name, shape: ["?"] };
  const sizes = type.value.value.shape?.dim ?? [];
  return {
    name,
    shape: sizes.map(({ value }) => {
      if (value.case === "dimValue") return Number(value.value);
      return value.case === "dimParam" && value.value !== "" ? value.value : "?";
    }),
  };
}
