import { expect, it } from "vitest";
import type { FeatureMatchingSettings } from "../../methods/index.ts";
import type { Structure } from "../../models/index.ts";
import { assertFeatureMatchingFits, chosenFeatureMatching, featureMatchingSchema } from "./feature-matching.ts";

const network: Structure = { kernel: 1, depth: 2, activation: "leakyRelu", norm: "none" };
const usual = { architecture: "mlp", network, classifier: { pseudoLabels: 0 } } as const;
const settings: FeatureMatchingSettings = { unlabelledWeight: 1, virtualAdversarial: 0, virtualAdversarialLength: 4 };

it("has settings that were not given, each with a reason", () => {
  const reasons: string[] = [];
  const chosen = chosenFeatureMatching({ virtualAdversarial: 0.5 }, (key, given, fallback, reason) => {
    if (given === undefined) reasons.push(`${key}: ${reason}`);
    return given ?? fallback;
  });
  expect(featureMatchingSchema.parse(chosen)).toEqual(chosen);
  expect(chosen).toEqual({ ...settings, virtualAdversarial: 0.5 });
  expect(reasons.length).toBe(2);
});

it("takes the structure of a convolutional generator", () => {
  const deep: Structure = { kernel: 4, depth: 2, activation: "silu", norm: "instance" };
  expect(() => assertFeatureMatchingFits(settings, { ...usual, architecture: "dcgan", network: deep })).not.toThrow();
  expect(() => assertFeatureMatchingFits({ ...settings, virtualAdversarial: 1 }, usual)).not.toThrow();
});

it.each([
  [{ unlabelledWeight: 0, virtualAdversarial: 1 }, {}, "featureMatching.virtualAdversarial: expected 0 beside"],
  [{ unlabelledWeight: 0 }, { classifier: { pseudoLabels: 1 } }, "classifier.pseudoLabels: expected 0 beside"],
  [{}, { network: { ...network, depth: 3 } }, "network.depth: expected none for model feature-matching"],
  [{}, { network: { ...network, norm: "batch" as const } }, "network.norm: expected none for model feature-matching"],
] as const)("refuses what does not go together: %j %j", (changes, surroundings, message) => {
  expect(() => assertFeatureMatchingFits({ ...settings, ...changes }, { ...usual, ...surroundings })).toThrow(message);
});
