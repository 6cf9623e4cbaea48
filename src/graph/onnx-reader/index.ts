export type { DeclaredSize, OnnxOutput, OnnxPort } from "./decode.ts";
export { OnnxNetwork } from "./network.ts";
export type { OnnxApplyOptions, OnnxInnerValue, OnnxReadOptions } from "./options.ts";
export type { OnnxParameter } from "./parameters.ts";
export type { ExternalData } from "./weights.ts";
