export { type LayerSummary, summariseLayers } from "./analysis/layers.ts";
export { type GraphMemory, graphMemory, type RunGraph } from "./analysis/memory.ts";
export { listOnnx, type OnnxListing, type OnnxValue } from "./analysis/onnx-listing.ts";
export { countMultiplyAdds } from "./analysis/operations.ts";
export { gradient, gradients } from "./autodiff.ts";
export { portable, type Target } from "./emitter.ts";
export { convolutionCandidates } from "./lowering/choose.ts";
export { type ConvolutionCase, caseKey } from "./lowering/convolution-case.ts";
export {
  type DeclaredSize,
  type ExternalData,
  type OnnxApplyOptions,
  OnnxNetwork,
  type OnnxOutput,
  type OnnxParameter,
  type OnnxPort,
  type OnnxReadOptions,
} from "./onnx-reader/index.ts";
export { type OnnxModel, writeOnnx } from "./onnx-writer.ts";
export * from "./operators/index.ts";
export { graphHash, printGraph } from "./printer.ts";
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
export { apply, type Computed, constant, type Input, input, scalar, type Tensor, withScope } from "./tensor.ts";
export { rewrite, topologicalOrder } from "./traverse.ts";
export { typecheck } from "./typecheck.ts";
