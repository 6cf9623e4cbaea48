import { describeModels, image, one, scalar } from "./testing/cases.ts";
import { node, wholes } from "./testing/models.ts";

describeModels("movement of elements", {
  Transpose: one("Transpose", { attributes: { perm: [0, 2, 3, 1] } }),
  "Transpose, reversed by default": one("Transpose", { x: [2, 3, 4] }),
  Flatten: one("Flatten"),
  "Flatten, negative axis": one("Flatten", { opset: 11, attributes: { axis: -1 } }),
  "Reshape with 0 and -1": one("Reshape", { weights: [wholes("shape", [0, 2, -1, 6])] }),
  "Squeeze and Unsqueeze, attributes": {
    opset: 11,
    inputs: { x: [2, 1, 3, 1] },
    outputs: ["y"],
    nodes: [node("Squeeze", ["x"], "s", { axes: [1, -1] }), node("Unsqueeze", ["s"], "y", { axes: [0, -1] })],
  },
  "Squeeze and Unsqueeze, inputs": {
    inputs: { x: [2, 1, 3, 1] },
    outputs: ["y"],
    weights: [wholes("a", [1]), wholes("b", [1, 4])],
    nodes: [node("Squeeze", ["x", "a"], "s"), node("Unsqueeze", ["s", "b"], "y")],
  },
  "Concat along the channels": {
    opset: 11,
    inputs: { x: image, z: [2, 1, 7, 6] },
    outputs: ["y"],
    nodes: [node("Concat", ["x", "z", "x"], "y", { axis: -3 })],
  },
  "Split, attribute (11)": one("Split", { opset: 11, outputs: ["y", "z"], attributes: { axis: 1, split: [1, 3] } }),
  "Split, input (13)": one("Split", {
    outputs: ["y", "z"],
    weights: [wholes("sizes", [1, 3])],
    attributes: { axis: 1 },
  }),
  "Split, in equal parts": one("Split", { outputs: ["y", "z"], attributes: { axis: 1 } }),
  "Split, num_outputs (18)": one("Split", {
    opset: 18,
    outputs: ["a", "b", "c"],
    attributes: { axis: 2, num_outputs: 3 },
  }),
  "Slice, attributes (9)": one("Slice", { opset: 9, attributes: { starts: [1, -4], ends: [3, 100], axes: [1, 2] } }),
  "Slice with steps": one("Slice", {
    weights: [wholes("starts", [0, -1]), wholes("ends", [7, -100]), wholes("axes", [2, 3]), wholes("steps", [2, -1])],
  }),
  "Slice, backwards by two": one("Slice", {
    weights: [wholes("starts", [100]), wholes("ends", [0]), wholes("axes", [2]), wholes("steps", [-2])],
  }),
  "Gather of one": one("Gather", { weights: [wholes("i", 2)], attributes: { axis: 2 } }),
  "Gather of several": one("Gather", { weights: [wholes("i", [3, 0, -2])], attributes: { axis: 1 } }),
  "Expand, both ways": one("Expand", { x: [2, 1, 3], weights: [wholes("shape", [1, 4, 1])] }),
  Tile: one("Tile", { weights: [wholes("repeats", [1, 2, 1, 3])] }),
  "Pad, attributes (9)": one("Pad", { opset: 9, attributes: { pads: [0, 0, 1, 2, 0, 1, 0, 3], value: 0.5 } }),
  "Pad, inputs": one("Pad", { weights: [wholes("pads", [0, 0, 1, 2, 0, 1, 0, 3]), scalar("v", -1)] }),
  "Pad with the least number": one("Pad", {
    weights: [wholes("pads", [0, 0, 1, 0, 0, 0, 0, 2]), scalar("v", -3.4e38)],
    attributes: {},
  }),
  "Pad, cutting": one("Pad", { weights: [wholes("pads", [0, 0, -1, 2, 0, 0, 1, -2])] }),
  "Pad, reflect": one("Pad", { weights: [wholes("pads", [0, 0, 2, 1, 0, 0, 1, 3])], attributes: { mode: "reflect" } }),
  "Pad, edge, by axes (18)": one("Pad", {
    opset: 18,
    inputs: ["x", "pads", "", "axes"],
    weights: [wholes("pads", [2, 1, 0, 3]), wholes("axes", [-2, 1])],
    attributes: { mode: "edge" },
  }),
  "Pad, wrap (19)": one("Pad", {
    opset: 19,
    weights: [wholes("pads", [0, 0, 2, 1, 0, 0, 1, 3])],
    attributes: { mode: "wrap" },
  }),
  "DepthToSpace, DCR": one("DepthToSpace", { x: [2, 8, 3, 2], attributes: { blocksize: 2 } }),
  "DepthToSpace, CRD": one("DepthToSpace", { x: [2, 8, 3, 2], attributes: { blocksize: 2, mode: "CRD" } }),
  SpaceToDepth: one("SpaceToDepth", { x: [2, 3, 4, 6], attributes: { blocksize: 2 } }),
  "Dropout and Identity": {
    inputs: { x: image },
    outputs: ["y"],
    nodes: [node("Dropout", ["x"], "d"), node("Identity", ["d"], "y")],
  },
});
