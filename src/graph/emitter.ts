import { TensorProto_DataType } from "onnx-buf";
import type { ConvolutionCase } from "./lowering/convolution-case.ts";
import type { DataType } from "./shape.ts";

/** What the engine that will run the ONNX graph offers beyond the standard operators. */
export interface Target {
  /** `com.microsoft` operators of the CPU provider, and forms of the standard ones that are fast there. */
  readonly cpu: boolean;
  /**
   * Channels in a block of the convolutions over blocked channels (`com.microsoft.nchwc`), proven right by a probe on this
   * machine; 0 where there are none.
   */
  readonly block: 0 | 8 | 16;
  /**
   * Picks the form of a convolution from the names of those that apply, the rules' pick first.
   * Default, and where it returns undefined: the rules' pick.
   */
  readonly choose?: (sizes: ConvolutionCase, names: readonly string[]) => string | undefined;
}

/** Only standard operators: runs everywhere, and is what a model is exported for. */
export const portable: Target = { cpu: false, block: 0 };

export type OnnxAttribute =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "string"; readonly value: string };

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  /** Empty for the standard operators. */
  readonly domain?: "" | "com.microsoft" | "com.microsoft.nchwc";
  /** Which output of the node is wanted, from 0. Default: 0. */
  readonly output?: number;
}

/** What ONNX rules write to; the ONNX writer implements it. Equal nodes and equal constants are written once. */
export interface Emitter {
  readonly target: Target;
  /** Adds a node and returns the name of its output, or of the one that `options` want. */
  node(type: string, inputs: readonly string[], options?: NodeOptions): string;
  /** Adds an int64 vector, as shapes, axes and indices are given, and returns its name. */
  integers(values: readonly number[]): string;
  /** Adds a float32 tensor filled with one value and returns its name. */
  filled(value: number, shape: readonly number[]): string;
  /** Adds a float32 tensor and returns its name. */
  floats(values: Float32Array<ArrayBuffer>, shape: readonly number[]): string;
}

export const int = (value: number): OnnxAttribute => ({ kind: "int", value });
export const ints = (value: readonly number[]): OnnxAttribute => ({ kind: "ints", value });
export const float = (value: number): OnnxAttribute => ({ kind: "float", value });
export const text = (value: string): OnnxAttribute => ({ kind: "string", value });

/** The element types of ONNX that ours become. */
export const onnxTypes: Readonly<Record<DataType, TensorProto_DataType>> = {
  float32: TensorProto_DataType.FLOAT,
  int32: TensorProto_DataType.INT32,
  uint8: TensorProto_DataType.UINT8,
};

/** Adds a Cast. */
export function emitCast(emitter: Emitter, x: string, to: DataType): string {
  return emitter.node("Cast", [x], { attributes: { to: int(onnxTypes[to]) } });
}

/** Adds a Reshape. */
export function emitReshape(emitter: Emitter, x: string, shape: readonly number[]): string {
  return emitter.node("Reshape", [x, emitter.integers(shape)]);
}

/** Adds a Transpose: result axis i is input axis order[i]. */
export function emitTranspose(emitter: Emitter, x: string, order: readonly number[]): string {
  return emitter.node("Transpose", [x], { attributes: { perm: ints(order) } });
}

/** Adds a matrix product; transposed operands cost nothing on the CPU provider and a Transpose elsewhere. */
export function emitMatmul(
  emitter: Emitter,
  left: { readonly name: string; readonly rank: number; readonly transposed?: boolean },
  right: { readonly name: string; readonly rank: number; readonly transposed?: boolean },
): string {
  const { transposed: transA = false } = left;
  const { transposed: transB = false } = right;
  if (emitter.target.cpu && (transA || transB)) {
    return emitter.node("FusedMatMul", [left.name, right.name], {
      domain: "com.microsoft",
      attributes: { transA: int(Number(transA)), transB: int(Number(transB)) },
    });
  }
  const turned = [left, right].map(({ name, rank, transposed }) =>
    transposed === true ? emitTranspose(emitter, name, lastTwoSwapped(rank)) : name,
  );
  return emitter.node("MatMul", turned);
}

function lastTwoSwapped(rank: number): readonly number[] {
  return Array.from({ length: rank }, (_, axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
}
