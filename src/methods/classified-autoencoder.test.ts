import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { constant, elementCount, evaluate, type Tensor } from "../graph/index.ts";
import { type ClassifiedAutoencoderOptions, classifiedAutoencoder } from "./classified-autoencoder.ts";
import type { StepInputs } from "./method.ts";
import { inferencePlayers } from "./players.ts";
import { adamUpdate, format, latent, linear } from "./testing/small-gans.ts";

const rows = 5;
const classes = 3;
const options: ClassifiedAutoencoderOptions = {
  architecture: linear,
  format,
  latent,
  width: 1,
  batch: rows,
  encoder: adamUpdate,
  decoder: adamUpdate,
  averageHalfLife: 10,
  reconstruction: "mse",
  corruption: "none",
  corruptionAmount: 0,
  sparsity: 0,
  components: 2,
  classWeight: 0.25,
  classes,
  classifier: { width: 8, batch: 6, pseudoLabels: 0.5, threshold: 0.4, transforms: ["brightness"], alignment: false },
  teacher: adamUpdate,
};

/** Numbers that a name and a shape decide. */
function drawn(name: string, shape: readonly number[], from: "normals" | "uniforms" = "normals"): Tensor {
  const random = randomStream(4, name);
  const count = elementCount(shape);
  return constant(
    from === "normals" ? random.normals(count) : Float32Array.from({ length: count }, () => random.uniform()),
    shape,
  );
}

const inputs: StepInputs = {
  real: drawn("real", [rows, 1, 2, 2]),
  noise: drawn,
  uniform: (name, shape) => drawn(name, shape, "uniforms"),
  scalar: () => drawn("scalar", []),
  memory: (name, shape) => drawn(name, shape),
  known: () => drawn("known", [rows, classes]),
  labelled: (count) => ({
    images: drawn("labelled", [count, 1, 2, 2]),
    classes: constant(
      Float32Array.from({ length: count * classes }, (_, at) =>
        Number(at % classes === Math.floor(at / classes) % classes),
      ),
      [count, classes],
    ),
  }),
};

/** What a step makes small and reports, by name, with weights that are drawn. */
function lossesOf(given: Partial<ClassifiedAutoencoderOptions> = {}) {
  const method = classifiedAutoencoder({ ...options, ...given });
  const variables = Object.values(method.networks).flatMap((network) => network.variables);
  const weights = new Map(variables.map(({ input: { name }, shape }) => [name, drawn(name, shape)]));
  const players = inferencePlayers(method.networks, weights);
  const [phase] = method.phases;
  const { losses, report } = phase?.losses(inputs, players) ?? { losses: {}, report: {} };
  const numbers = (tensors: Readonly<Record<string, Tensor>>) =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, tensor]) => [name, evaluate([tensor], {})[0]?.data[0] ?? Number.NaN]),
    );
  return { losses: numbers(losses), report: numbers(report), method, players };
}

describe("an autoencoder that learns classes", () => {
  it("makes small the reconstruction of all images and, weighted, what the classifier learns", () => {
    const { losses, report } = lossesOf();
    const { reconstructionLoss = Number.NaN, classLoss = Number.NaN, pseudoLoss = Number.NaN } = report;
    const expected = reconstructionLoss + 0.25 * (classLoss + 0.5 * pseudoLoss);
    expect(pseudoLoss).toBeGreaterThan(0);
    expect(Object.keys(losses).sort()).toEqual(["classifier", "decoder", "encoder"]);
    for (const loss of Object.values(losses)) expect(loss).toBeCloseTo(expected, 4);
  });

  it("spoils images for the reconstruction alone", () => {
    const [plain, spoilt] = [lossesOf(), lossesOf({ corruption: "gaussian", corruptionAmount: 0.5 })];
    expect(spoilt.report["reconstructionLoss"]).not.toBe(plain.report["reconstructionLoss"]);
    expect(spoilt.report["classLoss"]).toBe(plain.report["classLoss"]);
  });

  it("classifies what the encoder sees, and encodes and decodes as any autoencoder", () => {
    const { method, players } = lossesOf();
    const { coding } = method;
    const codes = coding?.encode(inputs.real, players) ?? inputs.real;
    const [logits, ofCodes, picture, sampled] = evaluate(
      [
        method.classes?.classify(inputs.real, players) ?? codes,
        players.classifier(codes),
        coding?.decode(codes, players) ?? codes,
        method.sample(codes, players),
      ],
      {},
    );
    expect(logits?.shape).toEqual([rows, classes]);
    expect(logits?.data).toEqual(ofCodes?.data);
    expect(picture?.data).toEqual(sampled?.data);
  });
});
