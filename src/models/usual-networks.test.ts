import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { elementCount, evaluate, input } from "../graph/index.ts";
import type { Network } from "../nn/index.ts";
import { type Architecture, architectures } from "./index.ts";

// Runs of earlier versions can only go on, and `sample:flowers` keeps its picture, while the usual networks stay what they
// were: the same variables in the same order with the same first numbers, and the same outputs. What they were is in
// testing/usual-networks.json, computed by this file's functions before networks had a structure that can be chosen.

interface Identity {
  /** Hash of the variables' names, roles, shapes and first numbers, in order. */
  readonly variables: string;
  /** Root of the mean square of the outputs for a batch in training, by the float64 reference. */
  readonly output: number;
}

const file = new URL("./testing/usual-networks.json", import.meta.url);
const recorded: Readonly<Record<string, Identity>> = JSON.parse(readFileSync(file, "utf8"));

const builders: Readonly<Record<string, (architecture: Architecture, size: number) => Network>> = {
  generator: ({ generator }, size) => generator(optionsOf(size)),
  decoder: ({ decoder }, size) => decoder({ ...optionsOf(size), outputs: 2 }),
  discriminator: ({ discriminator }, size) => discriminator(optionsOf(size)),
  encoder: ({ encoder }, size) => encoder({ ...optionsOf(size), features: 5 }),
};

function optionsOf(size: number) {
  return { format: { height: size, width: size, channels: 3 }, latent: 6, width: 4 } as const;
}

function identityOf(network: Network): Identity {
  const hash = createHash("sha256");
  const feeds: Record<string, Float32Array> = {};
  for (const { input: declared, shape, role, initializer } of network.variables) {
    const numbers = initializer(shape, randomStream(1, declared.name));
    hash.update(`${declared.name} ${role} ${shape.join(" ")}\n`).update(numbers);
    feeds[declared.name] = numbers;
  }
  const shape = [2, ...network.inputShape.slice(1).map(Number)];
  feeds["x"] = randomStream(2, "x").normals(elementCount(shape));
  const { output } = network.apply(input("x", shape), network.bindings(), "training");
  const numbers = evaluate([output], feeds)[0]?.data ?? new Float64Array();
  const meanSquare = numbers.reduce((total, value) => total + value * value, 0) / numbers.length;
  return { variables: hash.digest("hex").slice(0, 16), output: Math.sqrt(meanSquare) };
}

const cases = (["dcgan", "mlp", "resnet"] as const).flatMap((name) =>
  [16, 32, 64].flatMap((size) => Object.keys(builders).map((part) => [name, part, size] as const)),
);

describe("the usual networks are what they were:", () => {
  it.each(cases)("%s %s at %i pixels", (name, part, size) => {
    const build = builders[part];
    const before = recorded[`${name} ${part} ${size}`];
    const now = build === undefined ? undefined : identityOf(build(architectures[name], size));
    expect(now?.variables).toBe(before?.variables);
    expect((now?.output ?? 0) / (before?.output ?? 1)).toBeCloseTo(1, 9);
  });
});
