import type { AtelierError } from "../../foundation/errors.ts";
import { isGreater, reshape, slice } from "../operators/index.ts";
import { formatShape, type Shape } from "../shape.ts";
import type { Constant, Tensor } from "../tensor.ts";
import type { OnnxNode } from "./decode.ts";
import { fileError } from "./file-error.ts";
import { asConstant, asKnown, type Known, moveKnown, plainNumbers, type Value, type Weight } from "./values.ts";

/**
 * The same result scaled and shifted channel by channel, made by the layer itself from changed weights, which belong to
 * `behind`: the node that scales and shifts.
 */
export type Refit = (scale: Float64Array, shift: Float64Array, behind: NodeContext) => Tensor;

/** What all nodes of one application share. */
export interface Surroundings {
  /** Name of the network. */
  readonly file: string;
  readonly opset: number;
  /** How many nodes and outputs use a value. */
  readonly uses: (name: string) => number;
  /** Results whose layer can take over a scale and a shift that follow. */
  readonly refits: Map<Tensor, Refit>;
  /** Constants that were derived from weights, kept so that every application shares them. */
  readonly derived: Map<string, Constant>;
  /** An input of the network that has the open batch as its first axis, if there is one. */
  readonly witness: Tensor | undefined;
}

/** One node as its rule sees it: typed access to its inputs and attributes, with errors that name it. */
export class NodeContext {
  readonly node: OnnxNode;
  readonly opset: number;
  readonly #values: readonly (Value | undefined)[];
  readonly #surroundings: Surroundings;

  constructor(node: OnnxNode, values: readonly (Value | undefined)[], surroundings: Surroundings) {
    this.node = node;
    this.opset = surroundings.opset;
    this.#values = values;
    this.#surroundings = surroundings;
  }

  /** Number of inputs, optional ones that were left out at the end not counted. */
  get inputs(): number {
    return this.#values.length;
  }

  /** Number of outputs that have a name. */
  get outputs(): number {
    return this.node.outputs.length;
  }

  has(index: number): boolean {
    return this.#values[index] !== undefined;
  }

  value(index: number): Value {
    return this.#values[index] ?? this.fail("an input", `none at position ${index}`, "the file is damaged");
  }

  values(): readonly Value[] {
    return this.#values.map((_, index) => this.value(index));
  }

  /** The input as a tensor of the graph. */
  tensor(index: number): Tensor {
    return this.asTensor(this.value(index));
  }

  optionalTensor(index: number): Tensor | undefined {
    return this.has(index) ? this.tensor(index) : undefined;
  }

  asTensor(value: Value): Tensor {
    if (value.kind !== "known") return value;
    return asConstant(value) ?? this.failOpenBatch("numbers");
  }

  /** The input's numbers, which must be known now: those of a shape, axes, or scales. */
  known(index: number): Known {
    const value = this.value(index);
    const found = asKnown(value);
    if (found !== undefined) return found;
    const received =
      value.kind === "known" ? "" : `numbers of shape ${formatShape(value.shape)} that depend on the input`;
    return this.fail(
      `an input ${index} that is known when the network is read`,
      received,
      "export the network with fixed sizes",
    );
  }

  /** Known numbers without the open batch size. */
  numbers(index: number): readonly number[] {
    return plainNumbers(this.known(index)) ?? this.failOpenBatch("numbers");
  }

  /** The one number of an optional input. */
  number(index: number, otherwise: number): number {
    return this.has(index) ? (this.numbers(index)[0] ?? otherwise) : otherwise;
  }

  /** Whether the operator's work can be done now, for all inputs are known and some are not plain weights. */
  isKnown(): boolean {
    const values = this.#values.filter((value) => value !== undefined);
    return values.some(({ kind }) => kind === "known") && values.every((value) => asKnown(value) !== undefined);
  }

  /** Moves, repeats or drops elements of the first input, be they known or a tensor's. */
  move(move: (x: Tensor) => Tensor): Value {
    const value = this.value(0);
    return value.kind === "known" ? moveKnown([value], ([x]) => move(x ?? this.asTensor(value))) : move(value);
  }

  int(name: string, otherwise: number): number {
    const value = this.node.attributes.get(name);
    return typeof value === "number" ? value : otherwise;
  }

  float(name: string, otherwise: number): number {
    return this.int(name, otherwise);
  }

  text(name: string, otherwise: string): string {
    const value = this.node.attributes.get(name);
    return typeof value === "string" ? value : otherwise;
  }

  /** An attribute that is a list of numbers. */
  list(name: string): readonly number[] | undefined {
    const value = this.node.attributes.get(name);
    if (!Array.isArray(value)) return undefined;
    return value.filter((item) => typeof item === "number");
  }

  /** A list that older operator sets have as an attribute and newer ones as an input. */
  listOrInput(name: string, index: number): readonly number[] | undefined {
    return this.has(index) ? this.numbers(index) : this.list(name);
  }

  /** An attribute that is a tensor. */
  attributeValue(name: string): Weight | undefined {
    const value = this.node.attributes.get(name);
    return typeof value === "object" && "kind" in value ? value : undefined;
  }

  /** Whether this node alone uses the input. */
  isOnlyUse(index: number): boolean {
    return this.#surroundings.uses(this.node.inputs[index] ?? "") === 1;
  }

  /** Says how the layer behind `result` takes over a scale and a shift a channel. */
  offerRefit(result: Tensor, refit: Refit): void {
    this.#surroundings.refits.set(result, refit);
  }

  refitOf(result: Tensor): Refit | undefined {
    return this.#surroundings.refits.get(result);
  }

  /** A constant made for this node from weights once, however often the network is applied. */
  derived(key: string, make: () => Constant): Constant {
    const { derived } = this.#surroundings;
    const whole = `${this.node.outputs[0] ?? ""} ${key}`;
    const made = derived.get(whole) ?? make();
    derived.set(whole, made);
    return made;
  }

  /** Zeros of the given shape, which has the open batch and else 1 everywhere: adding them repeats a tensor. */
  batchZeros(shape: Shape): Tensor {
    const { witness } = this.#surroundings;
    if (witness === undefined) return this.failOpenBatch("an input with the batch as its first axis");
    const sizes = witness.shape.map((size, axis) => (axis === 0 ? size : 1));
    const one = slice(
      witness,
      sizes.map(() => 0),
      sizes,
    );
    // No number is greater than itself, not even NaN.
    return reshape(isGreater(one, one), shape);
  }

  /** The axis counted from the front. */
  axis(axis: number, shape: Shape): number {
    const fromFront = axis < 0 ? axis + shape.length : axis;
    if (fromFront >= 0 && fromFront < shape.length) return fromFront;
    return this.fail(`an axis of ${formatShape(shape)}`, `${axis}`, "the file is damaged");
  }

  error(expected: string, received: string, help: string): AtelierError {
    const { operator, name } = this.node;
    return fileError(`${this.#surroundings.file}: ${operator} "${name}"`, expected, received, help);
  }

  fail(expected: string, received: string, help: string): never {
    throw this.error(expected, received, help);
  }

  /** Refuses what cannot be computed for an open batch size. */
  failOpenBatch(expected: string, received = "the open batch size"): never {
    return this.fail(expected, received, "give the network's inputs shapes with a number for the batch");
  }

  /** Refuses a form of the operator that has no rule. */
  refuse(what: string): never {
    return this.fail("a form of the operator that is supported", what, UNSUPPORTED_HELP);
  }
}

export const UNSUPPORTED_HELP =
  "export the network with other operators in its place, or cut it before that node: name a value before it in `outputs`";
