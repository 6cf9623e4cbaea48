import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType,
  type AttributeProtoSchema,
  ModelProtoSchema,
  type NodeProtoSchema,
  TensorProto_DataType,
  type TensorProtoSchema,
  type ValueInfoProtoSchema,
} from "onnx-buf";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { randomStream } from "../../../foundation/random.ts";
import { Session } from "../../../runtime/index.ts";
import { elementCount, type Shape } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import { OnnxNetwork } from "../network.ts";
import type { OnnxReadOptions } from "../options.ts";

// Test support: small ONNX models made by hand, and what onnxruntime itself makes of them.

export type TensorInit = MessageInitShape<typeof TensorProtoSchema>;
type NodeInit = MessageInitShape<typeof NodeProtoSchema>;
type AttributeInit = MessageInitShape<typeof AttributeProtoSchema>;
type ValueInit = MessageInitShape<typeof ValueInfoProtoSchema>;

/** A whole number is an int and another a float; `{ float }` is a float whatever its value. */
export type TestAttribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly tensor: TensorInit };
export type TestAttributes = Readonly<Record<string, TestAttribute>>;

export interface TestModel {
  /** Default: 17. */
  readonly opset?: number;
  /** Shapes of float32 inputs; words are open sizes. */
  readonly inputs: Readonly<Record<string, readonly (number | string)[]>>;
  /** Element types of inputs that are not float32. */
  readonly inputTypes?: Readonly<Record<string, TensorProto_DataType>>;
  readonly outputs: readonly string[];
  readonly nodes: readonly NodeInit[];
  readonly weights?: readonly TensorInit[];
}

export function buildModel({
  opset = 17,
  inputs,
  inputTypes = {},
  outputs,
  nodes,
  weights = [],
}: TestModel): Uint8Array {
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: "test",
    opsetImport: [{ domain: "", version: BigInt(opset) }],
    graph: {
      name: "test",
      node: [...nodes],
      initializer: [...weights],
      input: Object.entries(inputs).map(([name, shape]) => valueInfo(name, shape, inputTypes[name])),
      output: outputs.map((name) => ({ name })),
    },
  });
  return toBinary(ModelProtoSchema, model);
}

/** A node; its name is that of its first output. */
export function node(
  opType: string,
  input: readonly string[],
  output: string | readonly string[],
  attributes: TestAttributes = {},
): NodeInit {
  const outputs = typeof output === "string" ? [output] : [...output];
  return {
    opType,
    name: outputs[0] ?? opType,
    input: [...input],
    output: outputs,
    attribute: Object.entries(attributes).map(([name, value]) => attributeInit(name, value)),
  };
}

function attributeInit(name: string, value: TestAttribute): AttributeInit {
  if (typeof value === "string") {
    return { name, type: AttributeProto_AttributeType.STRING, s: new TextEncoder().encode(value) };
  }
  if (typeof value === "number") {
    return Number.isInteger(value)
      ? { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) }
      : { name, type: AttributeProto_AttributeType.FLOAT, f: value };
  }
  if ("float" in value) return { name, type: AttributeProto_AttributeType.FLOAT, f: value.float };
  if ("tensor" in value) return { name, type: AttributeProto_AttributeType.TENSOR, t: value.tensor };
  return value.every(Number.isInteger)
    ? { name, type: AttributeProto_AttributeType.INTS, ints: value.map(BigInt) }
    : { name, type: AttributeProto_AttributeType.FLOATS, floats: [...value] };
}

function valueInfo(
  name: string,
  shape: readonly (number | string)[],
  elemType: TensorProto_DataType = TensorProto_DataType.FLOAT,
): ValueInit {
  const dim = shape.map((size) =>
    typeof size === "string"
      ? { value: { case: "dimParam" as const, value: size } }
      : { value: { case: "dimValue" as const, value: BigInt(size) } },
  );
  return { name, type: { value: { case: "tensorType", value: { elemType, shape: { dim } } } } };
}

