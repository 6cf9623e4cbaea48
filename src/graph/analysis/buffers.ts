import type { GraphProto, NodeProto } from "onnx-buf";
import type { ValueSize } from "./onnx-shapes.ts";

/** Operators whose result lies in their first input's memory. */
const views: ReadonlySet<string> = new Set(["Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten"]);

/** Operators that may write their result over one of their first two inputs. */
const inPlace: ReadonlySet<string> = new Set(
  "Add Sub Mul Div Neg Abs Sqrt Exp Log Tanh Sigmoid Relu LeakyRelu Clip Cast".split(" "),
);

/**
 * Most bytes that results of nodes, outputs included, take at one time. Follows onnxruntime's planner
 * (`allocation_planner.cc`): a result is written over a dying input of the same shape where the operator allows it, else
 * into the newest dead buffer of exactly its shape, else into a new one. A buffer that will be written again is kept in
 * between, so the peak is up to twice that of the values that are needed.
 * @param order the nodes as they are run.
 */
export function peakOfBuffers(
  { input, initializer, output }: GraphProto,
  order: readonly NodeProto[],
  values: ReadonlyMap<string, ValueSize>,
): number {
  const outside = new Set([...input, ...initializer].map(({ name }) => name));
  const planner = new BufferPlanner(values, outside, new Set(output.map(({ name }) => name)));
  for (const { input: taken } of order) planner.announce(taken);
  order.forEach((node, index) => {
    planner.place(node, index);
  });
  return planner.peak(order.length);
}

class BufferPlanner {
  readonly #values: ReadonlyMap<string, ValueSize>;
  readonly #outside: ReadonlySet<string>;
  readonly #outputs: ReadonlySet<string>;
  /** Uses that are still to come, by buffer. */
  readonly #uses = new Map<string, number>();
  /** The buffer of each value that does not have one of its own; buffers are called by their first values. */
  readonly #buffers = new Map<string, string>();
  readonly #born = new Map<string, number>();
  readonly #dead = new Map<string, number>();
  /** Dead buffers, the newest first. */
  #free: string[] = [];

  constructor(values: ReadonlyMap<string, ValueSize>, outside: ReadonlySet<string>, outputs: ReadonlySet<string>) {
    this.#values = values;
    this.#outside = outside;
    this.#outputs = outputs;
    this.announce([...outside, ...outputs]);
  }

  announce(names: readonly string[]): void {
    for (const name of names) this.#uses.set(name, (this.#uses.get(name) ?? 0) + 1);
  }

  /** Gives the results of a node their buffers, and frees those of values that were used for the last time. */
  place(node: NodeProto, index: number): void {
    const results = node.output.filter((name) => name !== "");
    for (const result of results) {
      const buffer = this.#outputs.has(result) ? undefined : this.#reusable(node, result);
      if (buffer === undefined) this.#born.set(result, index);
      else this.#share(buffer, result);
    }
    for (const name of node.input) {
      const buffer = this.#bufferOf(name);
      this.#uses.set(buffer, (this.#uses.get(buffer) ?? 0) - 1);
    }
    for (const buffer of new Set([...node.input, ...results].map((name) => this.#bufferOf(name)))) {
      if ((this.#uses.get(buffer) ?? 0) > 0 || this.#outside.has(buffer) || !this.#born.has(buffer)) continue;
      this.#free.unshift(buffer);
      this.#dead.set(buffer, index);
    }
  }

  /** Most bytes of buffers between their first and last use, over `steps` nodes. */
  peak(steps: number): number {
    const change = new Float64Array(steps + 1);
    for (const [buffer, index] of this.#born) {
      const bytes = this.#values.get(buffer)?.bytes ?? 0;
      const end = (this.#dead.get(buffer) ?? steps) + 1;
      change[index] = (change[index] ?? 0) + bytes;
      if (end <= steps) change[end] = (change[end] ?? 0) - bytes;
    }
    let held = 0;
    return change.reduce((most, difference) => {
      held += difference;
      return Math.max(most, held);
    }, 0);
  }

  #bufferOf(name: string): string {
    return this.#buffers.get(name) ?? name;
  }

  #reusable(node: NodeProto, result: string): string | undefined {
    const [source = ""] = node.input;
    if (views.has(node.opType)) return this.#bufferOf(source);
    const size = this.#values.get(result);
    const fits = (name: string) => sameSize(this.#values.get(name), size);
    const dying = node.input
      .slice(0, 2)
      .find((name) => this.#uses.get(this.#bufferOf(name)) === 1 && this.#born.has(this.#bufferOf(name)) && fits(name));
    if (inPlace.has(node.opType) && dying !== undefined) return this.#bufferOf(dying);
    if (size === undefined || size.shape.length === 0) return undefined;
    const found = this.#free.find(fits);
    this.#free = this.#free.filter((buffer) => buffer !== found);
    return found;
  }

  #share(buffer: string, value: string): void {
    this.#buffers.set(value, buffer);
    this.#uses.set(buffer, (this.#uses.get(buffer) ?? 0) + (this.#uses.get(value) ?? 0));
    this.#dead.delete(buffer);
  }
}

function sameSize(left: ValueSize | undefined, right: ValueSize | undefined): boolean {
  if (left === undefined || right === undefined || left.bytes !== right.bytes) return false;
  return left.shape.length === right.shape.length && left.shape.every((size, axis) => size === right.shape[axis]);
}
