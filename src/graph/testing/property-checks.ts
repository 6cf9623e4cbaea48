import fc from "fast-check";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { targetOf } from "../../runtime/targets.ts";
import { gradients } from "../autodiff.ts";
import { portable, type Target } from "../emitter.ts";
import { writeOnnx } from "../onnx-writer.ts";
import { add, multiply, square } from "../operators/arithmetic.ts";
import { reshape } from "../operators/movement.ts";
import { sum } from "../operators/reductions.ts";
import { evaluate } from "../reference.ts";
import { elementCount } from "../shape.ts";
import { simplify } from "../simplify.ts";
import { type Input, input, type Tensor } from "../tensor.ts";
import { type Draw, drawNumbers } from "./drawn-numbers.ts";

// Test support: what every operator must satisfy, checked for drawn inputs.

/** One use of an operator: the inputs it is given and the graph it makes of them. */
export interface OperatorCase {
  readonly inputs: readonly { readonly shape: readonly number[]; readonly draw?: Draw }[];
  readonly build: (...inputs: Tensor[]) => Tensor;
}

export interface OperatorChecks {
  /** Cases drawn for each check. Default: 12. */
  readonly runs?: number;
  /** Whether the operator has gradients. Default: true. */
  readonly gradient?: boolean;
  /** Whether gradients of its gradients are checked. Default: as `gradient`. */
  readonly secondGradient?: boolean;
  /** Largest difference between engine and reference, relative to the largest value. Default: 1e-5. */
  readonly tolerance?: number;
}

/** Half the distance of central differences, and what they may be wrong by, relative to the slopes. */
const STEP = 1e-5;
const SLOPE_TOLERANCE = 1e-7;
const SECOND_SLOPE_TOLERANCE = 1e-6;
const DIRECTIONS = 3;

/**
 * Registers tests which show, for drawn cases, that gradients and gradients of gradients agree with central differences
 * of the float64 reference, and that onnxruntime gives the reference's outputs and gradients, in the form for this
 * machine's CPU and in the portable one.
 */
export function describeOperator(
  name: string,
  cases: fc.Arbitrary<OperatorCase>,
  { runs = 12, gradient = true, secondGradient = gradient, tolerance = 1e-5 }: OperatorChecks = {},
): void {
  const settings = { numRuns: runs, seed: 1 };
  const instances = fc.tuple(cases, fc.nat()).map(([drawn, seed]) => ({ drawn, seed }));

  describe(name, () => {
    if (gradient) {
      it("has gradients that agree with central differences", () => {
        const property = fc.property(instances, ({ drawn, seed }) => {
          const { variables, output, feeds } = instantiate(drawn, seed);
          expectGradients(weighted(output), variables, feeds, SLOPE_TOLERANCE, seed);
        });
        fc.assert(property, settings);
      });
    }

    if (secondGradient) {
      it("has gradients of gradients that agree with central differences", () => {
        const property = fc.property(instances, ({ drawn, seed }) => {
          const { variables, output, feeds } = instantiate(drawn, seed);
          const slopes = gradients(weighted(square(output)), variables);
          const penalty = slopes.map((slope) => sum(square(slope))).reduce((total, term) => add(total, term));
          expectGradients(penalty, variables, feeds, SECOND_SLOPE_TOLERANCE, seed);
        });
        fc.assert(property, settings);
      });
    }

    it("is computed by the engine as by the float64 reference", async () => {
      const property = fc.asyncProperty(instances, async ({ drawn, seed }) => {
        const { variables, output, feeds } = instantiate(drawn, seed);
        const outputs = [output, ...(gradient ? gradients(weighted(output), variables) : [])];
        const expected = evaluate(outputs, feeds).map(({ data }) => data);
        expectClose(await compute(simplify(outputs), feeds, await targetOf("cpu")), expected, tolerance);
        expectClose(await compute(outputs, feeds, portable), expected, tolerance);
      });
      await fc.assert(property, settings);
    });
  });
}

type Feeds = Readonly<Record<string, Float64Array>>;

