import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { add, elementCount, evaluate, gradients, input, multiply, subtract, type Tensor } from "../graph/index.ts";
import { lossIfGenerated, lossIfReal, type Network, type Variable } from "../nn/index.ts";
import { Session } from "../runtime/index.ts";
import { type ArchitectureOptions, architectureNames, architectures } from "./index.ts";

const BATCH = 4;
const base = { format: { height: 16, width: 16, channels: 1 }, latent: 4, width: 2 } as const;

const options: Readonly<Record<string, Partial<ArchitectureOptions>>> = {
  "nothing else": {},
  dropout: { dropout: 0.3 },
  minibatchDeviation: { minibatchDeviation: true },
  mapNoise: { mapNoise: true },
};
const cases = architectureNames.flatMap((name) => Object.keys(options).map((option) => [name, option] as const));

/** Draws asked for while graphs are built, by name. */
class Draws {
  readonly shapes = new Map<string, readonly number[]>();

  readonly noise = (name: string, shape: readonly number[]): Tensor => {
    this.shapes.set(`noise ${name}`, shape);
    return input(`noise ${name}`, shape);
  };

  numbers(step: number): Record<string, Float32Array> {
    const drawn = [...this.shapes].map(
      ([name, shape]) => [name, randomStream(step, name).normals(elementCount(shape))] as const,
    );
    return Object.fromEntries(drawn);
  }
}

function drawnVariables(variables: readonly Variable[]): Record<string, Float32Array> {
  const drawn = variables.map(
    ({ input: { name }, shape, initializer }) => [name, initializer(shape, randomStream(1, name))] as const,
  );
  return Object.fromEntries(drawn);
}

/** Parameters against the slope of a loss, and statistics as the layers keep them. */
function moved(network: Network, loss: Tensor, statistics: ReadonlyMap<string, Tensor>): Record<string, Tensor> {
  const inputs = network.variables.filter(({ role }) => role === "parameter").map((variable) => variable.input);
  const slopes = gradients(loss, inputs);
  const trained = inputs.map((own, index) => [own.name, subtract(own, multiply(slopes[index] ?? own, 0.02))] as const);
  return Object.fromEntries([...trained, ...statistics].map(([name, next]) => [`next ${name}`, next]));
}

describe.each(cases)("%s with %s", (name, option) => {
  const given = { ...base, ...options[option] };
  const [painter, judge] = [architectures[name].generator(given), architectures[name].discriminator(given)];

  it("trains some steps, and all of its numbers stay finite", async () => {
    const draws = new Draws();
    const real = input("real", [BATCH, 1, 16, 16]);
    const pictures = painter.apply(input("latent", [BATCH, 4]), painter.bindings(), "training", draws.noise);
    const onReal = judge.apply(real, judge.bindings(), "training", draws.noise);
    const onGenerated = judge.apply(pictures.output, judge.bindings(), "training", draws.noise);
    const loss = add(lossIfReal(onReal.output), lossIfGenerated(onGenerated.output));
    const next = {
      ...moved(painter, lossIfReal(onGenerated.output), pictures.statistics),
      ...moved(judge, loss, onGenerated.statistics),
    };
    const session = await Session.compile({ ...next, loss }, { device: "cpu" });
    const first = drawnVariables([...painter.variables, ...judge.variables]);
    let state = first;
    for (let step = 0; step < 4; step++) {
      const latent = randomStream(step, "latent").normals(BATCH * 4);
      const images = randomStream(step, "real").normals(BATCH * 256);
      const results = await session.run({ ...state, ...draws.numbers(step), latent, real: images });
      const entries = Object.keys(first).map(
        (key) => [key, results.get(`next ${key}`)?.floats() ?? new Float32Array()] as const,
      );
      state = Object.fromEntries(entries);
      for (const [key, numbers] of entries) {
        expect(numbers.length, key).toBe(first[key]?.length);
        expect(numbers.every(Number.isFinite), key).toBe(true);
      }
    }
    await session.release();
    const still = Object.keys(first).filter((key) =>
      state[key]?.every((value, index) => value === first[key]?.[index]),
    );
    expect(still).toEqual([]);
  });

  it("draws the same picture for a vector each time, and judges a batch of any size", () => {
    const { output } = painter.apply(input("latent", ["batch", 4]), painter.bindings(), "inference");
    const judged = judge.apply(input("x", ["batch", 1, 16, 16]), judge.bindings(), "inference").output;
    expect(output.shape).toEqual(["batch", 1, 16, 16]);
    expect(judged.shape).toEqual(["batch", 1]);
  });
});

describe("options", () => {
  const outputs = (network: Network, x: ArrayLike<number>, shape: readonly number[], seed: number) => {
    const draws = new Draws();
    const { output } = network.apply(input("x", shape), network.bindings(), "training", draws.noise);
    return evaluate([output], { ...drawnVariables(network.variables), ...draws.numbers(seed), x })[0]?.data;
  };

  it.each(architectureNames)("map noise leaves the pictures of a new %s as they are", (name) => {
    const { decoder } = architectures[name];
    const latent = randomStream(0, "latent").normals(BATCH * 4);
    const plain = outputs(decoder({ ...base, outputs: 1 }), latent, [BATCH, 4], 0);
    const noisy = outputs(decoder({ ...base, outputs: 1, mapNoise: true }), latent, [BATCH, 4], 0);
    expect(noisy).toEqual(plain);
  });

  it.each(architectureNames)(
    "dropout gives %s other outputs for other draws, of networks that judge and encode",
    (name) => {
      const { discriminator, encoder } = architectures[name];
      const x = randomStream(0, "images").normals(BATCH * 256);
      for (const network of [
        discriminator({ ...base, dropout: 0.5 }),
        encoder({ ...base, dropout: 0.5, features: 3 }),
      ]) {
        expect(outputs(network, x, [BATCH, 1, 16, 16], 1)).not.toEqual(outputs(network, x, [BATCH, 1, 16, 16], 2));
      }
    },
  );

  it.each(architectureNames)("minibatch deviation lets a picture's logit of %s depend on the others", (name) => {
    const { discriminator, discriminatorNorms } = architectures[name];
    const norm = { discriminatorNorm: discriminatorNorms.includes("none") ? "none" : "spectral" } as const;
    const x = randomStream(0, "images").normals(BATCH * 256);
    const others = Float32Array.from(x, (value, index) => (index < 256 ? value : 3 * value));
    const logitOf = (images: Float32Array, minibatchDeviation: boolean) =>
      outputs(discriminator({ ...base, ...norm, minibatchDeviation }), images, [BATCH, 1, 16, 16], 0)?.[0] ??
      Number.NaN;
    expect(logitOf(others, false)).toBeCloseTo(logitOf(x, false), 12);
    expect(Math.abs(logitOf(others, true) - logitOf(x, true))).toBeGreaterThan(1e-9);
  });
});
