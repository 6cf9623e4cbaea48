import { createHash } from "node:crypto";
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
import { internalError } from "../foundation/errors.ts";
import { type Emitter, type NodeOptions, type OnnxAttribute, onnxTypes, type Target } from "./emitter.ts";
import { type GraphParts, withHiddenSizes } from "./hidden-sizes.ts";
import { elementCount, type TensorType } from "./shape.ts";
import type { Input, Tensor, Values } from "./tensor.ts";
import { topologicalOrder } from "./traverse.ts";

type AttributeInit = MessageInitShape<typeof AttributeProtoSchema>;
type NodeInit = MessageInitShape<typeof NodeProtoSchema>;
type TensorInit = MessageInitShape<typeof TensorProtoSchema>;
type ValueInit = MessageInitShape<typeof ValueInfoProtoSchema>;

/** The operator set of the ONNX standard that the rules are written for, and the file format that came with it. */
const OPERATOR_SET = 20n;
const FILE_FORMAT = 9n;

export interface OnnxOptions {
  readonly target: Target;
  /** Free text stored in the file by key. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Whether the engine is to learn sizes only when it runs the model, which saves memory; see `withHiddenSizes`. Default: false. */
  readonly hideSizes?: boolean;
}

export interface OnnxModel {
  readonly bytes: Uint8Array;
  /** The inputs that the outputs depend on: what a run must feed. */
  readonly inputs: readonly Input[];
  readonly nodes: number;
  /** Types of the graph's tensors, by their names in the model. */
  readonly types: ReadonlyMap<string, TensorType>;
}

/** Serialises the graph that computes `outputs` (by name) as an ONNX model. */
export function writeOnnx(
  outputs: Readonly<Record<string, Tensor>>,
  { target, metadata = {}, hideSizes = false }: OnnxOptions,
): OnnxModel {
  const writer = new OnnxWriter(target);
  for (const tensor of topologicalOrder(Object.values(outputs))) writer.tensor(tensor);
  for (const [name, tensor] of Object.entries(outputs)) writer.output(name, tensor);
  const told: GraphParts = {
    node: writer.finished(),
    initializer: writer.initializers,
    input: writer.inputs.map((tensor) => valueInfo(tensor.name, tensor)),
    output: Object.entries(outputs).map(([name, tensor]) => valueInfo(name, tensor)),
  };
  const { node, initializer, input, output } = hideSizes ? withHiddenSizes(told) : told;
  const model = create(ModelProtoSchema, {
    irVersion: FILE_FORMAT,
    producerName: "atelier",
    opsetImport: [
      { domain: "", version: OPERATOR_SET },
      ...[...writer.domains].filter((domain) => domain !== "").map((domain) => ({ domain, version: 1n })),
    ],
    metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: { name: "graph", node: [...node], initializer: [...initializer], input: [...input], output: [...output] },
  });
  return {
    bytes: toBinary(ModelProtoSchema, model),
    inputs: writer.inputs,
    nodes: node.length,
    types: writer.types,
  };
}

class OnnxWriter implements Emitter {
  readonly target: Target;
  readonly inputs: Input[] = [];
  readonly nodes: NodeInit[] = [];
  readonly initializers: TensorInit[] = [];
  readonly domains = new Set<string>();
  readonly types = new Map<string, TensorType>();
  readonly #names = new Map<Tensor, string>();
  /** Names of nodes and constants by what they are, so that equal ones are written once. */
  readonly #written = new Map<string, string>();
  /** Names of what nodes give. */
  readonly #made = new Set<string>();
  /** The names under which some of it is fetched. */
  readonly #fetched = new Map<string, string>();
  #scope = "";

  constructor(target: Target) {
    this.target = target;
  }

