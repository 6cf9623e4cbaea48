import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { describe, expect, it } from "vitest";
import {
  add,
  concat,
  conv2d,
  convTranspose2d,
  countMultiplyAdds,
  expand,
  gradients,
  graphMemory,
  input,
  leakyRelu,
  matmul,
  mean,
  multiply,
  pad,
  portable,
  relu,
  reshape,
  simplify,
  slice,
  square,
  sum,
  summariseLayers,
  type Target,
  type Tensor,
  tanh,
  topologicalOrder,
  transpose,
  withScope,
  writeOnnx,
} from "../index.ts";
import { executionOrder } from "./execution-order.ts";
import { listOnnx } from "./onnx-listing.ts";
import { inferSizes } from "./onnx-shapes.ts";

const halving = { strides: [2, 2], padding: [1, 1, 1, 1] } as const;

/** Every kind of node that convolutions, their gradients and an update are made of. */
function smallStep(channels: number, batch = 4): Record<string, Tensor> {
  const x = input("x", [batch, channels, 8, 8]);
  const down = input("down", [16, channels, 4, 4]);
  const up = input("up", [16, channels, 4, 4]);
  const weight = input("weight", [256, 3]);
  const hidden = withScope("d/down", () => leakyRelu(conv2d(x, down, halving), 0.2));
  const image = withScope("d/up", () => tanh(convTranspose2d(hidden, up, { ...halving, outputSize: [8, 8] })));
  const judged = withScope("d/judge", () => matmul(reshape(hidden, [batch, 256]), weight));
  const framed = pad(slice(image, [0, 0, 1, 1], [batch, channels, 6, 6]), [0, 0, 1, 1], [0, 0, 1, 1]);
  const turned = transpose(concat([image, framed], 1), [0, 2, 3, 1]);
  const share = expand(reshape(mean(square(turned)), [1]), [batch]);
  const loss = add(mean(square(judged)), sum(share));
  const variables = [down, up, weight];
  const slopes = gradients(loss, variables);
  const updated = variables.map((variable, index) => add(variable, multiply(slopes[index] ?? loss, -0.1)));
  return { loss, ...Object.fromEntries(variables.map(({ name }, index) => [`next:${name}`, updated[index] ?? loss])) };
}

function modelOf(outputs: Record<string, Tensor>, target: Target = portable) {
  const tensors = simplify(Object.values(outputs));
  const named = Object.fromEntries(
    Object.keys(outputs).map((name, index) => [name, tensors[index] ?? input(name, [])]),
  );
  const model = writeOnnx(named, { target });
  const { graph } = fromBinary(ModelProtoSchema, model.bytes);
  if (graph === undefined) throw new Error("no graph");
  return { graph, types: model.types };
}

describe("sizes of ONNX values", () => {
  /** Every form that a convolution can take on the CPU, by its place among those that apply. */
  const forms = [0, 1, 2, 3, 4, 5, 6, 7].map((place): [string, Target] => [
    `CPU, form ${place}`,
    { cpu: true, block: 16, choose: (_, names) => names[place % names.length] },
  ]);
  const targets: [string, Target][] = [["portable", portable], ["CPU", { cpu: true, block: 0 }], ...forms];
  const cases = targets.flatMap(([name, target]) => [3, 32].map((channels) => [name, channels, target] as const));

  it.each(cases)("follow from the operators' rules as our own types say: %s, %i channels", (_, channels, target) => {
    const { graph, types } = modelOf(smallStep(channels), target);
    const { values, guessed } = inferSizes(graph, new Map());
    expect(guessed).toEqual([]);
    for (const [name, { shape }] of types) expect([name, values.get(name)?.shape]).toEqual([name, shape]);
  });

  it("are guessed and named where an operator has no rule", () => {
    const { graph } = modelOf({ y: relu(input("x", [2, 3])) });
    for (const node of graph.node) if (node.opType === "Relu") node.opType = "Mystery";
    const { values, guessed } = inferSizes(graph, new Map());
    expect(guessed).toEqual(["Mystery"]);
    expect(values.get("y")?.bytes).toBe(24);
  });
});

describe("the order of execution", () => {
  it("has every node after those that it needs, and none twice", () => {
    const { graph } = modelOf(smallStep(16));
    const order = executionOrder(graph);
    const known = new Set([...graph.input, ...graph.initializer].map(({ name }) => name));
    for (const { input: taken, output } of order) {
      for (const name of taken) expect(known.has(name) || name === "").toBe(true);
      for (const name of output) known.add(name);
    }
    expect(new Set(order.map(({ name }) => name)).size).toBe(order.length);
    for (const { name } of graph.output) expect(known.has(name)).toBe(true);
  });
});