/** A float32 weight; random numbers of the given deviation unless `values` says otherwise. */
export function floats(name: string, shape: readonly number[], values: readonly number[] | number = 1): TensorInit {
  const numbers =
    typeof values === "number"
      ? randomStream(1, name)
          .normals(elementCount(shape))
          .map((value) => value * values)
      : Float32Array.from(values);
  const rawData = new Uint8Array(new Float32Array(numbers).buffer);
  return { name, dims: shape.map(BigInt), dataType: TensorProto_DataType.FLOAT, rawData };
}

/** Positive numbers, as variances are. */
export function positives(name: string, count: number): TensorInit {
  const values = Array.from(randomStream(2, name).normals(count), (value) => 0.5 + Math.abs(value));
  return floats(name, [count], values);
}

/** An int64 vector, or a scalar when a number is given. */
export function wholes(name: string, values: readonly number[] | number): TensorInit {
  const list = typeof values === "number" ? [values] : values;
  const dims = typeof values === "number" ? [] : [BigInt(values.length)];
  return { name, dims, dataType: TensorProto_DataType.INT64, int64Data: list.map(BigInt) };
}

export type TestFeeds = Readonly<Record<string, Float32Array>>;

/** Numbers from N(0, 1) for inputs of the given shapes. */
export function drawFeeds(shapes: Readonly<Record<string, readonly number[]>>, seed = 3): TestFeeds {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, randomStream(seed, name).normals(elementCount(shape))]),
  );
}

/** The outputs that onnxruntime computes from the file's own bytes. */
export async function runOriginal(
  bytes: Uint8Array,
  feeds: TestFeeds,
  shapes: Readonly<Record<string, readonly number[]>>,
  externalFile?: { readonly path: string; readonly data: Uint8Array },
): Promise<ReadonlyMap<string, Float32Array>> {
  const externalData = externalFile === undefined ? [] : [externalFile];
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 4, intraOpNumThreads: 1, externalData });
  const tensors = Object.entries(feeds).map(([name, values]) => [
    name,
    new OrtTensor("float32", values, shapes[name] ?? []),
  ]);
  const results = await session.run(Object.fromEntries(tensors));
  await session.release();
  return new Map(
    Object.entries(results).map(([name, { data }]) => [name, data instanceof Float32Array ? data : new Float32Array()]),
  );
}

/** The numbers of our own graph, compiled for the CPU. */
export async function runTensors(
  outputs: Readonly<Record<string, Tensor>>,
  feeds: TestFeeds,
  batch = 1,
): Promise<ReadonlyMap<string, Float32Array>> {
  const session = await Session.compile(outputs, { device: "cpu", threads: 1 });
  const results = await session.run(feeds, new Map(), batch);
  const numbers = new Map([...results].map(([name, held]) => [name, held.floats().slice()]));
  await session.release();
  return numbers;
}

/** Reads a model and runs it as it was imported. */
export async function runImported(
  bytes: Uint8Array,
  feeds: TestFeeds,
  shapes: Readonly<Record<string, Shape>>,
  { batch, ...options }: Partial<OnnxReadOptions> & { readonly batch?: number } = {},
): Promise<ReadonlyMap<string, Float32Array>> {
  const network = OnnxNetwork.read(bytes, { name: "test", ...options });
  return runTensors(network.apply(network.declareInputs(shapes)), feeds, batch);
}

/** The largest difference in units of the largest expected number; infinite where the results have not the same size. */
export function difference(expected: Float32Array | undefined, actual: Float32Array | undefined): number {
  if (expected === undefined || actual === undefined || expected.length !== actual.length || expected.length === 0) {
    return Number.POSITIVE_INFINITY;
  }
  let [worst, scale] = [0, 1e-30];
  for (const [index, value] of expected.entries()) {
    const distance = Math.abs(value - (actual[index] ?? Number.NaN));
    worst = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : Math.max(worst, distance);
    scale = Math.max(scale, Math.abs(value));
  }
  return worst / scale;
}

/** The largest difference over all outputs. */
export function worstDifference(
  expected: ReadonlyMap<string, Float32Array>,
  actual: ReadonlyMap<string, Float32Array>,
): number {
  return Math.max(...[...expected].map(([name, values]) => difference(values, actual.get(name))));
}
