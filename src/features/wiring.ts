import type { OnnxNetwork } from "../graph/index.ts";

type InnerValue = OnnxNetwork["values"][number];

/** A classifier at the end of a network. */
export interface Head {
  /** What the classifier weighs. */
  readonly features: string;
  /** Its result, before a softmax. */
  readonly logits: string;
}

const classifying: ReadonlySet<string> = new Set(["Conv", "Gemm", "MatMul"]);

/** What may stand between a classifier and the output: all of it keeps the classes apart. */
const passing: ReadonlySet<string> = new Set([
  "Add",
  "AveragePool",
  "Cast",
  "Dropout",
  "Flatten",
  "GlobalAveragePool",
  "Identity",
  "LogSoftmax",
  "ReduceMean",
  "Relu",
  "Reshape",
  "Softmax",
  "Squeeze",
  "Transpose",
  "Unsqueeze",
]);

const reshaping: ReadonlySet<string> = new Set(["Flatten", "Reshape", "Squeeze", "Identity", "Dropout", "Cast"]);

/** Arithmetic on sizes, not on pictures. */
const ofSizes: ReadonlySet<string> = new Set(["Shape", "Size", "Constant", "ConstantOfShape", "Range"]);

/** How the values of a network hang together. */
export class Wiring {
  readonly #made: ReadonlyMap<string, InnerValue>;
  readonly #sources = new Map<string, ReadonlySet<string>>();

  constructor(network: OnnxNetwork) {
    this.#made = new Map(network.values.map((value) => [value.name, value]));
    for (const { name } of network.inputs) this.#sources.set(name, new Set([name]));
    for (const { name, operator, inputs } of this.#made.values()) {
      // The size of a picture is known before there is one.
      const needed = operator === "Shape" || operator === "Size" ? [] : inputs;
      const sets = new Set(needed.flatMap((from) => this.#sources.get(from) ?? []));
      const [only] = sets;
      this.#sources.set(
        name,
        sets.size === 1 && only !== undefined ? only : new Set([...sets].flatMap((set) => [...set])),
      );
    }
  }

  has(name: string): boolean {
    return this.#made.has(name);
  }

  /** The inputs of the network whose numbers a value depends on. */
  sourcesOf(name: string): readonly string[] {
    return [...(this.#sources.get(name) ?? [])];
  }

  /** Values that are made of pictures, in the order of the file. */
  layers(): readonly string[] {
    return [...this.#made.values()]
      .filter(({ name, operator }) => !ofSizes.has(operator) && this.sourcesOf(name).length > 0)
      .map(({ name }) => name);
  }

  operatorOf(name: string): string {
    return this.#made.get(name)?.operator ?? "input";
  }

  /** The classifier that an output is the result of; undefined where there is none. */
  headOf(output: string): Head | undefined {
    let [at, logits] = [output, output];
    for (let made = this.#made.get(at); made !== undefined; made = this.#made.get(at)) {
      const from = this.#carried(made);
      if (from === undefined) return undefined;
      if (classifying.has(made.operator)) return { features: from, logits };
      if (!passing.has(made.operator)) return undefined;
      if (made.operator.endsWith("Softmax")) logits = from;
      at = from;
    }
    return undefined;
  }

  /** A value, and those before it that hold the same numbers under another shape. */
  sameNumbers(name: string): readonly string[] {
    const chain = [name];
    for (let made = this.#made.get(name); made !== undefined && reshaping.has(made.operator); ) {
      const from = made.inputs[0] ?? "";
      chain.push(from);
      made = this.#made.get(from);
    }
    return chain;
  }

  /** The one value that an operator works on; undefined where it joins several. */
  #carried({ operator, inputs }: InnerValue): string | undefined {
    if (operator !== "Add" && operator !== "MatMul") return inputs[0];
    const [from, other] = inputs.filter((name) => this.sourcesOf(name).length > 0);
    return other === undefined ? from : undefined;
  }
}
