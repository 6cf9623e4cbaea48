import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { certainPreset, type Origin, presetNames } from "./presets.ts";

const origin: Origin = { architecture: "ResNet-50", classes: 1000, producer: "", parameters: [], stridedPoints: 3 };

describe("certainPreset", () => {
  it.each<readonly [string, Partial<Origin>, string | undefined]>([
    ["PyTorch", { producer: "pytorch 2.3" }, "resnet-50"],
    ["a tool that keeps torchvision's names", { parameters: ["fc.weight"] }, "resnet-50"],
    ["Gluon", { parameters: ["resnetv17_conv0_weight"] }, "resnet-50"],
    ["Keras, strided in the 1x1 kernels", { producer: "tf2onnx 1.16", stridedPoints: 6 }, "resnet-50-keras"],
    ["TensorFlow, strided in the 3x3 kernels", { producer: "tf2onnx 1.16" }, undefined],
    ["TensorFlow, with a background", { producer: "tf2onnx", stridedPoints: 6, classes: 1001 }, undefined],
    ["nobody", {}, undefined],
    ["PyTorch, for other classes", { producer: "pytorch 2.3", classes: 37 }, undefined],
    ["PyTorch, without a classifier", { producer: "pytorch 2.3", classes: undefined }, undefined],
    ["Keras, VGG", { architecture: "VGG-19", producer: "keras2onnx" }, "vgg-19-keras"],
    ["Keras, MobileNet", { architecture: "MobileNet-v2", producer: "tf2onnx" }, "mobilenet-v2-keras"],
    ["nobody, MobileNet with a background", { architecture: "MobileNet-v2", classes: 1001 }, "mobilenet-v2-keras"],
    ["nobody, Inception of the usual FID", { architecture: "Inception-v3", classes: 1008 }, "inception-v3"],
    ["nobody, Inception for other classes", { architecture: "Inception-v3", classes: 3 }, undefined],
  ])("of a network by %s", (_, known, preset) => {
    expect(certainPreset({ ...origin, ...known })?.preset).toBe(preset);
  });
});

describe("presetNames", () => {
  it("are those that the documentation explains, in its order", () => {
    const rows = readFileSync("docs/features.md", "utf8").matchAll(/^\| `([a-z][^` ]*)` \|/gm);
    expect([...rows].map(([, name]) => name)).toEqual(presetNames);
  });
});
