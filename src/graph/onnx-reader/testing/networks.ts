import { OnnxNetwork } from "../network.ts";
import { buildModel, floats, node, positives, type TestModel } from "./models.ts";

// Test support: one small network.

export const shapes = { image: [2, 3, 8, 8] };

/** A convolution with normalisation, a second one, and a classifier. */
export const small: TestModel = {
  inputs: { image: ["N", 3, "H", "W"] },
  outputs: ["features", "logits"],
  weights: [
    floats("conv.weight", [4, 3, 3, 3], 0.3),
    floats("bn.scale", [4]),
    floats("bn.shift", [4]),
    floats("bn.mean", [4]),
    positives("bn.variance", 4),
    floats("fc.weight", [4, 5], 0.5),
    floats("fc.bias", [5], 0.1),
  ],
  nodes: [
    node("Conv", ["image", "conv.weight"], "conv", { pads: [1, 1, 1, 1] }),
    node("BatchNormalization", ["conv", "bn.scale", "bn.shift", "bn.mean", "bn.variance"], "bn"),
    node("Relu", ["bn"], "features"),
    node("ReduceMean", ["features"], "pooled", { axes: [2, 3], keepdims: 0 }),
    node("Gemm", ["pooled", "fc.weight", "fc.bias"], "logits"),
  ],
};

/** The model as a network called `net`. */
export function read(model: TestModel): OnnxNetwork {
  return OnnxNetwork.read(buildModel(model), { name: "net" });
}
