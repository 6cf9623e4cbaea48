import { describe, expect, it } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { OnnxSession } from "../../runtime/index.ts";
import { portable, type Target } from "../emitter.ts";
import { writeOnnx } from "../onnx-writer.ts";
import { evaluate } from "../reference.ts";
import { input, type Tensor } from "../tensor.ts";
import { averagePool2d, globalAveragePool } from "./average-pooling.ts";
import { edgePad2d, reflectPad2d } from "./borders.ts";
import { maxPool2d, scatterToMaxima, selectAtMaxima } from "./max-pooling.ts";
import { resize2d, upsampleNearest2d } from "./resize.ts";

const overlapping = { kernel: [3, 2], strides: [2, 1], padding: [1, 1, 0, 0] } as const;
const tiles = { kernel: [2, 2] } as const;

const operators: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  maxPool2d: (x) => maxPool2d(x, overlapping),
  selectAtMaxima: (x) => selectAtMaxima(x, x, overlapping),
  scatterToMaxima: (x) => scatterToMaxima(x, maxPool2d(x, overlapping), overlapping),
  "scatterToMaxima of tiles": (x) => scatterToMaxima(x, maxPool2d(x, tiles), tiles),
  averagePool2d: (x) => averagePool2d(x, overlapping),
  globalAveragePool,
  "resize2d, bicubic": (x) => resize2d(x, { size: [3, 9], mode: "bicubic" }),
  "resize2d, nearest": (x) => resize2d(x, { size: [3, 9], mode: "nearest" }),
  upsampleNearest2d: (x) => upsampleNearest2d(x, 2),
  reflectPad2d: (x) => reflectPad2d(x, [1, 2, 3, 0]),
  edgePad2d: (x) => edgePad2d(x, [1, 2, 3, 0]),
};

const onCpu: Target = { cpu: true, block: 0 };

const BATCH = 3;

describe.each(Object.entries(operators))("an exported %s", (_, build) => {
  it.each([
    ["everywhere", portable],
    ["on the CPU", onCpu],
  ])("takes any number of pictures, %s", async (_name, target) => {
    const output = build(input("x", ["batch", 2, 5, 6]));
    const numbers = randomStream(5, "open batch").normals(BATCH * 2 * 5 * 6);
    const session = await OnnxSession.open(writeOnnx({ output }, { target }).bytes, { device: "cpu" });
    const actual = await session.run("x", numbers, [BATCH, 2, 5, 6], "output");
    await session.release();
    const expected = evaluate([output], { x: numbers }, BATCH)[0]?.data ?? new Float64Array();
    expect(actual.length).toBe(expected.length);
    expected.forEach((value, index) => {
      expect(Math.abs((actual[index] ?? Number.NaN) - value), `element ${index}`).toBeLessThan(1e-5);
    });
  });
});