/** Declares the inputs of a case and draws numbers for them and for the weights of the output. */
function instantiate({ inputs, build }: OperatorCase, seed: number) {
  const declared = inputs.map(({ shape, draw }, index) =>
    input(`x${index}`, shape, isInteger(draw) ? "int32" : "float32"),
  );
  const output = build(...declared);
  const numbers = drawNumbers(inputs, seed);
  const weights = Float64Array.from(randomStream(seed, "weights").normals(elementCount(output.shape.map(Number))));
  const feeds: Feeds = { ...Object.fromEntries(numbers.map((values, index) => [`x${index}`, values])), weights };
  return { variables: declared.filter(({ dtype }) => dtype === "float32"), output, feeds };
}

const isInteger = (draw: Draw | undefined): boolean => typeof draw === "object";

/** A scalar that weighs every element of the tensor differently, so that no gradient can hide. */
function weighted(output: Tensor): Tensor {
  const count = elementCount(output.shape.map(Number));
  return sum(multiply(reshape(output, [count]), input("weights", [count])));
}

/** Compares the slopes along random directions of each variable with central differences of the float64 reference. */
function expectGradients(
  loss: Tensor,
  variables: readonly Input[],
  feeds: Feeds,
  tolerance: number,
  seed: number,
): void {
  const computed = evaluate(gradients(loss, variables), feeds);
  variables.forEach(({ name }, index) => {
    const at = feeds[name] ?? new Float64Array();
    const slopes = computed[index]?.data ?? new Float64Array();
    expect(slopes.length, `slopes of ${name}`).toBe(at.length);
    const scale = slopes.reduce((total, slope) => total + Math.abs(slope), 1);
    for (let direction = 0; direction < DIRECTIONS; direction++) {
      const random = randomStream(seed, "direction", name, direction);
      const signs = at.map(() => (random.uniform() < 0.5 ? -1 : 1));
      const shifted = (distance: number): number => {
        const moved = at.map((value, element) => value + distance * (signs[element] ?? 0));
        return evaluate([loss], { ...feeds, [name]: moved })[0]?.data[0] ?? Number.NaN;
      };
      const numeric = (shifted(STEP) - shifted(-STEP)) / (2 * STEP);
      const analytic = slopes.reduce((total, slope, element) => total + slope * (signs[element] ?? 0), 0);
      expect(Math.abs(analytic - numeric) / scale, `${name}: ${analytic} for ${numeric}`).toBeLessThan(tolerance);
    }
  });
}

/** The outputs as onnxruntime computes them from the graph written for a target. */
async function compute(outputs: readonly Tensor[], feeds: Feeds, target: Target): Promise<readonly Float32Array[]> {
  const names = outputs.map((_, index) => `output${index}`);
  const { bytes, inputs } = writeOnnx(Object.fromEntries(outputs.map((tensor, index) => [`output${index}`, tensor])), {
    target,
  });
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const results = await session.run(
    Object.fromEntries(inputs.map((declared) => [declared.name, engineTensor(declared, feeds[declared.name])])),
  );
  await session.release();
  return names.map((name) => Float32Array.from(results[name]?.data ?? [], Number));
}

function engineTensor({ shape, dtype }: Input, values: Float64Array = new Float64Array()): OrtTensor {
  return dtype === "int32"
    ? new OrtTensor("int32", Int32Array.from(values), shape.map(Number))
    : new OrtTensor("float32", Float32Array.from(values), shape.map(Number));
}

function expectClose(actual: readonly Float32Array[], expected: readonly Float64Array[], tolerance: number): void {
  expected.forEach((wanted, output) => {
    const received = actual[output] ?? new Float32Array();
    expect(received.length, `elements of output ${output}`).toBe(wanted.length);
    const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    wanted.forEach((value, element) => {
      const difference = Math.abs((received[element] ?? Number.NaN) - value);
      expect(difference / scale, `output ${output}, element ${element}`).toBeLessThan(tolerance);
    });
  });
}
