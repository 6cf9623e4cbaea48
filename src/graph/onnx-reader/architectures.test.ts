import { describe, expect, test } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { gradients } from "../autodiff.ts";
import { multiply, sum } from "../operators/index.ts";
import { evaluate } from "../reference.ts";
import { elementCount } from "../shape.ts";
import { simplify } from "../simplify.ts";
import { constant, input, type Tensor } from "../tensor.ts";
import { topologicalOrder } from "../traverse.ts";
import { OnnxNetwork } from "./network.ts";
import {
  buildModel,
  drawFeeds,
  floats,
  node,
  positives,
  runOriginal,
  runTensors,
  type TensorInit,
  type TestAttributes,
  type TestFeeds,
  type TestModel,
  wholes,
  worstDifference,
} from "./testing/models.ts";

// Small networks in the forms of published ones, with random weights: the operators as exporters put them together.

type Nodes = TestModel["nodes"][number][];

/** Collects layers, each reading the value that the one before it made. */
class Layers {
  readonly nodes: Nodes = [];
  readonly weights: TensorInit[] = [];
  at = "image";

  add(operator: string, attributes: TestAttributes = {}, others: readonly string[] = [], from = this.at): string {
    this.at = `${operator}_${this.nodes.length}`;
    this.nodes.push(node(operator, [from, ...others], this.at, attributes));
    return this.at;
  }

  weight(shape: readonly number[], deviation: number): string {
    const name = `weight_${this.weights.length}`;
    this.weights.push(floats(name, shape, deviation));
    return name;
  }

  /** A convolution with He's deviation; `bias` as VGG has it, none before a normalisation. */
  conv(
    shape: readonly [number, number, number, number],
    attributes: TestAttributes = {},
    bias = false,
    from = this.at,
  ): string {
    const [filters, channels, rows, columns] = shape;
    const kernel = this.weight(shape, Math.sqrt(2 / (channels * rows * columns)));
    return this.add("Conv", attributes, bias ? [kernel, this.weight([filters], 0.1)] : [kernel], from);
  }

  norm(channels: number): string {
    const names = [this.weight([channels], 1), this.weight([channels], 0.5), this.weight([channels], 0.5)];
    const spread = `weight_${this.weights.length}`;
    this.weights.push(positives(spread, channels));
    return this.add("BatchNormalization", { epsilon: 1e-3 }, [...names, spread]);
  }

  scalar(value: number): string {
    const name = `weight_${this.weights.length}`;
    this.weights.push(floats(name, [], [value]));
    return name;
  }

  classifier(features: number): void {
    this.add("Gemm", { transB: 1 }, [this.weight([5, features], 0.3), this.weight([5], 0.1)]);
  }

  model(opset: number): TestModel {
    return {
      opset,
      inputs: { image: ["N", 3, "H", "W"] },
      outputs: [this.at],
      nodes: this.nodes,
      weights: this.weights,
    };
  }
}

const same = { pads: [1, 1, 1, 1], kernel_shape: [3, 3] };

function vgg(): TestModel {
  const layers = new Layers();
  layers.conv([6, 3, 3, 3], same, true);
  layers.add("Relu");
  layers.conv([6, 6, 3, 3], same, true);
  layers.add("Relu");
  layers.add("MaxPool", { kernel_shape: [2, 2], strides: [2, 2] });
  layers.conv([8, 6, 3, 3], same, true);
  layers.add("Relu");
  layers.add("MaxPool", { kernel_shape: [2, 2], strides: [2, 2] });
  layers.add("Flatten");
  layers.add("Gemm", { transB: 1 }, [layers.weight([10, 8 * 4 * 4], 0.1), layers.weight([10], 0.1)]);
  layers.add("Relu");
  layers.add("Dropout");
  layers.classifier(10);
  return layers.model(9);
}

