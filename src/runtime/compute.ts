import type { InferenceSession } from "onnxruntime-node";
import { internalError } from "../foundation/errors.ts";
import type { OnnxModel } from "../graph/index.ts";
import type { Engine, EngineOptions, HostArray } from "./engine.ts";

/** Runs a model once and returns every output, in the model's order. For trials: a program is compiled once and run often. */
export async function computeOnce(
  engine: Engine,
  { bytes, inputs }: OnnxModel,
  valuesOf: (name: string, shape: readonly number[]) => HostArray,
  options: EngineOptions & { readonly batch?: number } = {},
): Promise<readonly Float32Array[]> {
  const session = await engine.open(bytes, options);
  try {
    const feeds = inputs.map(({ name, shape }) => {
      const sizes = shape.map((size) => (size === "batch" ? (options.batch ?? 1) : size));
      return [name, engine.tensor(valuesOf(name, sizes), sizes)] as const;
    });
    const results = await session.run(Object.fromEntries(feeds));
    return session.outputNames.map((name) => floatsOf(results, name));
  } finally {
    await session.release();
  }
}

function floatsOf(results: InferenceSession.OnnxValueMapType, name: string): Float32Array {
  const tensor = results[name];
  if (tensor !== undefined && tensor.data instanceof Float32Array) return tensor.data;
  throw internalError("compute", `no float32 output ${name}`);
}

/** The largest difference of two results in units of the largest expected number; NaN where one of them is no number. */
export function relativeError(expected: Float32Array, actual: Float32Array): number {
  if (actual.length !== expected.length) return Number.NaN;
  let scale = 0;
  let worst = 0;
  for (let index = 0; index < expected.length; index++) {
    const wanted = expected[index] ?? Number.NaN;
    const difference = Math.abs(wanted - (actual[index] ?? Number.NaN));
    if (Number.isNaN(difference)) return Number.NaN;
    scale = Math.max(scale, Math.abs(wanted));
    worst = Math.max(worst, difference);
  }
  return worst === 0 ? 0 : worst / scale;
}
