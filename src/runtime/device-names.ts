export const deviceNames = ["cpu", "webgpu", "cuda", "wasm"] as const;

/**
 * Where a graph is computed: `cpu` by onnxruntime's native library, `webgpu` and `cuda` on a graphics card, `wasm` on the
 * processor by onnxruntime's WebAssembly build, which runs everywhere.
 */
export type DeviceName = (typeof deviceNames)[number];