  /** Writes one tensor whose inputs have been written. */
  tensor(tensor: Tensor): void {
    switch (tensor.kind) {
      case "input":
        if (this.inputs.some(({ name }) => name === tensor.name)) {
          throw internalError("writeOnnx", `two inputs are called ${tensor.name}`);
        }
        this.inputs.push(tensor);
        this.#names.set(tensor, tensor.name);
        break;
      case "constant":
        this.#names.set(tensor, this.#initializer(TensorProto_DataType.FLOAT, tensor.shape, inFloat32(tensor.values)));
        break;
      case "computed": {
        this.#scope = tensor.scope;
        const names = tensor.inputs.map((argument) => this.#nameOf(argument));
        const name = tensor.operation.onnx(this, names, tensor.inputs, tensor);
        this.#names.set(tensor, name);
        this.types.set(name, tensor);
      }
    }
  }

  /** Gives a written tensor the name under which a run fetches it. What has two such names, or no node, is copied. */
  output(name: string, tensor: Tensor): void {
    if (this.inputs.some((input) => input.name === name)) {
      throw internalError("writeOnnx", `an input and an output are called ${name}`);
    }
    const written = this.#nameOf(tensor);
    if (this.#made.has(written) && !this.#fetched.has(written)) {
      this.#fetched.set(written, name);
      this.types.delete(written);
      this.types.set(name, tensor);
    } else {
      this.nodes.push({ opType: "Identity", name, input: [written], output: [name] });
    }
  }

  /** The nodes, with every name as it is fetched. */
  finished(): readonly NodeInit[] {
    const fetched = (names: readonly string[] = []) => names.map((name) => this.#fetched.get(name) ?? name);
    return this.nodes.map((node) => ({ ...node, input: fetched(node.input), output: fetched(node.output) }));
  }

  node(type: string, inputs: readonly string[], options: NodeOptions = {}): string {
    const { attributes = {}, domain = "", output: wanted = 0 } = options;
    return this.#shared(`${domain} ${type} ${wanted} ${inputs.join()} ${JSON.stringify(attributes)}`, () => {
      const output = `${this.#scope}/${type}.${this.nodes.length}`;
      const others = Array.from({ length: wanted }, (_, index) => `${output}:${index}`);
      this.nodes.push({
        opType: type,
        domain,
        name: output,
        input: [...inputs],
        output: [...others, output],
        attribute: Object.entries(attributes).map(([name, attribute]) => attributeInit(name, attribute)),
      });
      this.domains.add(domain);
      this.#made.add(output);
      return output;
    });
  }

  integers(values: readonly number[]): string {
    return this.#shared(`int64 ${values.join()}`, () =>
      this.#initializer(TensorProto_DataType.INT64, [values.length], BigInt64Array.from(values, BigInt)),
    );
  }

  filled(value: number, shape: readonly number[]): string {
    return this.#shared(`filled ${value} [${shape.join()}]`, () => {
      const values = new Float32Array(elementCount(shape)).fill(value);
      return this.#initializer(TensorProto_DataType.FLOAT, shape, values);
    });
  }

  floats(values: Float32Array<ArrayBuffer>, shape: readonly number[]): string {
    // A digest, for the numbers as text can be longer than any text may be.
    const digest = createHash("sha256").update(bytesOf(values)).digest("hex");
    return this.#shared(`floats ${digest} [${shape.join()}]`, () =>
      this.#initializer(TensorProto_DataType.FLOAT, shape, values),
    );
  }

  #shared(key: string, make: () => string): string {
    const name = this.#written.get(key) ?? make();
    this.#written.set(key, name);
    return name;
  }

  #initializer(
    dataType: TensorProto_DataType,
    shape: TensorType["shape"],
    values: Float32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>,
  ): string {
    const name = `constant.${this.initializers.length}`;
    this.initializers.push({ name, dataType, dims: shape.map((size) => BigInt(size)), rawData: bytesOf(values) });
    return name;
  }

  #nameOf(tensor: Tensor): string {
    const name = this.#names.get(tensor);
    if (name === undefined) throw internalError("writeOnnx", "a tensor before its inputs");
    return name;
  }
}

/** The numbers as the file has them; float32 ones, which may be hundreds of megabytes, are not copied. */
function inFloat32(values: Values): Float32Array<ArrayBuffer> {
  const { buffer } = values;
  if (!(values instanceof Float32Array) || !(buffer instanceof ArrayBuffer)) return Float32Array.from(values);
  return new Float32Array(buffer, values.byteOffset, values.length);
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array<ArrayBuffer> | BigInt64Array<ArrayBuffer>) {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function attributeInit(name: string, attribute: OnnxAttribute): AttributeInit {
  switch (attribute.kind) {
    case "int":
      return { name, type: AttributeProto_AttributeType.INT, i: BigInt(attribute.value) };
    case "ints":
      return { name, type: AttributeProto_AttributeType.INTS, ints: attribute.value.map((value) => BigInt(value)) };
    case "float":
      return { name, type: AttributeProto_AttributeType.FLOAT, f: attribute.value };
    case "string":
      return { name, type: AttributeProto_AttributeType.STRING, s: new TextEncoder().encode(attribute.value) };
  }
}

function valueInfo(name: string, { shape, dtype }: TensorType): ValueInit {
  const dim = shape.map((size) =>
    size === "batch"
      ? { value: { case: "dimParam" as const, value: size } }
      : { value: { case: "dimValue" as const, value: BigInt(size) } },
  );
  return { name, type: { value: { case: "tensorType", value: { elemType: onnxTypes[dtype], shape: { dim } } } } };
}
