import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { evaluate, input } from "../graph/index.ts";
import { Network } from "../nn/index.ts";
import { conditioning, requestShape } from "./class-conditioning.ts";
import { type ArchitectureOptions, architectureNames, architectures } from "./index.ts";

const options = { format: { height: 16, width: 16, channels: 1 }, latent: 4, width: 2 } as const;
const classes = 3;

function namesOf({ variables }: Network): readonly string[] {
  return variables.map((variable) => variable.input.name);
}

/** First numbers of a network's variables, with others instead of zeros: class scales and shifts begin as 0. */
function drawn({ variables }: Network): Record<string, Float32Array> {
  return Object.fromEntries(
    variables.map(({ input: { name }, shape, initializer }) => {
      const values = initializer(shape, randomStream(1, name));
      const random = randomStream(2, name);
      return [name, /class(Scale|Shift)/.test(name) ? values.map(() => random.normal()) : values];
    }),
  );
}

/** Pictures outside of training. */
function pictures(network: Network, numbers: Record<string, Float32Array>, requests: readonly (readonly number[])[]) {
  const request = input("request", [requests.length, requests[0]?.length ?? 0]);
  const { output } = network.apply(request, network.bindings(), "inference");
  const all = evaluate([output], { ...numbers, request: Float64Array.from(requests.flat()) })[0]?.data ?? [];
  const size = all.length / requests.length;
  return requests.map((_, index) => Array.from(all.slice(index * size, (index + 1) * size)));
}

describe.each(architectureNames)("%s", (name) => {
  const { generator, decoder, discriminator, choices } = architectures[name];
  const builders = {
    generator,
    decoder: (given: ArchitectureOptions) => decoder({ ...given, outputs: 2 }),
  };

  it.each(["generator", "decoder"] as const)("has a %s whose plain layers stay as they are with classes", (kind) => {
    const build = builders[kind];
    for (const norm of choices.norm) {
      const plain = namesOf(build({ ...options, structure: { norm } }));
      expect(namesOf(build({ ...options, structure: { norm }, classes: 0 }))).toEqual(plain);
      const conditional = namesOf(build({ ...options, structure: { norm }, classes }));
      const added = conditional.filter((path) => !plain.includes(path));
      expect(conditional.filter((path) => plain.includes(path))).toEqual(plain);
      expect(added.every((path) => /\/(classes|classScale|classShift)\/weight$/.test(path))).toBe(true);
      const norms = plain.filter((path) => path.endsWith("/shift")).length;
      expect(added.length).toBe(1 + 2 * norms);
    }
  });

  it.each(["generator", "decoder"] as const)("has a %s that goes by the class, also between classes", (kind) => {
    const network = builders[kind]({ ...options, classes });
    const vector = [0.3, -0.2, 1.1, 0.4];
    const asked = [
      [...vector, 1, 0, 0],
      [...vector, 0, 1, 0],
      [...vector, 0, 0, 1],
      [...vector, 0.5, 0.5, 0],
    ];
    const made = pictures(network, drawn(network), asked);
    expect(new Set(made.map((picture) => picture.join())).size).toBe(4);
    // The picture of a class does not depend on what else is asked for at once.
    const alone = pictures(network, drawn(network), [asked[1] ?? []])[0] ?? [];
    alone.forEach((value, index) => expect(made[1]?.[index]).toBeCloseTo(value, 10));
  });

  it("gives as many verdicts as are asked for", () => {
    const judge = discriminator({ ...options, verdicts: 8 });
    const image = input("x", ["batch", 1, 16, 16]);
    expect(judge.apply(image, judge.bindings(), "inference").output.shape).toEqual(["batch", 8]);
  });
});

describe("a norm with classes", () => {
  const sizes = { latent: 2, classes: 2 };
  const network = new Network("n", requestShape(sizes), (scope, request) => {
    const { vector, normalised } = conditioning(scope, request, sizes, "batch");
    return normalised(scope, vector);
  });

  it("scales and shifts what was brought to scale, by the shares of the classes", () => {
    const numbers = drawn(network);
    const [latent, shares] = [
      [0.7, -1.3],
      [0.25, 0.75],
    ] as const;
    const [made] = pictures(network, numbers, [[...latent, ...shares]]);
    const of = (path: string, index: number) => numbers[`n/${path}`]?.[index] ?? Number.NaN;
    const units = 2 + 32;
    for (let unit = 0; unit < units; unit++) {
      const mixed = (path: string, width: number, at: number) =>
        shares[0] * of(path, at) + shares[1] * of(path, width + at);
      const x = unit < 2 ? (latent[unit] ?? 0) : mixed("classes/weight", 32, unit - 2);
      // As outside of training before any step: stored mean 0 and variance 1.
      const y = (x / Math.sqrt(1 + 1e-5)) * of("scale", unit) + of("shift", unit);
      const wanted = y * (1 + mixed("classScale/weight", units, unit)) + mixed("classShift/weight", units, unit);
      expect(made?.[unit]).toBeCloseTo(wanted, 6);
    }
  });

  it("begins as the same for all classes", () => {
    const first = network.variables.filter(({ input: { name } }) => /class(Scale|Shift)/.test(name));
    expect(first.length).toBe(2);
    for (const {
      initializer,
      shape,
      input: { name },
    } of first) {
      expect(initializer(shape, randomStream(1, name)).every((value) => value === 0)).toBe(true);
    }
  });
});
