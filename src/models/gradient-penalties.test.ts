import { beforeAll, describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { elementCount, evaluate, gradients, input, type Tensor } from "../graph/index.ts";
import { gradientPenalty, type Network, r1Penalty, randomInterpolates, type Variable } from "../nn/index.ts";
import { singularTriple } from "../nn/testing/singular-values.ts";
import { Session } from "../runtime/index.ts";
import { type ArchitectureName, architectures, type DiscriminatorNorm } from "./index.ts";

// The gradients with which a discriminator learns from a penalty on its own gradient, through whole networks: the only
// place where gradients of gradients of every layer meet.

const [batch, size] = [2, 16];
const shape = [batch, 1, size, size];
const format = { height: size, width: size, channels: 1 } as const;

const penalties: Readonly<Record<string, (judge: (x: Tensor) => Tensor) => Tensor>> = {
  "R1 penalty": (judge) => {
    const real = input("real", shape);
    return r1Penalty(judge(real), real, 10);
  },
  "WGAN-GP penalty": (judge) => {
    const between = randomInterpolates(input("real", shape), input("generated", shape), input("shares", [batch, 2]));
    return gradientPenalty(judge(between), between);
  },
};

type Convolutional = Exclude<ArchitectureName, "mlp">;

const networks: readonly (readonly [Convolutional, DiscriminatorNorm])[] = [
  ["dcgan", "none"],
  ["dcgan", "instance"],
  ["dcgan", "layer"],
  ["dcgan", "spectral"],
  ["resnet", "none"],
  ["resnet", "instance"],
  ["resnet", "layer"],
  ["resnet", "spectral"],
  ["fastgan", "none"],
];

type Numbers = Readonly<Record<string, Float64Array>>;

/** Layers of as many channels as the engine has fast forms of convolutions for. */
const wide: readonly (readonly [Convolutional, DiscriminatorNorm])[] = [
  ["dcgan", "instance"],
  ["resnet", "none"],
];

/** Numbers for the images and every variable, exact in float32 but for singular vectors. */
function drawNumbers({ variables }: Network): Numbers {
  const random = randomStream(4, "penalties");
  const draw = (count: number, deviation: number, mean = 0) =>
    Float64Array.from(random.normals(count), (value) => Math.fround(mean + deviation * value));
  const numbers: Record<string, Float64Array> = {
    real: draw(elementCount(shape), 0.5),
    generated: draw(elementCount(shape), 0.5),
    shares: draw(2 * batch, 1),
  };
  for (const { input: declared, shape: own } of variables) {
    const count = elementCount(own);
    const inputs = own.length === 2 ? (own[0] ?? 1) : count / (own[0] ?? 1);
    if (declared.name.endsWith("/scale")) numbers[declared.name] = draw(count, 0.2, 1);
    else numbers[declared.name] = draw(count, own.length === 1 ? 0.2 : Math.sqrt(2 / inputs));
  }
  // Where the singular vectors are exact, the norm's slope through them vanishes, and its gradient rule is the whole truth.
  for (const { input: declared, shape: own } of variables) {
    const [, layer] = /^(.*)\/singularVector$/.exec(declared.name) ?? [];
    const weight = numbers[`${layer}/weight`];
    if (weight !== undefined)
      numbers[declared.name] = singularTriple(weight, own[0] ?? 1, weight.length / (own[0] ?? 1)).left;
  }
  return numbers;
}

/** The slope of the loss along a random direction of some parameters, by central differences. */
function numericSlope(loss: Tensor, numbers: Numbers, directions: Numbers): number {
  const h = 1e-6;
  const shifted = (distance: number): number => {
    const moved = Object.entries(directions).map(([name, direction]) => [
      name,
      numbers[name]?.map((value, index) => value + distance * (direction[index] ?? 0)),
    ]);
    return evaluate([loss], { ...numbers, ...Object.fromEntries(moved) })[0]?.data[0] ?? Number.NaN;
  };
  return (shifted(h) - shifted(-h)) / (2 * h);
}

function directionOf({ input: { name }, shape: own }: Variable): Float64Array {
  return Float64Array.from(randomStream(5, "direction", name).normals(elementCount(own)));
}

function dot(left: ArrayLike<number>, right: ArrayLike<number>): number {
  return Array.from(left).reduce((total, value, index) => total + value * (right[index] ?? 0), 0);
}

const lengthOf = (vector: ArrayLike<number>): number => Math.sqrt(dot(vector, vector));

describe.each(Object.entries(penalties))("the gradient of the %s", (_penalty, build) => {
  describe.each(networks)("of %s with norm %s", (name, norm) => {
    const learning = learn(name, norm, 2, build);
    let expected: readonly Float64Array[] = [];
    beforeAll(() => {
      expected = evaluate(learning.slopes, learning.numbers).map(({ data }) => data);
    });

    it("agrees with central differences for each parameter", () => {
      const { loss, numbers, parameters } = learning;
      const largest = Math.max(...expected.map(lengthOf));
      expect(largest).toBeGreaterThan(1e-2);
      parameters.forEach((parameter, index) => {
        const slope = expected[index] ?? new Float64Array();
        const direction = directionOf(parameter);
        const numeric = numericSlope(loss, numbers, { [parameter.input.name]: direction });
        const scale = (lengthOf(slope) + 1e-3 * largest) * lengthOf(direction);
        expect(Math.abs(dot(slope, direction) - numeric) / scale, parameter.input.name).toBeLessThan(1e-6);
      });
    });

    it("is computed by the engine as by the float64 reference", async () => {
      await expectOfEngine(learning, expected);
    });
  });

  it.each(wide)("is computed by the engine for a %s of 16 channels with norm %s", async (name, norm) => {
    const learning = learn(name, norm, 16, build);
    const expected = evaluate(learning.slopes, learning.numbers).map(({ data }) => data);
    await expectOfEngine(learning, expected);
  });
});

/** A discriminator, the penalty on it, and the penalty's gradient with respect to each parameter. */
interface Learning {
  readonly parameters: readonly Variable[];
  readonly numbers: Numbers;
  readonly loss: Tensor;
  readonly slopes: readonly Tensor[];
}

function learn(
  name: Convolutional,
  discriminatorNorm: DiscriminatorNorm,
  width: number,
  build: (judge: (x: Tensor) => Tensor) => Tensor,
): Learning {
  const network = architectures[name].discriminator({ format, latent: 4, width, discriminatorNorm });
  const parameters = network.variables.filter(({ role }) => role === "parameter");
  const loss = build((x) => network.apply(x, network.bindings(), "training").output);
  const inputs = parameters.map((parameter) => parameter.input);
  return { parameters, numbers: drawNumbers(network), loss, slopes: gradients(loss, inputs) };
}

async function expectOfEngine({ parameters, numbers, slopes }: Learning, expected: readonly Float64Array[]) {
  const outputs = Object.fromEntries(slopes.map((slope, index) => [`slope${index}`, slope]));
  const session = await Session.compile(outputs, { device: "cpu" });
  const fed = Object.entries(numbers).map(([key, values]) => [key, Float32Array.from(values)] as const);
  const results = await session.run(Object.fromEntries(fed));
  const largest = Math.max(...expected.map(lengthOf));
  parameters.forEach(({ input: declared }, index) => {
    const received = results.get(`slope${index}`)?.floats() ?? new Float32Array();
    const wanted = expected[index] ?? new Float64Array();
    expect(received.length).toBe(wanted.length);
    const difference = wanted.map((value, element) => (received[element] ?? Number.NaN) - value);
    expect(lengthOf(difference) / (lengthOf(wanted) + 1e-3 * largest), declared.name).toBeLessThan(1e-4);
  });
  await session.release();
}
