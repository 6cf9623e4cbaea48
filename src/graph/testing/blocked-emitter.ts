import { internalError } from "../../foundation/errors.ts";
import type { Emitter, NodeOptions, OnnxAttribute, Target } from "../emitter.ts";
import { contract } from "../operators/contraction.ts";
import { elementCount, stridesOf } from "../shape.ts";
import type { Array64 } from "../tensor.ts";

/**
 * An emitter that computes: what onnxruntime's blocked convolutions and the operators around them do, for blocks of any
 * size, in float64. With it the forms for another processor's blocks are checked on this one.
 */
export class BlockedEmitter implements Emitter {
  readonly target: Target;
  readonly #block: number;
  readonly #values = new Map<string, Array64>();

  constructor(block: 8 | 16, feeds: Readonly<Record<string, Array64>>) {
    this.target = { cpu: true, block };
    this.#block = block;
    for (const [name, value] of Object.entries(feeds)) this.#values.set(name, value);
  }

  /** The value of a name that a node or a constant was given. */
  value(name: string): Array64 {
    const value = this.#values.get(name);
    if (value === undefined) throw internalError("BlockedEmitter", `nothing is called ${name}`);
    return value;
  }

  node(type: string, inputs: readonly string[], { attributes = {} }: NodeOptions = {}): string {
    const [x = { shape: [], data: new Float64Array() }, ...others] = inputs.map((name) => this.value(name));
    return this.#named(this.#compute(type, x, others, attributes));
  }

  integers(values: readonly number[]): string {
    return this.#named({ shape: [values.length], data: Float64Array.from(values) });
  }

  filled(value: number, shape: readonly number[]): string {
    return this.#named({ shape, data: new Float64Array(elementCount(shape)).fill(value) });
  }

  floats(values: Float32Array<ArrayBuffer>, shape: readonly number[]): string {
    return this.#named({ shape, data: Float64Array.from(values) });
  }