function resnet(): TestModel {
  const layers = new Layers();
  layers.conv([6, 3, 7, 7], { pads: [3, 3, 3, 3], strides: [2, 2] });
  layers.norm(6);
  layers.add("Relu");
  const entry = layers.add("MaxPool", { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
  layers.conv([8, 6, 3, 3], { ...same, strides: [2, 2] });
  layers.norm(8);
  layers.add("Relu");
  layers.conv([8, 8, 3, 3], same);
  const main = layers.norm(8);
  layers.conv([8, 6, 1, 1], { strides: [2, 2] }, false, entry);
  const shortcut = layers.norm(8);
  layers.add("Add", {}, [shortcut], main);
  layers.add("Relu");
  layers.add("GlobalAveragePool");
  layers.add("Flatten");
  layers.classifier(8);
  return layers.model(13);
}

function inception(): TestModel {
  const layers = new Layers();
  layers.conv([6, 3, 3, 3], { strides: [2, 2] });
  layers.norm(6);
  const stem = layers.add("Relu");
  const one = layers.conv([4, 6, 1, 1]);
  layers.conv([4, 6, 1, 1], {}, false, stem);
  layers.conv([4, 4, 1, 7], { pads: [0, 3, 0, 3] });
  layers.norm(4);
  layers.add("Relu");
  const two = layers.conv([5, 4, 7, 1], { pads: [3, 0, 3, 0] });
  layers.add("AveragePool", { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [1, 1] }, [], stem);
  const three = layers.conv([3, 6, 1, 1]);
  layers.add("Concat", { axis: 1 }, [two, three], one);
  const mixed = layers.add("Relu");
  const pooled = layers.add("MaxPool", { kernel_shape: [3, 3], strides: [2, 2] });
  const strided = layers.conv([4, 12, 3, 3], { strides: [2, 2] }, false, mixed);
  layers.add("Concat", { axis: 1 }, [pooled], strided);
  layers.add("ReduceMean", { axes: [2, 3], keepdims: 0 });
  layers.classifier(16);
  return layers.model(11);
}

function mobilenet(): TestModel {
  const layers = new Layers();
  const clip6 = () => layers.add("Clip", {}, [layers.scalar(0), layers.scalar(6)]);
  layers.conv([8, 3, 3, 3], { auto_pad: "SAME_UPPER", strides: [2, 2] });
  layers.norm(8);
  const entry = clip6();
  layers.conv([8, 1, 3, 3], { ...same, group: 8 });
  layers.norm(8);
  const wide = layers.add("HardSwish");
  layers.add("GlobalAveragePool");
  layers.conv([2, 8, 1, 1], {}, true);
  layers.add("Relu");
  layers.conv([8, 2, 1, 1], {}, true);
  const gate = layers.add("HardSigmoid", { alpha: 1 / 6 });
  layers.add("Mul", {}, [gate], wide);
  layers.conv([8, 8, 1, 1]);
  const narrow = layers.norm(8);
  layers.add("Add", {}, [narrow], entry);
  layers.conv([8, 1, 5, 5], { group: 8, pads: [2, 2, 2, 2], strides: [2, 2] });
  clip6();
  layers.add("GlobalAveragePool");
  layers.add("Flatten");
  layers.classifier(8);
  return layers.model(17);
}

/** Two axes of tokens as PyTorch exports them: a class token repeated for the batch, and attention in several heads. */
function visionTransformer(): TestModel {
  const [width, heads] = [8, 2];
  const layers = new Layers();
  const numbers = (name: string, values: readonly number[] | number) => {
    layers.weights.push(wholes(name, values));
    return name;
  };
  const half = layers.scalar(0.5);
  const affine = (shape: readonly [number, number], from = layers.at) => {
    layers.add("MatMul", {}, [layers.weight(shape, 0.4)], from);
    return layers.add("Add", {}, [layers.weight([shape[1]], 0.1)]);
  };
  layers.conv([width, 3, 4, 4], { strides: [4, 4] }, true);
  layers.add("Reshape", {}, [numbers("flat", [0, width, -1])]);
  const patches = layers.add("Transpose", { perm: [0, 2, 1] });
  const batch = layers.add("Gather", { axis: 0 }, [numbers("first", 0)], layers.add("Shape", {}, [], "image"));
  const sizes = layers.add(
    "Concat",
    { axis: 0 },
    [numbers("rest", [-1, -1])],
    layers.add("Unsqueeze", {}, [numbers("axis", [0])], batch),
  );
  const ones = layers.add("ConstantOfShape", { value: { tensor: wholes("", [1]) } }, [], numbers("three", [3]));
  const negative = layers.add("Mul", {}, [numbers("minus", -1)], ones);
  const target = layers.add("Where", {}, [ones, sizes], layers.add("Equal", {}, [negative], sizes));
  const token = layers.add("Expand", {}, [target], layers.weight([1, 1, width], 1));
  layers.add("Concat", { axis: 1 }, [patches], token);
  const entry = layers.add("Add", {}, [layers.weight([1, 17, width], 0.3)]);

  layers.add("LayerNormalization", {}, [layers.weight([width], 1), layers.weight([width], 0.2)]);
  affine([width, 3 * width]);
  layers.add("Reshape", {}, [numbers("split", [0, 0, 3, heads, width / heads])]);
  const parts = layers.add("Transpose", { perm: [2, 0, 3, 1, 4] });
  const [query, key, value] = [0, 1, 2].map((part) =>
    layers.add("Gather", { axis: 0 }, [numbers(`part${part}`, part)], parts),
  );
  layers.add("MatMul", {}, [layers.add("Transpose", { perm: [0, 1, 3, 2] }, [], key)], query);
  layers.add("Mul", {}, [half]);
  layers.add("MatMul", {}, [value ?? ""], layers.add("Softmax", { axis: -1 }));
  layers.add("Transpose", { perm: [0, 2, 1, 3] });
  layers.add("Reshape", {}, [numbers("joined", [0, 0, width])]);
  const attended = layers.add("Add", {}, [entry], affine([width, width]));

  const center = layers.add("Sub", {}, [layers.add("ReduceMean", { axes: [-1] })], attended);
  layers.add("ReduceMean", { axes: [-1] }, [], layers.add("Pow", {}, [layers.scalar(2)]));
  layers.add("Sqrt", {}, [], layers.add("Add", {}, [layers.scalar(1e-5)]));
  layers.add("Div", {}, [layers.at], center);
  const wide = affine([width, 2 * width]);
  layers.add("Erf", {}, [], layers.add("Div", {}, [layers.scalar(Math.SQRT2)]));
  layers.add("Mul", {}, [layers.add("Add", {}, [layers.scalar(1)])], wide);
  affine([2 * width, width], layers.add("Mul", {}, [half]));
  layers.add("Add", {}, [attended]);
  layers.add("Gather", { axis: 1 }, ["first"]);
  layers.classifier(width);
  return layers.model(14);
}

/** Pictures to pictures: reflected borders, normalisation of each picture, and pixels repeated. */
function styleTransfer(): TestModel {
  const layers = new Layers();
  const pads = (name: string, pixels: number) => {
    layers.weights.push(wholes(name, [0, 0, pixels, pixels, 0, 0, pixels, pixels]));
    return name;
  };
  layers.add("Pad", { mode: "reflect" }, [pads("border4", 4)]);
  layers.conv([6, 3, 9, 9]);
  layers.add("InstanceNormalization", {}, [layers.weight([6], 1), layers.weight([6], 0.2)]);
  layers.add("Relu");
  layers.conv([8, 6, 3, 3], { ...same, strides: [2, 2] });
  layers.add("LeakyRelu", { alpha: 0.2 });
  const scales = layers.scalar(0);
  layers.weights.push(floats("scales", [4], [1, 1, 2, 2]));
  layers.add("Resize", { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" }, [
    "",
    "scales",
  ]);
  layers.add("Sub", {}, [scales]);
  layers.conv([3, 8, 3, 3], same, true);
  layers.add("Tanh");
  return layers.model(13);
}

const SIZE = 17;
const BATCH = 2;
/** Of central differences in float64. */
const STEP = 1e-6;
const shapes = { image: [BATCH, 3, SIZE, SIZE] };

/** A number that depends on every output. */
function loss(output: Tensor): Tensor {
  const sizes = output.shape.map(Number);
  return sum(multiply(output, constant(randomStream(5, "loss").normals(elementCount(sizes)), sizes)));
}

const architectures = { vgg, resnet, inception, mobilenet, visionTransformer, styleTransfer };

describe.each(Object.entries(architectures))("a network like %s", (name, build) => {
  const model = build();
  const [output = ""] = model.outputs;
  const network = OnnxNetwork.read(buildModel(model), { name });
  const feeds = drawFeeds(shapes);

  test("gives onnxruntime's numbers, frozen or bound, with a fixed or an open batch", async () => {
    const expected = await runOriginal(buildModel(model), feeds, shapes);
    const fixed = network.declareInputs(shapes);
    const open = network.declareInputs({ image: ["batch", 3, SIZE, SIZE] });
    expect(worstDifference(expected, await runTensors(network.apply(fixed), feeds))).toBeLessThan(1e-5);
    expect(worstDifference(expected, await runTensors(network.apply(open), feeds, BATCH))).toBeLessThan(1e-5);
    const bound = network.apply(fixed, { parameters: network.bindings() });
    const values = { ...feeds, ...Object.fromEntries(network.initialValues()) };
    expect(worstDifference(expected, await runTensors(bound, values))).toBeLessThan(1e-5);
  });

  test("has the gradients, of its input and its parameters, that central differences give", async () => {
    const image = input("image", shapes.image);
    const { [output]: result = image } = network.apply(
      { image },
      { outputs: [output], parameters: network.bindings() },
    );
    const [value = result] = simplify([loss(result)]);
    const variables = [image, ...network.parameters.map((parameter) => parameter.input)];
    const slopes = Object.fromEntries(gradients(value, variables).map((slope, index) => [`${index}`, slope]));
    const point: TestFeeds = { ...feeds, ...Object.fromEntries(network.initialValues()) };
    const computed = await runTensors(slopes, point);
    for (const [index, { name: variable }] of variables.entries()) {
      const own = computed.get(`${index}`) ?? new Float32Array();
      const direction = randomStream(7, variable).normals(own.length);
      const valueAt = (distance: number) => {
        const moved = Float64Array.from(point[variable] ?? [], (x, place) => x + distance * (direction[place] ?? 0));
        return evaluate([value], { ...point, [variable]: moved })[0]?.data[0] ?? Number.NaN;
      };
      const expected = (valueAt(STEP) - valueAt(-STEP)) / (2 * STEP);
      const slope = own.reduce((total, part, place) => total + part * (direction[place] ?? 0), 0);
      const scale = Math.hypot(...own);
      expect(Math.abs(slope - expected), variable).toBeLessThan(1e-4 * Math.max(scale, 1e-3));
    }
  });
});

test.each(Object.entries({ resnet, inception, mobilenet }))(
  "a network like %s has its batch normalisations built into its frozen weights",
  (name, build) => {
    const model = build();
    const network = OnnxNetwork.read(buildModel(model), { name });
    const image = input("image", shapes.image);
    const operationsOf = (outputs: Readonly<Record<string, Tensor>>) =>
      topologicalOrder(Object.values(outputs)).flatMap((tensor) =>
        tensor.kind === "computed" ? [tensor.operation.name] : [],
      );
    const frozen = operationsOf(network.apply({ image }));
    const trained = operationsOf(network.apply({ image }, { parameters: network.bindings() }));
    const countOf = (opType: string) => model.nodes.filter((own) => own.opType === opType).length;
    expect(frozen).not.toContain("channelAffine");
    expect(trained.filter((operation) => operation === "channelAffine")).toHaveLength(countOf("BatchNormalization"));
    for (const operations of [frozen, trained]) {
      expect(operations.filter((operation) => operation === "conv2d")).toHaveLength(countOf("Conv"));
    }
  },
);
