import { describeModels, kernel, one, scalar } from "./testing/cases.ts";
import { floats, node, positives, wholes } from "./testing/models.ts";

describeModels("layers, pooling and normalisation", {
  "Conv with a bias": one("Conv", { weights: [kernel(3, 4, 3, 3), floats("b", [3])] }),
  "Conv, asymmetric padding, strides, dilations": one("Conv", {
    weights: [kernel(3, 4, 3, 2)],
    attributes: { pads: [1, 0, 2, 3], strides: [2, 1], dilations: [1, 2] },
  }),
  "Conv, depthwise": one("Conv", { weights: [kernel(8, 1, 3, 3)], attributes: { group: 4, pads: [1, 1, 1, 1] } }),
  "Conv, SAME_UPPER": one("Conv", {
    weights: [kernel(3, 4, 4, 3)],
    attributes: { auto_pad: "SAME_UPPER", strides: [2, 2] },
  }),
  "Conv, SAME_LOWER": one("Conv", {
    weights: [kernel(3, 4, 4, 3)],
    attributes: { auto_pad: "SAME_LOWER", strides: [2, 2] },
  }),
  "Conv, VALID": one("Conv", { weights: [kernel(3, 4, 4, 3)], attributes: { auto_pad: "VALID", strides: [2, 2] } }),
  "ConvTranspose with output padding": one("ConvTranspose", {
    weights: [kernel(4, 3, 3, 3), floats("b", [3])],
    attributes: { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] },
  }),
  "ConvTranspose in groups": one("ConvTranspose", {
    weights: [kernel(4, 3, 4, 4), floats("b", [6])],
    attributes: { strides: [2, 2], pads: [1, 1, 1, 1], group: 2 },
  }),
  "ConvTranspose, dilated": one("ConvTranspose", {
    weights: [kernel(4, 3, 3, 3)],
    attributes: { dilations: [2, 2], pads: [0, 1, 2, 1] },
  }),
  "ConvTranspose, SAME_UPPER": one("ConvTranspose", {
    weights: [kernel(4, 3, 3, 3)],
    attributes: { auto_pad: "SAME_UPPER", strides: [2, 2] },
  }),
  "ConvTranspose, SAME_LOWER": one("ConvTranspose", {
    weights: [kernel(4, 3, 3, 3)],
    attributes: { auto_pad: "SAME_LOWER", strides: [2, 2] },
  }),
  "ConvTranspose to a given size": one("ConvTranspose", {
    weights: [kernel(4, 3, 3, 3)],
    attributes: { strides: [2, 2], output_shape: [13, 11] },
  }),
  "Gemm, all attributes": one("Gemm", {
    x: [3, 4],
    weights: [kernel(5, 4), floats("c", [5])],
    attributes: { alpha: 0.5, beta: 0.25, transB: 1 },
  }),
  "Gemm without a bias": one("Gemm", { x: [3, 4], opset: 11, weights: [kernel(4, 5)] }),
  "Gemm, a bias a row": one("Gemm", { x: [3, 4], weights: [kernel(4, 5), floats("c", [3, 1])] }),
  "Gemm, left side transposed": one("Gemm", {
    x: [4, 3],
    weights: [kernel(4, 5), scalar("c", 2)],
    attributes: { transA: 1 },
  }),
  "MatMul of matrices": one("MatMul", { x: [3, 4], weights: [kernel(4, 5)] }),
  "MatMul of rows in three axes": one("MatMul", { x: [2, 3, 4], weights: [kernel(4, 5)] }),
  "MatMul of rows in four axes": one("MatMul", { x: [2, 3, 4, 5], weights: [kernel(5, 2)] }),
  "MatMul, leading axes broadcast": one("MatMul", { x: [2, 3, 4, 5], weights: [kernel(3, 5, 2)] }),
  "MatMul with a vector": one("MatMul", { x: [2, 3, 4], weights: [kernel(4)] }),
  "MatMul from a vector": one("MatMul", { x: [2, 3, 4], weights: [kernel(3)], inputs: ["w", "x"] }),
  "MaxPool, asymmetric padding": one("MaxPool", {
    attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [0, 1, 1, 2] },
  }),
  "MaxPool, ceil_mode": one("MaxPool", { attributes: { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 } }),
  "MaxPool, ceil_mode with padding": one("MaxPool", {
    attributes: { kernel_shape: [2, 2], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1 },
  }),
  "MaxPool, SAME_UPPER": one("MaxPool", {
    attributes: { kernel_shape: [3, 3], strides: [2, 2], auto_pad: "SAME_UPPER" },
  }),
  "MaxPool, one step by default": one("MaxPool", { opset: 8, attributes: { kernel_shape: [2, 3] } }),
  "AveragePool without the padding": one("AveragePool", { attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } }),
  "AveragePool with the padding": one("AveragePool", {
    attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], count_include_pad: 1 },
  }),
  "AveragePool, ceil_mode": one("AveragePool", {
    opset: 19,
    attributes: { kernel_shape: [3, 3], strides: [2, 2], ceil_mode: 1 },
  }),
  "AveragePool, ceil_mode with the padding": one("AveragePool", {
    opset: 19,
    attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1, count_include_pad: 1 },
  }),
  "AveragePool, SAME_LOWER": one("AveragePool", {
    attributes: { kernel_shape: [2, 2], strides: [2, 2], auto_pad: "SAME_LOWER" },
  }),
  GlobalAveragePool: one("GlobalAveragePool"),
  GlobalMaxPool: one("GlobalMaxPool"),
  "BatchNormalization alone": one("BatchNormalization", {
    weights: [floats("s", [4]), floats("b", [4]), floats("m", [4]), positives("v", 4)],
    attributes: { epsilon: 0.01 },
  }),
  "BatchNormalization of vectors": one("BatchNormalization", {
    x: [3, 4],
    opset: 9,
    weights: [floats("s", [4]), floats("b", [4]), floats("m", [4]), positives("v", 4)],
  }),
  InstanceNormalization: one("InstanceNormalization", { weights: [floats("s", [4]), floats("b", [4])] }),
  "LayerNormalization over two axes": one("LayerNormalization", {
    x: [2, 3, 4, 5],
    weights: [floats("s", [4, 5]), floats("b", [4, 5])],
    attributes: { axis: -2 },
  }),
  "LayerNormalization without a shift": one("LayerNormalization", { x: [2, 3, 5], weights: [floats("s", [5])] }),
  GroupNormalization: one("GroupNormalization", {
    opset: 21,
    weights: [floats("s", [4]), floats("b", [4])],
    attributes: { num_groups: 2 },
  }),
  "GroupNormalization, a scale a group": one("GroupNormalization", {
    opset: 18,
    weights: [floats("s", [2]), floats("b", [2])],
    attributes: { num_groups: 2 },
  }),
  MeanVarianceNormalization: one("MeanVarianceNormalization", { attributes: { axes: [1, 2, 3] } }),
  "MeanVarianceNormalization, negative axes": one("MeanVarianceNormalization", { attributes: { axes: [0, -1, -2] } }),
  RMSNormalization: one("RMSNormalization", { opset: 23, x: [2, 3, 5], weights: [floats("s", [5])] }),
  LpNormalization: one("LpNormalization", { attributes: { axis: 1 } }),
  LRN: one("LRN", { x: [2, 7, 3, 3], attributes: { size: 5, alpha: 0.1, beta: 0.75, bias: { float: 2 } } }),
  "BatchNormalization after a Gemm with one bias for all": {
    inputs: { x: [3, 4] },
    outputs: ["y"],
    weights: [kernel(4, 5), floats("c", [1]), floats("s", [5]), floats("b", [5]), floats("m", [5]), positives("v", 5)],
    nodes: [node("Gemm", ["x", "w", "c"], "g"), node("BatchNormalization", ["g", "s", "b", "m", "v"], "y")],
  },
  "BatchNormalization after a ConvTranspose in groups": {
    inputs: { x: [2, 4, 3, 3] },
    outputs: ["y"],
    weights: [kernel(4, 3, 2, 2), floats("s", [6]), floats("b", [6]), floats("m", [6]), positives("v", 6)],
    nodes: [
      node("ConvTranspose", ["x", "w"], "t", { group: 2, strides: [2, 2] }),
      node("BatchNormalization", ["t", "s", "b", "m", "v"], "y"),
    ],
  },
  "MaxPool behind infinite padding": {
    inputs: { x: [2, 4, 7, 6] },
    outputs: ["y"],
    weights: [wholes("pads", [0, 0, 1, 1, 0, 0, 1, 1]), floats("v", [], [Number.NEGATIVE_INFINITY])],
    nodes: [
      node("Pad", ["x", "pads", "v"], "p"),
      node("MaxPool", ["p"], "y", { kernel_shape: [3, 3], strides: [2, 2] }),
    ],
  },
});
