import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema, TensorProto_DataType, TypeProtoSchema } from "onnx-buf";
import {
  buildModel,
  floats,
  node,
  positives,
  type TensorInit,
  type TestAttributes,
  type TestModel,
  wholes,
} from "../../graph/onnx-reader/testing/models.ts";

// Test support: builds ONNX files of networks, layer by layer, with random weights.

export interface NetworkOptions {
  /** Channels of the first convolution; the others follow. */
  readonly stem: number;
  /** Columns of the logits; 0: the file ends with the features. */
  readonly classes: number;
  /** Whether VGG keeps the dense layers before its classifier where that is left out. Default: false. */
  readonly dense?: boolean;
  /** As Keras: pictures are [batch, height, width, channels]. */
  readonly channelsLast?: boolean;
  /** The size that the file declares. Default: open. */
  readonly size?: number;
  /** Default: open. */
  readonly batch?: number;
  /** Written before the first convolution: pixels are multiplied and then shifted. */
  readonly arithmetic?: { readonly scales: readonly number[]; readonly shifts: readonly number[] };
  /** Adds a softmax behind the logits. */
  readonly softmax?: boolean;
  /** The program that the file says it was written by. */
  readonly producer?: string;
}

interface ConvOptions {
  readonly stride?: number;
  readonly groups?: number;
  readonly pads?: readonly [rows: number, columns: number];
  readonly from?: string;
}

/** Collects layers, each reading the value that the one before it made. */
export class Layers {
  at = "image";
  readonly #nodes: TestModel["nodes"][number][] = [];
  readonly #weights: TensorInit[] = [];
  readonly #channels = new Map<string, number>();
  readonly #options: NetworkOptions;

  constructor(options: NetworkOptions) {
    this.#options = options;
    this.#channels.set("image", 3);
    if (options.channelsLast === true) this.add("Transpose", { perm: [0, 3, 1, 2] });
    if (options.arithmetic === undefined) return;
    const { scales, shifts } = options.arithmetic;
    this.add("Mul", {}, [this.#weight(floats("own.scales", [1, 3, 1, 1], scales))]);
    this.add("Add", {}, [this.#weight(floats("own.shifts", [1, 3, 1, 1], shifts))]);
  }

  #weight(init: TensorInit): string {
    this.#weights.push(init);
    return init.name ?? "";
  }

  channelsOf(value = this.at): number {
    return this.#channels.get(value) ?? 0;
  }

  add(operator: string, attributes: TestAttributes = {}, others: readonly string[] = [], from = this.at): string {
    const name = `${operator.toLowerCase()}${this.#nodes.length}`;
    this.#nodes.push(node(operator, [from, ...others], name, attributes));
    this.#channels.set(name, this.channelsOf(from));
    this.at = name;
    return name;
  }

  /** A convolution that keeps the size where its stride is 1. */
  conv(filters: number, rows: number, columns = rows, options: ConvOptions = {}): string {
    const { stride = 1, groups = 1, pads = [(rows - 1) / 2, (columns - 1) / 2], from = this.at } = options;
    const depth = this.channelsOf(from) / groups;
    const name = `conv${this.#nodes.length}`;
    const kernel = floats(`${name}.weight`, [filters, depth, rows, columns], Math.sqrt(2 / (depth * rows * columns)));
    const attributes = {
      kernel_shape: [rows, columns],
      strides: [stride, stride],
      pads: [...pads, ...pads],
      group: groups,
    };
    const made = this.add(
      "Conv",
      attributes,
      [this.#weight(kernel), this.#weight(floats(`${name}.bias`, [filters], 0.1))],
      from,
    );
    this.#channels.set(made, filters);
    return made;
  }

  relu(): string {
    return this.add("Relu");
  }

  norm(): string {
    const [name, count] = [`norm${this.#nodes.length}`, this.channelsOf()];
    const learned = ["scale", "shift", "mean"].map((part) =>
      this.#weight(part === "scale" ? positives(`${name}.scale`, count) : floats(`${name}.${part}`, [count], 0.3)),
    );
    return this.add("BatchNormalization", {}, [...learned, this.#weight(positives(`${name}.variance`, count))]);
  }

  maxPool(size = 2, pad = 0): string {
    return this.add("MaxPool", { kernel_shape: [size, size], strides: [2, 2], pads: [pad, pad, pad, pad] });
  }

  concat(parts: readonly string[]): string {
    const [first = "", ...rest] = parts;
    const channels = parts.reduce((total, part) => total + this.channelsOf(part), 0);
    const made = this.add("Concat", { axis: 1 }, rest, first);
    this.#channels.set(made, channels);
    return made;
  }

  dense(columns: number, rows = this.channelsOf()): string {
    const name = `dense${this.#nodes.length}`;
    const weight = floats(`${name}.weight`, [columns, rows], Math.sqrt(2 / rows));
    const made = this.add("Gemm", { transB: 1 }, [
      this.#weight(weight),
      this.#weight(floats(`${name}.bias`, [columns], 0.1)),
    ]);
    this.#channels.set(made, columns);
    return made;
  }

  /** Means over the picture, and the classifier. */
  pooledClassifier(): Uint8Array {
    this.add("GlobalAveragePool");
    this.add("Reshape", {}, [this.#weight(wholes("flat", [this.#options.batch ?? -1, this.channelsOf()]))]);
    if (this.#options.classes > 0) this.dense(this.#options.classes);
    return this.file();
  }

  file(): Uint8Array {
    const { channelsLast, size, batch = "N", softmax, producer = "" } = this.#options;
    if (softmax === true) this.add("Softmax", { axis: -1 });
    const pixels = [size ?? "H", size ?? "W"];
    const bytes = buildModel({
      inputs: { image: channelsLast === true ? [batch, ...pixels, 3] : [batch, 3, ...pixels] },
      outputs: [this.at],
      nodes: this.#nodes,
      weights: this.#weights,
    });
    const model = fromBinary(ModelProtoSchema, bytes);
    model.producerName = producer;
    // Exporters say how many rows a fixed batch gives.
    const [output] = model.graph?.output ?? [];
    if (output !== undefined && typeof batch === "number") {
      const dim = [batch, this.channelsOf()].map((value) => ({
        value: { case: "dimValue" as const, value: BigInt(value) },
      }));
      const value = { elemType: TensorProto_DataType.FLOAT, shape: { dim } };
      output.type = create(TypeProtoSchema, { value: { case: "tensorType", value } });
    }
    return toBinary(ModelProtoSchema, model);
  }
}
