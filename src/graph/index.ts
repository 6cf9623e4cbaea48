export { gradients } from "./autodiff.ts";
export { portable, type Target } from "./emitter.ts";
export { type OnnxModel, writeOnnx } from "./onnx-writer.ts";
export * from "./operators/index.ts";
export { printGraph } from "./printer.ts";
export { evaluate } from "./reference.ts";
export {
  type DataType,
  type Dimension,
  elementCount,
  formatShape,
  type Shape,
  shapeError,
  type TensorType,
} from "./shape.ts";
export { simplify } from "./simplify.ts";
export { constant, type Input, input, scalar, type Tensor, withScope } from "./tensor.ts";
export { rewrite, topologicalOrder } from "./traverse.ts";
