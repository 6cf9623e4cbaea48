import { describe, expect, it } from "vitest";
import { assertSameRun } from "./same-run.ts";

const network = { name: "inception.onnx", sha256: "ab".repeat(32), layer: "pool" };
const checkpoint = { step: 40, data: "images", forms: new Map<string, string>(), recoveries: 0, state: new Map() };
const config = {
  data: "photos",
  evaluation: {
    every: 20,
    images: 100,
    metrics: ["kid" as const],
    best: "kid" as const,
    patience: 0,
    features: "moved.onnx",
  },
};
const check = (own: typeof network | undefined, found: typeof network | undefined, images = "images") =>
  assertSameRun(
    { ...checkpoint, ...(own && { extractor: own }) },
    { images, trainImages: 60, extractor: found },
    config,
  );

describe("a run that goes on", () => {
  it("may find the network of its scores under another name", () => {
    expect(() => check(network, { ...network, name: "moved.onnx" })).not.toThrow();
    expect(() => check(undefined, network)).not.toThrow();
    expect(() => check(network, undefined)).not.toThrow();
  });

  it("is refused with another network or layer, both named", () => {
    const other = { name: "resnet.onnx", sha256: "cd".repeat(32), layer: "pool" };
    expect(() => check(network, other)).toThrow(
      "moved.onnx: expected the network that the run has been scored with, inception.onnx (SHA-256 abababababab…, layer pool), received resnet.onnx (SHA-256 cdcdcdcdcdcd…, layer pool)",
    );
    expect(() => check(network, { ...network, layer: "logits" })).toThrow("layer logits");
  });

  it("is refused with other images", () => {
    expect(() => check(network, network, "others")).toThrow("photos: expected the training images");
  });
});
