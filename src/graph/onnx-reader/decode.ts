import { fromBinary } from "@bufbuild/protobuf";
import type { ModelProto, NodeProto, ValueInfoProto } from "onnx-buf";
import { type AttributeProto, AttributeProto_AttributeType, type GraphProto, ModelProtoSchema } from "onnx-buf";
import { messageOf } from "../../foundation/errors.ts";
import { fileError } from "./file-error.ts";
import type { Weight } from "./values.ts";
import { decodeWeight, type ExternalData, elementTypeName, kindOf } from "./weights.ts";

/** An attribute of a node; subgraphs and the like are left out, for no operator that is supported has them. */
export type NodeAttribute = number | string | readonly number[] | readonly string[] | Weight;

/** One node of an ONNX graph. */
export interface OnnxNode {
  /** The node's name in the file, or what it computes if it has none. */
  readonly name: string;
  /** `Conv`, or with its domain where that is not the standard one: `com.microsoft:FusedConv`. */
  readonly operator: string;
  /** Names of values; empty for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, NodeAttribute>;
}

/** A size as a file declares it: a number, a name such as `N` for one that is open, or null for one that is not given. */
export type DeclaredSize = number | string | null;

/** A declared output of a network. */
export interface OnnxOutput {
  readonly name: string;
  /** Undefined when the file says nothing about it. */
  readonly shape: readonly DeclaredSize[] | undefined;
}

/** A declared input of a network. */
export interface OnnxPort extends OnnxOutput {
  /** `float` of any width, `whole` numbers or booleans. */
  readonly numbers: "float" | "whole" | "boolean";
}

/** What an ONNX file holds, as plain data. */
export interface OnnxFile {
  /** Version of the standard operators. */
  readonly opset: number;
  /** In an order in which every value is computed before it is used. */
  readonly nodes: readonly OnnxNode[];
  readonly weights: ReadonlyMap<string, Weight>;
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxOutput[];
  /** Free text stored in the file by key. */
  readonly metadata: ReadonlyMap<string, string>;
}

const OLDEST_OPSET = 7;
const NEWEST_OPSET = 23;
const DAMAGED = "the file is damaged, cut short or no ONNX model; fetch or export it again";

/**
 * Decodes the bytes of an ONNX model.
 * @param file its name, for messages.
 * @throws AtelierError (file) when the bytes are not a whole ONNX model of operator set 7 to 23.
 */
export function decodeOnnx(file: string, bytes: Uint8Array, externalData: ExternalData | undefined): OnnxFile {
  const model = parse(file, bytes);
  const { graph } = model;
  if (graph === undefined || graph.node.length === 0) {
    throw fileError(file, "an ONNX model", "a file without a network", DAMAGED);
  }
  const nodes = graph.node.map((node) => nodeOf(file, node, externalData));
  const stored = graph.initializer.map((proto) => [proto.name, decodeWeight(file, proto, externalData)] as const);
  const weights = new Map([...stored, ...nodes.flatMap(storedInNode)]);
  const decoded: OnnxFile = {
    opset: opsetOf(file, model),
    nodes: nodes.filter((node) => storedInNode(node).length === 0),
    weights,
    // Files of format 3 list the weights among the inputs.
    inputs: graph.input.filter(({ name }) => !weights.has(name)).map((info) => portOf(file, info)),
    outputs: graph.output.map((info) => ({ name: info.name, shape: declaredShape(info) })),
    metadata: new Map(model.metadataProps.map(({ key, value }) => [key, value])),
  };
  assertConnected(file, decoded, graph);
  return decoded;
}

function nodeOf(file: string, node: NodeProto, externalData: ExternalData | undefined): OnnxNode {
  const { opType, domain, name, input, output, attribute } = node;
  return {
    name: name === "" ? (output[0] ?? opType) : name,
    operator: domain === "" || domain === "ai.onnx" ? opType : `${domain}:${opType}`,
    inputs: input,
    outputs: output,
    attributes: attributesOf(file, attribute, externalData),
  };
}

/** Some exporters write every weight as a node of its own. */
function storedInNode({ operator, outputs, attributes }: OnnxNode): readonly (readonly [string, Weight])[] {
  const value = operator === "Constant" ? attributes.get("value") : undefined;
  const [name] = outputs;
  return name !== undefined && typeof value === "object" && "kind" in value ? [[name, value]] : [];
}

function parse(file: string, bytes: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    throw fileError(file, "an ONNX model", `a file that is none (${messageOf(cause)})`, DAMAGED, { cause });
  }
}