describe("memory of a graph", () => {
  const megabyte = 250_000;
  const results = (outputs: Record<string, Tensor>, batch = 1) => graphMemory({ outputs, batch }, portable).results;
  /** In units of what one megabyte takes. */
  const memory = (outputs: Record<string, Tensor>, batch = 1) =>
    results(outputs, batch) / results({ y: relu(input("x", [megabyte])) });

  it("keeps a result until the last node that reads it", () => {
    const x = input("x", [megabyte]);
    expect(memory({ y: relu(relu(relu(relu(x)))) })).toBeCloseTo(2, 5);
  });

  it("keeps what is used later", () => {
    const x = input("x", [megabyte]);
    const parts = [1, 2, 3, 4].map((factor) => tanh(multiply(x, factor)));
    expect(memory({ y: sum(concat(parts, 0)) })).toBeCloseTo(8, 4);
  });

  it("counts every output, and grows with the batch", () => {
    const x = input("x", ["batch", megabyte]);
    expect(memory({ y: relu(x), z: tanh(x) }, 3)).toBeCloseTo(6, 5);
    expect(results(smallStep(32, 64))).toBeGreaterThan(4 * results(smallStep(32, 8)));
  });
});

describe("multiply-adds", () => {
  it("are those of products and convolutions", () => {
    expect(countMultiplyAdds([matmul(input("x", ["batch", 10]), input("w", [10, 7]))], 3)).toBe(210);
    expect(countMultiplyAdds([conv2d(input("x", [2, 3, 8, 8]), input("w", [5, 3, 4, 4]), halving)])).toBe(
      2 * 5 * 16 * 48,
    );
    expect(countMultiplyAdds([tanh(input("x", [100]))])).toBe(0);
  });

  it("are as many in each gradient as in the operator itself", () => {
    const image = input("image", [2, 6, 8, 8]);
    const kernel = input("kernel", [4, 3, 4, 4]);
    const response = input("response", [2, 4, 4, 4]);
    const grouped = { ...halving, groups: 2 };
    const forms = [
      [conv2d(image, kernel, grouped), [image, kernel]],
      [convTranspose2d(response, kernel, { ...grouped, outputSize: [8, 8] }), [response, kernel]],
      [matmul(input("a", [5, 3]), input("b", [7, 3]), { transposeRight: true }), []],
    ] as const;
    for (const [y, variables] of forms) {
      const inputs = variables.length > 0 ? variables : y.inputs;
      for (const slope of gradients(sum(multiply(y, input("u", y.shape))), inputs)) {
        expect(countMultiplyAdds([slope])).toBe(countMultiplyAdds([y]));
      }
    }
  });
});

describe("a summary of layers", () => {
  it("gives each layer's shape, parameters, multiply-adds and activations for one picture", () => {
    const x = input("x", ["batch", 3, 8, 8]);
    const kernel = input("kernel", [16, 3, 4, 4]);
    const weight = input("weight", [256, 2]);
    const bias = input("bias", [2]);
    const hidden = withScope("net/down", () => relu(conv2d(x, kernel, halving)));
    const y = withScope("net/judge", () => add(matmul(reshape(hidden, ["batch", 256]), weight), bias));
    expect(summariseLayers([y], new Set([kernel, weight, bias]))).toEqual([
      { name: "net/down", shape: ["batch", 16, 4, 4], parameters: 768, multiplyAdds: 12_288, activationBytes: 2048 },
      { name: "net/judge", shape: ["batch", 2], parameters: 514, multiplyAdds: 512, activationBytes: 16 },
    ]);
  });

  it("counts a shared weight once, and what depends on weights alone as no activation", () => {
    const x = input("x", [1, 4]);
    const weight = input("weight", [4, 4]);
    const scaled = withScope("one", () => matmul(x, multiply(weight, 2)));
    const y = withScope("two", () => matmul(scaled, weight));
    const layers = summariseLayers([y], new Set([weight]));
    expect(layers.map(({ parameters }) => parameters)).toEqual([16, 0]);
    expect(layers.map(({ activationBytes }) => activationBytes)).toEqual([16, 16]);
  });
});

describe("the listing of an ONNX file", () => {
  it("names what the file takes, gives and is made of", () => {
    const outputs = { y: relu(matmul(input("x", ["batch", 3]), input("weight", [3, 2]))) };
    const { bytes } = writeOnnx(outputs, { target: portable });
    expect(listOnnx(bytes)).toEqual({
      producer: "atelier",
      operatorSet: expect.any(Number),
      inputs: [
        { name: "x", shape: ["batch", 3] },
        { name: "weight", shape: [3, 2] },
      ],
      outputs: [{ name: "y", shape: ["batch", 2] }],
      operators: [
        ["MatMul", 1],
        ["Relu", 1],
      ],
      storedNumbers: 0,
    });
  });

  it.each([
    ["nothing", new Uint8Array()],
    ["text", new TextEncoder().encode("this is no model at all, only words")],
    ["zeros", new Uint8Array(64)],
  ])("is refused for %s", (_, bytes) => {
    expect(listOnnx(bytes)).toBeUndefined();
  });
});

describe("types of a written model", () => {
  it("are known for every tensor of the graph", () => {
    const outputs = smallStep(3);
    const { types } = writeOnnx(outputs, { target: portable });
    const computed = topologicalOrder(Object.values(outputs)).filter(({ kind }) => kind === "computed");
    const shapes = new Set([...types.values()].map(({ shape }) => shape.join()));
    for (const { shape } of computed) expect(shapes.has(shape.join())).toBe(true);
  });
});
