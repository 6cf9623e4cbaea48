import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { gradients } from "../autodiff.ts";
import { multiply, sum } from "../operators/index.ts";
import { evaluate } from "../reference.ts";
import { elementCount } from "../shape.ts";
import { simplify } from "../simplify.ts";
import { constant, input } from "../tensor.ts";
import { OnnxNetwork } from "./network.ts";
import { drawFeeds, runOriginal, runTensors, worstDifference } from "./testing/models.ts";

/** Published networks, never part of the project: see their README. Without them these tests are reported as skipped. */
const data = process.env["ATELIER_TEST_DATA"] ?? resolve(import.meta.dirname, "../../../../shared/data");

/** Files by the sizes that they are given where theirs are open. */
const files: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  "backbones/lpips-squeeze": { a: [2, 3, 64, 48], b: [2, 3, 64, 48] },
  "backbones/mobilenetv1-0.25-128": { image: [2, 3, 128, 128] },
  "backbones/mobilenetv2-1.0-224": { image: [2, 3, 96, 64] },
  "backbones/squeezenet1_1-torchvision": { image: [2, 3, 75, 64] },
  "generators/cvae-quickdraw/decoder": { latent: [3, 16], label: [3, 51] },
  "generators/jcanedo-autoencoder/decoder": {},
  "generators/jcanedo-autoencoder/encoder": {},
  "generators/vae-sunrises/decoder": { z: [3, 2] },
  "generators/wrong-kind/ultraface-rfb-320": {},
};

const pathOf = (name: string) => join(data, `${name}.onnx`);

describe.skipIf(!existsSync(join(data, "backbones")))("published networks", () => {
  test.each(Object.entries(files))("%s gives onnxruntime's numbers", async (name, shapes) => {
    const bytes = readFileSync(pathOf(name));
    const network = OnnxNetwork.read(bytes, { name: "net" });
    const inputs = network.declareInputs(shapes);
    const sizes = Object.fromEntries(Object.entries(inputs).map(([port, { shape }]) => [port, shape.map(Number)]));
    const feeds = drawFeeds(sizes);
    const expected = await runOriginal(bytes, feeds, sizes);
    expect(network.unsupported).toEqual([]);
    expect(worstDifference(expected, await runTensors(network.apply(inputs), feeds))).toBeLessThan(1e-5);
  });

  // Float32 forward passes differ by about 1e-7 of their size and kinks bend the curve over the step: a step of 3e-3
  // along the gradient leaves differences of 0.1 to 0.3 %.
  test.each([
    ["backbones/squeezenet1_1-torchvision", "relu5"],
    ["backbones/mobilenetv2-1.0-224", "tap96"],
    ["backbones/lpips-squeeze", "distance"],
  ])("the gradient of %s is the slope of onnxruntime's own results", async (name, output) => {
    const bytes = readFileSync(pathOf(name));
    const { value, variable, weights, inputs } = weighted(bytes, output, 64);
    const [gradient = variable] = gradients(value, [variable]);
    const shapes = Object.fromEntries(inputs.map(({ name: port }) => [port, [1, 3, 64, 64]]));
    const feeds = drawFeeds(shapes);
    const slopes = (await runTensors({ gradient }, feeds)).get("gradient") ?? new Float32Array();
    const length = Math.hypot(...slopes);
    const resultAt = async (distance: number) => {
      const moved = feeds[variable.name]?.map((pixel, index) => pixel + (distance * (slopes[index] ?? 0)) / length);
      const results = await runOriginal(bytes, { ...feeds, [variable.name]: moved ?? slopes }, shapes);
      return dot(results.get(output) ?? new Float32Array(), weights);
    };
    const step = 3e-3;
    const slope = ((await resultAt(step)) - (await resultAt(-step))) / (2 * step);
    expect(Math.abs(slope / length - 1)).toBeLessThan(5e-3);
  });

  test("the gradient of squeezenet is the slope of the float64 reference along random directions", async () => {
    const bytes = readFileSync(pathOf("backbones/squeezenet1_1-torchvision"));
    const { value, variable } = weighted(bytes, "relu5", 35);
    const [gradient = variable] = gradients(value, [variable]);
    const feeds = drawFeeds({ image: [1, 3, 35, 35] });
    const slopes = (await runTensors({ gradient }, feeds)).get("gradient") ?? new Float32Array();
    const direction = randomStream(6, "direction").normals(slopes.length);
    const [graph = value] = simplify([value]);
    const resultAt = (distance: number) => {
      const image = Float64Array.from(
        feeds["image"] ?? [],
        (pixel, index) => pixel + distance * (direction[index] ?? 0),
      );
      return evaluate([graph], { image })[0]?.data[0] ?? Number.NaN;
    };
    const step = 1e-6;
    const expected = (resultAt(step) - resultAt(-step)) / (2 * step);
    expect(Math.abs(dot(slopes, direction) / expected - 1)).toBeLessThan(1e-4);
  });
});

/** A weighted sum of one output of a network of pictures, and its first input. */
function weighted(bytes: Uint8Array, output: string, size: number) {
  const network = OnnxNetwork.read(bytes, { name: "net" });
  const inputs = network.inputs.map(({ name }) => input(name, [1, 3, size, size]));
  const [variable] = inputs;
  const result = network.apply(Object.fromEntries(inputs.map((own) => [own.name, own])), { outputs: [output] })[output];
  if (variable === undefined || result === undefined) throw new Error("the file has no input or output");
  const sizes = result.shape.map(Number);
  const weights = randomStream(5, "weights").normals(elementCount(sizes));
  return { value: sum(multiply(result, constant(weights, sizes))), variable, weights, inputs };
}

function dot(left: Float32Array, right: Float32Array): number {
  return left.reduce((total, value, index) => total + value * (right[index] ?? 0), 0);
}
