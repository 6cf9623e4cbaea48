export type { DeclaredSize, OnnxOutput, OnnxPort } from "./decode.ts";
export { type OnnxApplyOptions, type OnnxInnerValue, OnnxNetwork, type OnnxReadOptions } from "./network.ts";
export type { OnnxParameter } from "./parameters.ts";
export type { ExternalData } from "./weights.ts";
