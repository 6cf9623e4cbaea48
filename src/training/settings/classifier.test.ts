import { expect, it } from "vitest";
import type { ClassifierSettings, ModelName } from "../../methods/index.ts";
import type { Given } from "./choose.ts";
import { chosenClassification, classifierSchema } from "./classifier.ts";

const context = { classes: 4, channels: 3, batch: 64, microBatches: 1, images: 900, labelled: 20 } as const;

const chosen = (model: ModelName, given: Given<ClassifierSettings> = {}) =>
  chosenClassification(given, { ...context, model }, (_key, value, fallback) => value ?? fallback).classifier;

it.each(["gan", "vae", "autoencoder", "feature-matching"] as const)(
  "has settings that can be given again: %s",
  (model) => {
    const usual = classifierSchema.parse(chosen(model));
    expect(chosen(model, usual)).toEqual(usual);
  },
);

it.each([
  ["autoencoder", { width: 8 }, "classifier.width: expected none for model autoencoder"],
  ["feature-matching", { width: 8 }, "classifier.width: expected none for model feature-matching"],
  ["feature-matching", { transforms: ["mirror"] }, "classifier.transforms: expected none for model feature-matching"],
] as const)("refuses what changes nothing: %s, %j", (model, given, message) => {
  expect(() => chosen(model, given)).toThrow(message);
});

it("takes what changes something", () => {
  expect(chosen("gan", { width: 8 })).toMatchObject({ width: 8 });
  const pseudo = { pseudoLabels: 1, transforms: ["mirror"] } as const;
  expect(chosen("feature-matching", pseudo)).toMatchObject(pseudo);
  expect(chosen("autoencoder", { transforms: ["mirror"] })).toMatchObject({ transforms: ["mirror"] });
});
