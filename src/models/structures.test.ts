import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { elementCount, evaluate, input, type Tensor } from "../graph/index.ts";
import type { Network } from "../nn/index.ts";
import { Session } from "../runtime/index.ts";
import { architectureNames, architectures, type Structure, type StructureChoices } from "./index.ts";
import { structureOf } from "./structure.ts";

// Every choice of every architecture, and sizes that do not halve evenly, are what the float64 reference says.

const parts = ["kernel", "depth", "activation", "norm"] as const;

/** Structures that differ from the usual one in a single part, and one that differs in all. */
function structures(choices: StructureChoices): readonly Partial<Structure>[] {
  const single = parts.flatMap((part) => choices[part].slice(1).map((value) => ({ [part]: value })));
  const last = parts.map((part) => [part, choices[part].at(-1)] as const);
  return [{}, ...single, Object.fromEntries(last)];
}

const cases = architectureNames.flatMap((name) =>
  structures(architectures[name].choices).map((structure) => ({ name, structure, size: name === "fastgan" ? 32 : 16 })),
);
const uneven = architectureNames.map((name) => ({ name, structure: {}, size: 68 }));

const BATCH = 3;

describe("networks of every structure", () => {
  it.each([...cases, ...uneven])(
    "are computed by the engine as by the reference: $name $structure at $size pixels",
    async ({ name, structure, size }) => {
      const format = { height: size, width: size === 68 ? 20 : size, channels: 1 } as const;
      const options = { format, latent: 4, width: 2, structure };
      const { generator, encoder } = architectures[name];
      const [painter, coder] = [generator(options), encoder({ ...options, features: 3 })];
      const feeds: Record<string, Float32Array> = {};
      const noise = (path: string, shape: readonly number[]): Tensor => {
        feeds[path] = randomStream(3, path).normals(elementCount(shape));
        return input(path, shape);
      };
      const applied = (network: Network, x: Tensor) => network.apply(x, network.bindings(), "training", noise).output;
      const pictures = applied(painter, input("latent", [BATCH, 4]));
      const codes = applied(coder, pictures);
      for (const { input: declared, shape, initializer } of [...painter.variables, ...coder.variables]) {
        const drawn = initializer(shape, randomStream(1, declared.name));
        // Factors that begin as 0 would hide what they multiply.
        feeds[declared.name] = declared.name.endsWith("/noiseFactor") ? drawn.fill(0.5) : drawn;
      }
      feeds["latent"] = randomStream(2, "latent").normals(BATCH * 4);
      const expected = evaluate([pictures, codes], feeds);
      const session = await Session.compile({ pictures, codes }, { device: "cpu" });
      const results = await session.run(feeds);
      for (const [index, key] of (["pictures", "codes"] as const).entries()) {
        const wanted = expected[index]?.data ?? new Float64Array();
        const received = results.get(key)?.floats() ?? new Float32Array();
        expect(received.length).toBe(key === "pictures" ? BATCH * format.height * format.width : BATCH * 3);
        const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        expect(largest).toBeGreaterThan(1e-4);
        wanted.forEach((value, element) => {
          expect(Math.abs((received[element] ?? Number.NaN) - value)).toBeLessThan(1e-3 * largest);
        });
      }
      await session.release();
    },
  );

  it("keep the scale of signals from layer to layer without a norm", () => {
    for (const name of architectureNames) {
      const format = { height: 64, width: 64, channels: 1 } as const;
      const options = { format, latent: 16, width: 4, structure: { norm: "none" } } as const;
      const network = architectures[name].decoder({ ...options, outputs: 1 });
      const feeds = Object.fromEntries(
        network.variables.map(({ input: { name: path }, shape, initializer }) => [
          path,
          initializer(shape, randomStream(1, path)),
        ]),
      );
      const { output } = network.apply(input("z", [2, 16]), network.bindings(), "training");
      const [pictures] = evaluate([output], { ...feeds, z: randomStream(2, "z").normals(32) });
      const square = pictures?.data.reduce((total, value) => total + value * value, 0) ?? 0;
      const deviation = Math.sqrt(square / (pictures?.data.length ?? 1));
      expect(deviation, name).toBeGreaterThan(1e-2);
      expect(deviation, name).toBeLessThan(30);
    }
  });

  it("refuse what the architecture cannot have, and name what it can", () => {
    const format = { height: 16, width: 16, channels: 1 } as const;
    const options = { format, latent: 4, width: 2 } as const;
    expect(() => architectures.dcgan.generator({ ...options, structure: { kernel: 7 } })).toThrow(
      "kernel of dcgan: expected 4, 5, received 7",
    );
    expect(() => architectures.mlp.generator({ ...options, structure: { norm: "instance" } })).toThrow(
      "norm of mlp: expected none, batch, layer, received instance",
    );
  });

  it("are the usual ones where nothing is chosen", () => {
    expect(structureOf(architectures.dcgan)).toEqual({ kernel: 4, depth: 0, activation: "relu", norm: "batch" });
    expect(structureOf(architectures.mlp)).toEqual({ kernel: 1, depth: 2, activation: "leakyRelu", norm: "none" });
    expect(structureOf(architectures.resnet)).toEqual({ kernel: 3, depth: 1, activation: "relu", norm: "batch" });
    expect(structureOf(architectures.fastgan)).toEqual({ kernel: 3, depth: 1, activation: "glu", norm: "batch" });
  });
});