function opsetOf(file: string, { opsetImport }: ModelProto): number {
  const version = opsetImport.find(({ domain }) => domain === "" || domain === "ai.onnx")?.version;
  if (version === undefined) throw fileError(file, "a version of the standard operators", "none", DAMAGED);
  if (version >= OLDEST_OPSET && version <= NEWEST_OPSET) return Number(version);
  throw fileError(
    file,
    `operator set ${OLDEST_OPSET} to ${NEWEST_OPSET}`,
    `operator set ${version}`,
    "export the network again for operator set 17 (in PyTorch: opset_version=17)",
  );
}

function portOf(file: string, info: ValueInfoProto): OnnxPort {
  const { name, type } = info;
  const help = "networks whose inputs are texts, sequences or maps cannot be used";
  const received = type?.value.case === "tensorType" ? elementTypeName(type.value.value.elemType) : type?.value.case;
  const numbers = type?.value.case === "tensorType" ? kindOf(type.value.value.elemType) : undefined;
  if (numbers !== undefined) return { name, shape: declaredShape(info), numbers };
  throw fileError(`${file}: input "${name}"`, "a tensor of numbers", received ?? "no type", help);
}

function declaredShape({ type }: ValueInfoProto): readonly DeclaredSize[] | undefined {
  if (type?.value.case !== "tensorType") return undefined;
  return type.value.value.shape?.dim.map(({ value }) => {
    if (value.case === "dimParam" && value.value !== "") return value.value;
    // Exporters write 0 or -1 for a size that they do not know.
    return value.case === "dimValue" && value.value > 0n ? Number(value.value) : null;
  });
}

function attributesOf(
  file: string,
  attributes: readonly AttributeProto[],
  externalData: ExternalData | undefined,
): ReadonlyMap<string, NodeAttribute> {
  const decoded = new Map<string, NodeAttribute>();
  for (const attribute of attributes) {
    const value = attributeOf(file, attribute, externalData);
    if (value !== undefined) decoded.set(attribute.name, value);
  }
  return decoded;
}

function attributeOf(
  file: string,
  { type, i, f, s, ints, floats, strings, t }: AttributeProto,
  externalData: ExternalData | undefined,
): NodeAttribute | undefined {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  switch (type) {
    case AttributeProto_AttributeType.INT:
      return Number(i);
    case AttributeProto_AttributeType.FLOAT:
      return f;
    case AttributeProto_AttributeType.STRING:
      return text(s);
    case AttributeProto_AttributeType.INTS:
      return ints.map(Number);
    case AttributeProto_AttributeType.FLOATS:
      return floats;
    case AttributeProto_AttributeType.STRINGS:
      return strings.map(text);
    case AttributeProto_AttributeType.TENSOR:
      return t === undefined ? undefined : decodeWeight(file, t, externalData);
    default:
      return undefined;
  }
}

/** Every value is made once, before it is used. */
function assertConnected(file: string, { nodes, weights, inputs, outputs }: OnnxFile, graph: GraphProto): void {
  const made = new Set([...weights.keys(), ...inputs.map(({ name }) => name)]);
  // Values that only subgraphs make are theirs; sparse weights belong to operators that are refused by name.
  for (const { values } of graph.sparseInitializer) if (values !== undefined) made.add(values.name);
  for (const { name, inputs: used, outputs: results } of nodes) {
    for (const value of used) {
      if (value !== "" && !made.has(value))
        throw fileError(`${file}: node "${name}"`, "inputs that were made before", `"${value}"`, DAMAGED);
    }
    for (const value of results) if (value !== "") made.add(value);
  }
  for (const { name } of outputs) {
    if (!made.has(name)) throw fileError(file, `a node that makes the output "${name}"`, "none", DAMAGED);
  }
}
