import { TensorProto_DataLocation, TensorProto_DataType } from "onnx-buf";
import { describe, expect, test } from "vitest";
import { OnnxNetwork } from "./network.ts";
import {
  buildModel,
  drawFeeds,
  node,
  runImported,
  runOriginal,
  type TensorInit,
  type TestModel,
  worstDifference,
} from "./testing/models.ts";
import { shapes } from "./testing/networks.ts";

describe("weights", () => {
  const values = [1, -0.5, 1.5, 0, 65504, 2 ** -24, 3.140625, -2];
  const bits16 = (toBits: (value: number) => number) => new Uint8Array(Uint16Array.from(values, toBits).buffer);
  const upperHalf = (value: number) => (new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0) >>> 16;
  const half: Readonly<Record<number, number>> = {
    1: 0x3c00,
    [-0.5]: 0xb800,
    1.5: 0x3e00,
    0: 0,
    65504: 0x7bff,
    [2 ** -24]: 1,
    3.140625: 0x4248,
    [-2]: 0xc000,
  };
  const halfOf = (value: number) => half[value] ?? 0;
  const exact = new Uint8Array(Float32Array.from(values).buffer);
  const { FLOAT, DOUBLE, FLOAT16, BFLOAT16 } = TensorProto_DataType;
  const forms: Readonly<
    Record<string, { readonly weight: Omit<TensorInit, "$typeName">; readonly rounded?: (value: number) => number }>
  > = {
    "float32 bytes": { weight: { dataType: FLOAT, rawData: exact } },
    "a list of float32": { weight: { dataType: FLOAT, floatData: values } },
    "float64 bytes": { weight: { dataType: DOUBLE, rawData: new Uint8Array(Float64Array.from(values).buffer) } },
    "a list of float64": { weight: { dataType: DOUBLE, doubleData: values } },
    "float16 bytes": { weight: { dataType: FLOAT16, rawData: bits16(halfOf) } },
    "a list of float16": { weight: { dataType: FLOAT16, int32Data: values.map(halfOf) } },
    "bfloat16 bytes": {
      weight: { dataType: BFLOAT16, rawData: bits16(upperHalf) },
      rounded: (value) => (value === 65504 ? 65280 : value),
    },
  };
  const withWeight = (weight: TensorInit): TestModel => ({
    inputs: { x: [8] },
    outputs: ["y"],
    weights: [{ ...weight, name: "w", dims: [8n] }],
    nodes: [node("Mul", ["x", "w"], "y")],
  });

  test.each(Object.entries(forms))("are read from %s", async (_, { weight, rounded = (value) => value }) => {
    const feeds = { x: new Float32Array(8).fill(1) };
    const results = await runImported(buildModel(withWeight(weight)), feeds, {});
    // The engine may count the smallest float16 as denormal work of its own, but not change it.
    expect([...(results.get("y") ?? [])]).toEqual(values.map(rounded));
  });

  test("and arithmetic of 16 bits are computed in 32", async () => {
    const { image } = shapes;
    const half = new Uint8Array(
      Uint16Array.from({ length: 4 * 3 * 9 }, (_, index) => 0x3000 + ((index * 97) % 0x800)).buffer,
    );
    const bytes = buildModel({
      inputs: { image },
      outputs: ["y"],
      weights: [{ name: "kernel", dims: [4n, 3n, 3n, 3n], dataType: FLOAT16, rawData: half }],
      nodes: [
        node("Cast", ["image"], "narrow", { to: FLOAT16 }),
        node("Conv", ["narrow", "kernel"], "conv", { pads: [1, 1, 1, 1] }),
        node("Relu", ["conv"], "relu"),
        node("Cast", ["relu"], "y", { to: FLOAT }),
      ],
    });
    const feeds = drawFeeds(shapes);
    const expected = await runOriginal(bytes, feeds, shapes);
    // The rounding of 16-bit floats, 2^-11, which ours leave out.
    expect(worstDifference(expected, await runImported(bytes, feeds, shapes))).toBeLessThan(2e-3);
  });

  test("in files beside the model are asked for piece by piece", async () => {
    const weight: TensorInit = {
      dataType: FLOAT,
      dataLocation: TensorProto_DataLocation.EXTERNAL,
      externalData: [
        { key: "location", value: "weights.bin" },
        { key: "offset", value: "16" },
        { key: "length", value: "32" },
      ],
    };
    const file = new Uint8Array(48);
    file.set(exact, 16);
    const bytes = buildModel(withWeight(weight));
    const feeds = drawFeeds({ x: [8] });
    const expected = await runOriginal(bytes, feeds, { x: [8] }, { path: "weights.bin", data: file });
    const externalData = (location: string, offset: number, length = file.length) => {
      expect(location).toBe("weights.bin");
      return file.subarray(offset, offset + length);
    };
    expect(worstDifference(expected, await runImported(bytes, feeds, {}, { externalData }))).toBe(0);
    await expect(runImported(bytes, feeds, {})).rejects.toThrow('weights in the file "weights.bin"');
  });

  test("that are too few are an error that names them", () => {
    const bytes = buildModel(withWeight({ dataType: FLOAT, rawData: exact.subarray(0, 12) }));
    expect(() => OnnxNetwork.read(bytes, { name: "net" })).toThrow(
      'net: tensor "w": expected 8 numbers for [8], received 3',
    );
  });
});
