import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import {
  conv2d,
  convTranspose2d,
  elementCount,
  input,
  portable,
  type Target,
  type Tensor,
  writeOnnx,
} from "../graph/index.ts";
import type { DeviceName } from "./devices.ts";

/** What graphs for this device may use. */
export async function targetOf(device: DeviceName): Promise<Target> {
  if (device !== "cpu") return portable;
  return { cpu: true, blocked: await blockedConvolutionsAreRight() };
}

const CHANNELS = 32;
const SIZE = 16;
const RELATIVE_ERROR = 1e-5;

/**
 * Whether onnxruntime's blocked convolutions give the plain ones' numbers on this processor. They are internal to
 * onnxruntime: absent from its WebAssembly build, and their block is 8 instead of 16 on processors without AVX-512, where
 * forms made for 16 are wrong without a word. Takes a few milliseconds.
 */
async function blockedConvolutionsAreRight(): Promise<boolean> {
  const halving = { strides: [2, 2], padding: [1, 1, 1, 1] } as const;
  const x = input("x", [1, CHANNELS, SIZE, SIZE]);
  const kernel = input("kernel", [2 * CHANNELS, CHANNELS, 4, 4]);
  const y = conv2d(x, kernel, halving);
  const outputs = { y, x2: convTranspose2d(y, kernel, { ...halving, outputSize: [SIZE, SIZE] }) };
  const plain = await compute(outputs, { cpu: true, blocked: false });
  try {
    const blocked = await compute(outputs, { cpu: true, blocked: true });
    return plain.every((values, index) => areClose(values, blocked[index] ?? new Float32Array()));
  } catch {
    // The operators are not there: the plain forms do the same.
    return false;
  }
}

async function compute(outputs: Readonly<Record<string, Tensor>>, target: Target): Promise<readonly Float32Array[]> {
  const { bytes, inputs } = writeOnnx(outputs, { target });
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 4, intraOpNumThreads: 1 });
  const feeds = inputs.map(({ name, shape }) => [name, ramp(shape.map(Number))] as const);
  const results = await session.run(Object.fromEntries(feeds));
  await session.release();
  return Object.keys(outputs).map((name) => {
    const data = results[name]?.data;
    return data instanceof Float32Array ? data : new Float32Array();
  });
}

/** Numbers that are all different, so that no exchange of two goes unseen. */
function ramp(shape: readonly number[]): OrtTensor {
  return new OrtTensor(
    "float32",
    Float32Array.from({ length: elementCount(shape) }, (_, index) => Math.sin(index * 0.7 + 1)),
    shape,
  );
}

function areClose(expected: Float32Array, actual: Float32Array): boolean {
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (actual.length !== expected.length) return false;
  return expected.every((value, index) => Math.abs(value - (actual[index] ?? Number.NaN)) <= RELATIVE_ERROR * scale);
}
