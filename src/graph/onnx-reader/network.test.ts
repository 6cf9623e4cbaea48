import { TensorProto_DataType } from "onnx-buf";
import { describe, expect, test } from "vitest";
import { Program, ProgramState } from "../../runtime/index.ts";
import { gradients } from "../autodiff.ts";
import { portable } from "../emitter.ts";
import { writeOnnx } from "../onnx-writer.ts";
import { mean, multiply, square, subtract } from "../operators/index.ts";
import { constant, input, type Tensor } from "../tensor.ts";
import { topologicalOrder } from "../traverse.ts";
import { OnnxNetwork } from "./network.ts";
import {
  buildModel,
  difference,
  drawFeeds,
  floats,
  node,
  runImported,
  runOriginal,
  runTensors,
  type TensorInit,
  wholes,
  worstDifference,
} from "./testing/models.ts";
import { read, shapes, small } from "./testing/networks.ts";

describe("an imported network", () => {
  test("says what it is applied to, what it computes and what it has learned", () => {
    const network = read(small);
    expect(network.inputs).toEqual([{ name: "image", shape: ["N", 3, "H", "W"], numbers: "float" }]);
    expect(network.outputs.map(({ name }) => name)).toEqual(["features", "logits"]);
    expect(network.parameters.map(({ name, shape }) => [name, shape])).toEqual([
      ["conv.weight", [4, 3, 3, 3]],
      ["bn.scale", [4]],
      ["bn.shift", [4]],
      ["fc.weight", [4, 5]],
      ["fc.bias", [5]],
    ]);
    expect(network.parameters[0]?.input.name).toBe("net/conv.weight");
    expect(network.parameters[0]?.values).toHaveLength(4 * 3 * 3 * 3);
  });

  test("lists the values inside it, and what each is made of", () => {
    expect(read(small).values).toEqual([
      { name: "conv", operator: "Conv", inputs: ["image", "conv.weight"] },
      {
        name: "bn",
        operator: "BatchNormalization",
        inputs: ["conv", "bn.scale", "bn.shift", "bn.mean", "bn.variance"],
      },
      { name: "features", operator: "Relu", inputs: ["bn"] },
      { name: "pooled", operator: "ReduceMean", inputs: ["features"] },
      { name: "logits", operator: "Gemm", inputs: ["pooled", "fc.weight", "fc.bias"] },
    ]);
  });

  test("is applied to any tensor, and differentiated through", async () => {
    const latent = input("latent", shapes.image);
    const { features } = read(small).apply({ image: multiply(latent, 0.5) }, { outputs: ["features"] });
    const [gradient = latent] = gradients(mean(square(features)), [latent]);
    const { image = new Float32Array() } = drawFeeds(shapes);
    const doubled = image.map((pixel) => 2 * pixel);
    const results = await runTensors({ features, gradient }, { latent: doubled });
    const expected = await runOriginal(buildModel(small), { image }, shapes);
    expect(difference(expected.get("features"), results.get("features"))).toBeLessThan(1e-5);
    expect(results.get("gradient")?.some((slope) => Math.abs(slope) > 1e-6)).toBe(true);
  });

  test("has no NaN in its gradient where features are all 0 and are divided by their norm", async () => {
    const x = input("x", [1, 3, 2, 2]);
    const network = read({
      inputs: { x: ["N", 3, "H", "W"] },
      outputs: ["y"],
      weights: [floats("tiny", [], [1e-10])],
      nodes: [
        node("ReduceL2", ["x"], "norm", { axes: [1] }),
        node("Add", ["norm", "tiny"], "size"),
        node("Div", ["x", "size"], "y"),
      ],
    });
    const { y } = network.apply({ x }, { outputs: ["y"] });
    const [gradient = x] = gradients(mean(square(y)), [x]);
    const results = await runTensors({ gradient }, { x: new Float32Array(12) });
    expect([...(results.get("gradient") ?? [])].every((slope) => slope === 0)).toBe(true);
  });

  test("computes any value inside it, and builds only what that needs", async () => {
    const { conv, pooled } = read(small).apply(read(small).declareInputs(shapes), { outputs: ["conv", "pooled"] });
    expect(conv.shape).toEqual([2, 4, 8, 8]);
    expect(pooled.shape).toEqual([2, 4]);
    expect(topologicalOrder([conv]).filter(({ kind }) => kind === "computed")).toHaveLength(1);
  });

  test("gives the numbers before the normalisation where those are wanted too", async () => {
    const outputs = ["conv", "bn"];
    const model = { ...small, outputs };
    const feeds = drawFeeds(shapes);
    const expected = await runOriginal(buildModel(model), feeds, shapes);
    expect(worstDifference(expected, await runImported(buildModel(model), feeds, shapes))).toBeLessThan(1e-5);
    const tensors = topologicalOrder(Object.values(read(model).apply(read(model).declareInputs(shapes))));
    const operations = tensors.map((tensor) => (tensor.kind === "computed" ? tensor.operation.name : tensor.kind));
    expect(operations.filter((operation) => operation === "conv2d")).toHaveLength(1);
  });

  test("builds a layer's weights for each of the normalisations behind it, when they are wanted one by one", async () => {
    const statistics = ["bn.mean", "bn.variance"];
    const model = {
      ...small,
      outputs: ["bn", "other"],
      nodes: [...small.nodes, node("BatchNormalization", ["conv", "bn.shift", "bn.scale", ...statistics], "other")],
    };
    const feeds = drawFeeds(shapes);
    const expected = await runOriginal(buildModel(model), feeds, shapes);
    const network = read(model);
    for (const output of model.outputs) {
      const tensors = network.apply(network.declareInputs(shapes), { outputs: [output] });
      const actual = await runTensors(tensors, feeds);
      expect(difference(expected.get(output), actual.get(output))).toBeLessThan(1e-5);
    }
  });

  test("shares its frozen weights between applications", () => {
    const network = read(small);
    const weightsOf = (tensors: Readonly<Record<string, Tensor>>) =>
      topologicalOrder(Object.values(tensors)).filter(({ kind, shape }) => kind === "constant" && shape.length === 4);
    const first = weightsOf(network.apply({ image: input("a", shapes.image) }));
    const second = weightsOf(network.apply({ image: input("b", shapes.image) }));
    expect(first).toHaveLength(1);
    expect(first[0]).toBe(second[0]);
  });

  test("learns: its parameters are state of a program that lowers a loss", async () => {
    const network = read(small);
    const image = input("image", shapes.image);
    const target = input("target", [2, 5]);
    const { logits } = network.apply({ image }, { outputs: ["logits"], parameters: network.bindings() });
    const loss = mean(square(subtract(logits, target)));
    const inputs = network.parameters.map((parameter) => parameter.input);
    const slopes = gradients(loss, inputs);
    const state = inputs.map((current, index) => ({
      current,
      next: subtract(current, multiply(slopes[index] ?? current, 0.1)),
    }));
    const values = ProgramState.of(inputs, network.initialValues());
    const program = await Program.compile({ outputs: { loss }, state }, values, { device: "cpu" });
    const feeds = { ...drawFeeds(shapes), ...drawFeeds({ target: [2, 5] }) };
    const losses: number[] = [];
    for (let step = 0; step < 20; step++)
      losses.push((await program.run(feeds)).get("loss")?.floats()[0] ?? Number.NaN);
    await program.release();
    expect(losses.at(-1)).toBeLessThan(0.5 * (losses[0] ?? 0));
    expect(losses.every((value, index) => index === 0 || value < (losses[index - 1] ?? 0))).toBe(true);
  });

  test("trains only what is bound", () => {
    const network = read(small);
    const bias = network.parameters.filter(({ name }) => name === "fc.bias");
    const bindings = new Map(bias.map((parameter) => [parameter.input.name, parameter.input]));
    const outputs = network.apply(network.declareInputs(shapes), { parameters: bindings });
    const names = topologicalOrder(Object.values(outputs)).flatMap((tensor) =>
      tensor.kind === "input" ? [tensor.name] : [],
    );
    expect(names.toSorted()).toEqual(["image", "net/fc.bias"]);
  });

  test("takes other weights as constants, such as averaged ones", async () => {
    const network = read(small);
    const image = input("image", shapes.image);
    const doubled = network.parameters.map(({ input: { name }, values, shape }) => {
      return [
        name,
        constant(
          values.map((value) => 2 * value),
          shape,
        ),
      ] as const;
    });
    const before = network.apply({ image }, { outputs: ["features"] }).features;
    const after = network.apply({ image }, { outputs: ["features"], parameters: new Map(doubled) }).features;
    const bytes = buildModel({ ...small, weights: small.weights?.map(twice) ?? [] });
    const feeds = drawFeeds(shapes);
    const results = await runTensors({ before, after }, feeds);
    const unchanged = await runOriginal(buildModel(small), feeds, shapes);
    const changed = await runOriginal(bytes, feeds, shapes);
    expect(difference(unchanged.get("features"), results.get("before"))).toBeLessThan(1e-5);
    expect(difference(changed.get("features"), results.get("after"))).toBeLessThan(1e-5);

    /** Statistics are no parameters: they stay. */
    function twice(weight: TensorInit): TensorInit {
      if (weight.name === "bn.mean" || weight.name === "bn.variance") return weight;
      const values = new Float32Array(weight.rawData?.slice().buffer ?? new ArrayBuffer(0));
      return { ...weight, rawData: new Uint8Array(values.map((value) => 2 * value).buffer) };
    }
  });

  test("has learned what stands in nodes of its own, what is repeated and what is joined", () => {
    const network = read({
      inputs: { x: ["N", 3, 4] },
      outputs: ["y"],
      weights: [floats("token", [1, 1, 4]), wholes("axis", [0]), wholes("rest", [1, 4]), wholes("first", [0])],
      nodes: [
        node("Shape", ["x"], "sizes"),
        node("Gather", ["sizes", "first"], "batch"),
        node("Concat", ["batch", "rest"], "target", { axis: 0 }),
        node("Expand", ["token", "target"], "tokens"),
        node("Concat", ["tokens", "x"], "all", { axis: 1 }),
        node("Constant", [], "matrix", { value: { tensor: floats("", [5, 4]) } }),
        node("Transpose", ["matrix"], "turned"),
        node("MatMul", ["all", "turned"], "y"),
      ],
    });
    expect(network.parameters.map(({ name }) => name).toSorted()).toEqual(["matrix", "token"]);
    const { x } = network.declareInputs();
    expect(network.apply({ x: x ?? input("x", ["batch", 3, 4]) })["y"]?.shape).toEqual(["batch", 4, 5]);
  });

  test("survives being written and read again", async () => {
    const image = input("image", ["batch", 3, 8, 8]);
    const { bytes } = writeOnnx(read(small).apply({ image }), { target: portable });
    const feeds = drawFeeds(shapes);
    const expected = await runOriginal(buildModel(small), feeds, shapes);
    expect(worstDifference(expected, await runImported(bytes, feeds, {}, { batch: 2 }))).toBeLessThan(1e-5);
    expect(OnnxNetwork.read(bytes, { name: "again" }).parameters).toHaveLength(4);
  });

  test("takes other sizes than those it was exported with, when told", async () => {
    const model = { ...small, inputs: { image: [1, 3, 4, 4] } };
    const bytes = buildModel(model);
    const feeds = drawFeeds(shapes);
    await expect(runImported(bytes, feeds, shapes)).rejects.toThrow(
      'test: input "image": expected float32 [1, 3, 4, 4], received float32 [2, 3, 8, 8]',
    );
    const imported = await runImported(bytes, feeds, shapes, { inputShapes: { image: ["N", 3, null, null] } });
    expect(worstDifference(await runOriginal(buildModel(small), feeds, shapes), imported)).toBeLessThan(1e-5);
  });

  test("takes whole numbers, such as classes, as int32", async () => {
    const network = read({
      inputs: { label: ["N"] },
      inputTypes: { label: TensorProto_DataType.INT64 },
      outputs: ["y"],
      weights: [floats("table", [4, 3]), wholes("depth", 4), floats("values", [2], [0, 1]), floats("w", [4, 3])],
      nodes: [
        node("Gather", ["table", "label"], "embedding"),
        node("OneHot", ["label", "depth", "values"], "classes"),
        node("MatMul", ["classes", "w"], "rows"),
        node("Add", ["embedding", "rows"], "y"),
      ],
    });
    const { label } = network.declareInputs({ label: [2] });
    expect(label?.dtype).toBe("int32");
    const { y } = network.apply({ label: label ?? input("label", [2], "int32") }, { outputs: ["y"] });
    expect(y.shape).toEqual([2, 3]);
    expect(network.parameters.map(({ name }) => name)).toEqual(["table", "w"]);
  });
});
