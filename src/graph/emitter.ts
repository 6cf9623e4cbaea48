/** What the engine that will run the ONNX graph offers beyond the standard operators. */
export interface Target {
  /** `com.microsoft` operators of the CPU provider, and forms of the standard ones that are fast there. */
  readonly cpu: boolean;
  /** Convolutions over channels in blocks of 16 (`com.microsoft.nchwc`), proven right by a probe on this machine. */
  readonly blocked: boolean;
}

/** Only standard operators: runs everywhere, and is what a model is exported for. */
export const portable: Target = { cpu: false, blocked: false };

export type OnnxAttribute =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "float"; readonly value: number };

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  /** Empty for the standard operators. */
  readonly domain?: "" | "com.microsoft" | "com.microsoft.nchwc";
}

/** What ONNX rules write to; the ONNX writer implements it. Equal nodes and equal constants are written once. */
export interface Emitter {
  readonly target: Target;
  /** Adds a node with one output and returns the output's name. */
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
