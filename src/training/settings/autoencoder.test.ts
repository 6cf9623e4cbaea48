import { describe, expect, it } from "vitest";
import type { AutoencoderSettings } from "../../methods/index.ts";
import { assertAutoencoderFits, autoencoderSchema, chosenAutoencoder } from "./autoencoder.ts";
import type { Choose, Given } from "./choose.ts";

function chosen(given: Given<AutoencoderSettings> = {}, classes = 0) {
  const reasons = new Map<string, string>();
  const choose: Choose = (key, value, fallback, reason) => {
    if (value === undefined) reasons.set(key, reason);
    return value ?? fallback;
  };
  return { settings: chosenAutoencoder(given, choose, { classes }), reasons };
}

const refusal = (given: Given<AutoencoderSettings>, features?: string, size: number | "32x8" = 32) =>
  expect(() => assertAutoencoderFits(chosen(given).settings, { size, features }));

describe("the settings of an autoencoder", () => {
  it("have defaults with reasons, which go together", () => {
    const { settings, reasons } = chosen();
    expect(autoencoderSchema.parse(settings)).toEqual(settings);
    expect([...reasons.keys()].sort()).toEqual(
      ["components", "corruption", "corruptionAmount", "reconstruction", "sparsity"].map((key) => `autoencoder.${key}`),
    );
    refusal({}).not.toThrow();
  });

  it.each(["gaussian", "saltAndPepper"] as const)("have an amount of %s where none is given", (corruption) => {
    expect(chosen({ corruption }).settings.corruptionAmount).toBeGreaterThan(0);
    refusal({ corruption }).not.toThrow();
  });

  it("weigh the classes where classes are learned, and only there", () => {
    const { settings, reasons } = chosen({}, 5);
    expect(autoencoderSchema.parse(settings)).toEqual(settings);
    expect(settings.classWeight).toBeGreaterThan(0);
    expect(reasons.has("autoencoder.classWeight")).toBe(true);
    expect(chosen({ classWeight: 2 }, 5).settings.classWeight).toBe(2);
    expect(chosen().settings.classWeight).toBeUndefined();
    expect(() => chosen({ classWeight: 2 })).toThrow("learns no classes");
    expect(autoencoderSchema.safeParse({ ...settings, classWeight: 0 }).success).toBe(false);
  });

  it("are refused where the corruption and what belongs to it contradict each other", () => {
    refusal({ corruption: "images" }).toThrow("autoencoder.corruptionImages=FOLDER");
    refusal({ corruption: "images", corruptionImages: "scratches" }).not.toThrow();
    refusal({ corruptionImages: "scratches" }).toThrow("autoencoder.corruption=images");
    refusal({ corruptionAmount: 0.3 }).toThrow("autoencoder.corruption=gaussian");
    refusal({ corruption: "gaussian", corruptionAmount: 0 }).toThrow("a deviation above 0");
    refusal({ corruption: "saltAndPepper", corruptionAmount: 1.5 }).toThrow("a share above 0, at most 1");
  });

  it("are refused where the reconstruction and what belongs to it contradict each other", () => {
    refusal({ reconstruction: "perceptual" }).toThrow("--features NETWORK.onnx");
    refusal({ reconstruction: "perceptual", layers: ["relu1"], preset: "unit" }, "net.onnx").not.toThrow();
    refusal({}, "net.onnx").toThrow("autoencoder.reconstruction=perceptual");
    refusal({ layers: ["relu1"] }).toThrow("autoencoder.layers");
    refusal({ preset: "unit" }).toThrow("autoencoder.preset");
    refusal({ reconstruction: "ssim" }, undefined, "32x8").toThrow("at least 11 pixels");
  });
});