  #named(value: Array64): string {
    const name = `value ${this.#values.size}`;
    this.#values.set(name, value);
    return name;
  }

  #compute(
    type: string,
    x: Array64,
    [second = x, third = x]: readonly Array64[],
    attributes: Readonly<Record<string, OnnxAttribute>>,
  ): Array64 {
    switch (type) {
      case "Reshape":
        return reshaped(x, [...second.data]);
      case "Transpose":
        return transposed(x, integersOf(attributes, "perm"));
      case "Gather":
        return gathered(x, integersOf(attributes, "axis")[0] ?? 0, [...second.data]);
      case "Slice":
        // The forms slice along the first axis only.
        return gathered(x, 0, range(second.data[0] ?? 0, third.data[0] ?? 0));
      case "Concat":
        return joined(x, second);
      case "Pad":
        return padded(x, second.data[3] ?? 0);
      case "ReorderInput":
        return { shape: x.shape, data: this.#toBlocks(x).data };
      case "ReorderOutput":
        return this.#fromBlocks(x);
      case "Conv":
        return this.#convolution(x, second, attributes);
      default:
        throw internalError("BlockedEmitter", `no rule for ${type}`);
    }
  }

  #toBlocks({ shape, data }: Array64): Array64 {
    const [batch = 0, channels = 0, height = 0, width = 0] = shape;
    return transposed({ shape: [batch, channels / this.#block, this.#block, height, width], data }, [0, 1, 3, 4, 2]);
  }

  #fromBlocks({ shape, data }: Array64): Array64 {
    const [batch = 0, channels = 0, height = 0, width = 0] = shape;
    const blocks = { shape: [batch, channels / this.#block, height, width, this.#block], data };
    return { shape, data: transposed(blocks, [0, 1, 4, 2, 3]).data };
  }

  /** Kernels lie as [filters / block, channels of a filter / block, rows, columns, block channels, block filters]. */
  #convolution(x: Array64, w: Array64, attributes: Readonly<Record<string, OnnxAttribute>>): Array64 {
    const block = this.#block;
    const [batch = 0, channels = 0] = x.shape;
    const [filters = 0, seen = 0, rows = 0, columns = 0] = w.shape;
    const inBlocks = seen % block === 0 ? block : 1;
    const lying = [filters / block, seen / inBlocks, rows, columns, inBlocks, block];
    const kernel = reshaped(transposed({ shape: lying, data: w.data }, [0, 5, 1, 4, 2, 3]), w.shape);
    const image = channels < block ? x : this.#fromBlocks(x);
    const [down = 1, across = 1] = integersOf(attributes, "strides");
    const [top = 0, left = 0, bottom = 0, right = 0] = integersOf(attributes, "pads");
    const [rowStep = 1, columnStep = 1] = integersOf(attributes, "dilations");
    const [groups = 1] = integersOf(attributes, "group");
    const size = (length: number, reach: number, step: number) => Math.floor((length - reach) / step) + 1;
    const shape = [
      batch,
      filters,
      size((image.shape[2] ?? 0) + top + bottom, rowStep * (rows - 1) + 1, down),
      size((image.shape[3] ?? 0) + left + right, columnStep * (columns - 1) + 1, across),
    ];
    const data = contract(
      { x: image.shape, w: kernel.shape, y: shape },
      {
        strides: [down, across],
        padding: [top, left, bottom, right],
        dilations: [rowStep, columnStep],
        groups,
      },
      shape,
      (result, ix, iw, iy) => {
        result[iy] = (result[iy] ?? 0) + (image.data[ix] ?? 0) * (kernel.data[iw] ?? 0);
      },
    );
    return { shape, data: this.#toBlocks({ shape, data }).data };
  }
}

function integersOf(attributes: Readonly<Record<string, OnnxAttribute>>, name: string): readonly number[] {
  const attribute = attributes[name];
  if (attribute?.kind === "ints") return attribute.value;
  return attribute?.kind === "int" ? [attribute.value] : [];
}

const range = (start: number, end: number) => Array.from({ length: end - start }, (_, index) => start + index);

function reshaped({ shape, data }: Array64, wanted: readonly number[]): Array64 {
  const known = elementCount(wanted.filter((size) => size !== -1));
  const result = wanted.map((size) => (size === -1 ? data.length / known : size));
  if (elementCount(result) !== data.length) throw internalError("Reshape", `${shape.join()} to ${wanted.join()}`);
  return { shape: result, data };
}

function transposed({ shape, data }: Array64, order: readonly number[]): Array64 {
  const result = order.map((axis) => shape[axis] ?? 1);
  const from = stridesOf(shape);
  const to = stridesOf(result);
  return {
    shape: result,
    data: data.map((_, index) => {
      const source = order.reduce(
        (sum, axis, own) => sum + (Math.floor(index / (to[own] ?? 1)) % (result[own] ?? 1)) * (from[axis] ?? 1),
        0,
      );
      return data[source] ?? Number.NaN;
    }),
  };
}

function gathered({ shape, data }: Array64, axis: number, indices: readonly number[]): Array64 {
  const inner = elementCount(shape.slice(axis + 1));
  const length = shape[axis] ?? 1;
  const result = shape.with(axis, indices.length);
  return {
    shape: result,
    data: Float64Array.from({ length: elementCount(result) }, (_, index) => {
      const outer = Math.floor(index / (inner * indices.length));
      const picked = indices[Math.floor(index / inner) % indices.length] ?? 0;
      return data[(outer * length + picked) * inner + (index % inner)] ?? Number.NaN;
    }),
  };
}

/** Matrices side by side. */
function joined(left: Array64, right: Array64): Array64 {
  const [rows = 0, leftColumns = 0] = left.shape;
  const [, rightColumns = 0] = right.shape;
  const columns = leftColumns + rightColumns;
  return {
    shape: [rows, columns],
    data: Float64Array.from({ length: rows * columns }, (_, index) => {
      const [row, column] = [Math.floor(index / columns), index % columns];
      const inLeft = column < leftColumns;
      const at = inLeft ? row * leftColumns + column : row * rightColumns + column - leftColumns;
      return (inLeft ? left : right).data[at] ?? Number.NaN;
    }),
  };
}

/** A matrix with zeros after each row. */
function padded(x: Array64, zeros: number): Array64 {
  const [rows = 0] = x.shape;
  return joined(x, { shape: [rows, zeros], data: new Float64Array(rows * zeros) });
}
