/** Which engine will run the ONNX graph: decides which optional operators may be used. */
export type Target = "cpu" | "portable";

export type OnnxAttribute =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "float"; readonly value: number };

export interface NodeOptions {
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  /** Empty for the standard operators; `com.microsoft` only when the target is `cpu`. */
  readonly domain?: string;
}

/** What ONNX rules write to; the ONNX writer implements it. */
export interface Emitter {
  readonly target: Target;
  /** Adds a node with one output and returns the output's name. */
  node(type: string, inputs: readonly string[], options?: NodeOptions): string;
  /** Adds an int64 vector, as shapes, axes and paddings are given, and returns its name; equal ones are shared. */
  integers(values: readonly number[]): string;
  /** Adds a float32 tensor filled with one value and returns its name; equal ones are shared. */
  filled(value: number, shape: readonly number[]): string;
}

export const int = (value: number): OnnxAttribute => ({ kind: "int", value });
export const ints = (value: readonly number[]): OnnxAttribute => ({ kind: "ints", value });
export const float = (value: number): OnnxAttribute => ({ kind: "float", value });
