import { AtelierError } from "../../foundation/errors.ts";
import type { Shape } from "../shape.ts";
import { type Constant, type Input, input, type Tensor, withScope } from "../tensor.ts";
import {
  type DeclaredSize,
  decodeOnnx,
  type OnnxFile,
  type OnnxNode,
  type OnnxOutput,
  type OnnxPort,
} from "./decode.ts";
import { fileError, listed } from "./file-error.ts";
import { NodeContext, type Surroundings, UNSUPPORTED_HELP } from "./node-context.ts";
import { countUses, neededNodes, withoutRule } from "./nodes.ts";
import type { OnnxApplyOptions, OnnxInnerValue, OnnxReadOptions } from "./options.ts";
import { boundValues, type OnnxParameter, parametersOf } from "./parameters.ts";
import { assertInputs, dtypeOf, fitting, formatDeclared, shapeOfPort } from "./ports.ts";
import { ruleOf } from "./rules/index.ts";
import { asConstant, type Value } from "./values.ts";
import type { ExternalData } from "./weights.ts";

const OPTIMISED_HELP =
  "this file was saved after onnxruntime had optimised it for a device; use the file that it was made from";

/**
 * A network read from an ONNX file. Applied to tensors it becomes ordinary graph: it runs on any device, can be
 * differentiated, and its parameters can be trained.
 *
 *     const squeezenet = OnnxNetwork.read(bytes, { name: "squeezenet" });
 *     const { relu5 } = squeezenet.apply({ image }, { outputs: ["relu5"] });
 */
export class OnnxNetwork {
  readonly name: string;
  /** What the network is applied to, as the file declares it. */
  readonly inputs: readonly OnnxPort[];
  /** What it computes, as the file declares it. */
  readonly outputs: readonly OnnxOutput[];
  /** What it has learned, in the order of the file. */
  readonly parameters: readonly OnnxParameter[];
  /** Free text stored in the file by key. */
  readonly metadata: ReadonlyMap<string, string>;
  /** The files beside the model that hold weights of it, by their paths from its folder. */
  readonly weightFiles: readonly string[];
  readonly #file: OnnxFile;
  readonly #makers = new Map<string, OnnxNode>();
  readonly #derived = new Map<string, Constant>();

  private constructor(
    name: string,
    file: OnnxFile,
    weightFiles: readonly string[],
    shapes: Readonly<Record<string, readonly DeclaredSize[]>>,
  ) {
    this.name = name;
    this.weightFiles = weightFiles;
    this.#file = file;
    assertInputs(name, file.inputs, Object.keys(shapes));
    this.inputs = file.inputs.map((port) => ({ ...port, shape: shapes[port.name] ?? port.shape }));
    this.outputs = file.outputs;
    this.metadata = file.metadata;
    this.parameters = parametersOf(name, file);
    for (const node of file.nodes) for (const output of node.outputs) this.#makers.set(output, node);
  }

  /**
   * Reads the bytes of an ONNX model (operator sets 7 to 23). Weights of any width become float32.
   * @throws AtelierError (file) when the bytes are not a whole ONNX model. Operators without a rule are no fault until a
   * wanted output needs them: see {@link unsupported}.
   */
  static read(bytes: Uint8Array, { name, externalData, inputShapes = {} }: OnnxReadOptions): OnnxNetwork {
    const locations = new Set<string>();
    const reading: ExternalData | undefined =
      externalData &&
      ((location, offset, length) => {
        locations.add(location);
        return externalData(location, offset, length);
      });
    return new OnnxNetwork(name, decodeOnnx(name, bytes, reading), [...locations], inputShapes);
  }

  /** What the nodes of the file compute, each after what it needs: the names that {@link apply} takes as outputs. */
  get values(): readonly OnnxInnerValue[] {
    return this.#file.nodes.flatMap(({ operator, inputs, outputs }) =>
      outputs.filter((name) => name !== "").map((name) => ({ name, operator, inputs })),
    );
  }

  /** Names of operators in the file that have no rule. */
  get unsupported(): readonly string[] {
    return withoutRule(this.#file.nodes).map(([operator]) => operator);
  }

  /** The parameters as inputs of their own, by name: what {@link apply} takes to make a network that trains. */
  bindings(): Map<string, Tensor> {
    return new Map(this.parameters.map((parameter) => [parameter.input.name, parameter.input]));
  }

  /** The parameters' numbers in the file, by the names of their inputs: where training begins. */
  initialValues(): Map<string, Float32Array> {
    return new Map(this.parameters.map((parameter) => [parameter.input.name, parameter.values]));
  }

  /**
   * The declared inputs as inputs of a graph, by name. An open first size is the batch.
   * @param shapes shapes by input, for those whose other sizes the file leaves open, and to fix the batch.
   * @throws AtelierError (file) when a size is open and no shape is given.
   */
  declareInputs(shapes: Readonly<Record<string, Shape>> = {}): Record<string, Input> {
    assertInputs(this.name, this.inputs, Object.keys(shapes));
    return Object.fromEntries(
      this.inputs.map((port) => [
        port.name,
        input(port.name, shapes[port.name] ?? shapeOfPort(this.name, port), dtypeOf(port)),
      ]),
    );
  }

  /**
   * The network as graph, applied to the tensors given for its inputs. Their sizes replace the open ones of the file;
   * the batch may stay open.
   * @param inputs tensors by input name: float32, or int32 or uint8 where the file wants whole numbers.
   * @throws AtelierError (file) when an input or output is not there or does not fit, or when a wanted output needs
   * operators or forms of them that have no rule; all such operators are named at once.
   */
  apply<Output extends string = string>(
    inputs: Readonly<Record<string, Tensor>>,
    { outputs, parameters = "frozen" }: OnnxApplyOptions<Output> = {},
  ): Readonly<Record<Output, Tensor>> {
    const wanted = outputs ?? this.outputs.map(({ name }) => name);
    assertInputs(this.name, this.inputs, Object.keys(inputs));
    for (const name of wanted) this.#assertValue(name);
    const nodes = neededNodes(this.#file.nodes, wanted);
    this.#assertSupported(nodes);
    const values = new Map<string, Value>(this.#file.weights);
    for (const port of this.inputs) {
      const given = inputs[port.name];
      if (given !== undefined) values.set(port.name, fitting(this.name, port, given));
    }
    const bound = parameters === "frozen" ? [] : boundValues(this.name, this.parameters, parameters);
    for (const [name, value] of bound) values.set(name, value);

    const uses = countUses(nodes, wanted);
    const surroundings: Surroundings = {
      file: this.name,
      opset: this.#file.opset,
      uses: (name) => uses.get(name) ?? 0,
      refits: new Map(),
      // Constants may be bound too, such as averaged weights: what is made of them must not be taken for the file's.
      derived: parameters === "frozen" ? this.#derived : new Map(),
      witness: Object.values(inputs).find(({ shape, dtype }) => shape[0] === "batch" && dtype === "float32"),
    };
    for (const node of nodes) {
      const results = this.#results(node, values, surroundings);
      node.outputs.forEach((name, index) => {
        const result = results[index];
        if (result !== undefined) values.set(name, result);
      });
    }
    const computed = Object.fromEntries(wanted.map((name) => [name, this.#tensorOf(name, values)]));
    if (hasAll<Output>(computed, wanted)) return computed;
    throw this.#error("the wanted outputs", Object.keys(computed).join(", "), "name values of the file");
  }

  #results(node: OnnxNode, values: ReadonlyMap<string, Value>, surroundings: Surroundings): readonly Value[] {
    const given = node.inputs.map((name) =>
      name === "" ? undefined : (values.get(name) ?? this.#missing(node, name)),
    );
    const context = new NodeContext(node, given, surroundings);
    try {
      const made = withScope(`${this.name}/${node.name}`, () => ruleOf(node.operator)?.apply(context) ?? []);
      return isList(made) ? made : [made];
    } catch (cause) {
      if (cause instanceof RangeError) {
        const help = "the file is damaged, or asks for more than fits in memory";
        throw fileError(`${this.name}: ${node.operator} "${node.name}"`, "sizes that can be", cause.message, help, {
          cause,
        });
      }
      if (!(cause instanceof AtelierError) || cause.details.kind !== "internal") throw cause;
      const { where, expected, received } = cause.details;
      const help = "the shapes of the given inputs do not fit this network, or the file is damaged";
      throw fileError(`${this.name}: ${node.operator} "${node.name}" (${where})`, expected, received, help, { cause });
    }
  }

  #assertValue(name: string): void {
    if (this.#makers.has(name) || this.#file.weights.has(name)) return;
    if (this.inputs.some((port) => port.name === name)) return;
    const help = `it declares ${listed(this.outputs.map((port) => port.name))}; values inside it can be named too`;
    throw this.#error("outputs that are values of the file", `"${name}"`, help);
  }

  #assertSupported(nodes: readonly OnnxNode[]): void {
    const refused = withoutRule(nodes);
    if (refused.length === 0) return;
    const named = refused.map(([operator, { name }]) => `${operator} (node "${name}")`);
    const received = `${listed(named)}, of operator set ${this.#file.opset}`;
    const isOptimised = refused.some(([operator]) => operator.startsWith("com.microsoft"));
    throw this.#error("operators that have a rule", received, isOptimised ? OPTIMISED_HELP : UNSUPPORTED_HELP);
  }

  #missing(node: OnnxNode, name: string): never {
    const port = this.inputs.find((declared) => declared.name === name);
    if (port === undefined) {
      const help = "only the first output of that operator has a rule";
      throw fileError(`${this.name}: ${node.operator} "${node.name}"`, `a value for "${name}"`, "none", help);
    }
    const help = `apply the network to all its inputs: ${listed(this.inputs.map((declared) => declared.name))}`;
    throw fileError(`${this.name}: input "${name}"`, `a tensor ${formatDeclared(port.shape)}`, "none", help);
  }

  #tensorOf(name: string, values: ReadonlyMap<string, Value>): Tensor {
    const value = values.get(name);
    const tensor = value?.kind === "known" ? asConstant(value) : value;
    if (tensor !== undefined) return tensor;
    const help = "give the inputs that it depends on, with a number for the batch if it is a size";
    throw this.#error(
      `a tensor for the output "${name}"`,
      value === undefined ? "nothing" : "the open batch size",
      help,
    );
  }

  #error(expected: string, received: string, help: string): AtelierError {
    return fileError(this.name, expected, received, help);
  }
}

function isList(values: Value | readonly Value[]): values is readonly Value[] {
  return Array.isArray(values);
}

function hasAll<Name extends string>(
  tensors: Readonly<Record<string, Tensor>>,
  names: readonly string[],
): tensors is Readonly<Record<Name, Tensor>> {
  return names.every((name) => Object.hasOwn(tensors, name));
}
