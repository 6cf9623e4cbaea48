import {
  conv2d,
  conv2dKernelGradient,
  convTranspose2d,
  elementCount,
  input,
  portable,
  type Target,
  type Tensor,
  writeOnnx,
} from "../graph/index.ts";
import { computeOnce, relativeError } from "./compute.ts";
import type { DeviceName } from "./device-names.ts";
import { type Engine, loadEngine } from "./engine.ts";

const targets = new Map<DeviceName, Promise<Target>>();

/**
 * What graphs for this device may use. What goes beyond the standard is tried first, once a process, in a fifth of
 * a second: blocked convolutions are internal to onnxruntime, absent from its WebAssembly build, and the size of their
 * blocks depends on the processor. Forms made for another size are wrong without a word.
 */
export function targetOf(device: DeviceName): Promise<Target> {
  const known = targets.get(device) ?? findTarget(device);
  targets.set(device, known);
  return known;
}

async function findTarget(device: DeviceName): Promise<Target> {
  const engine = await loadEngine(device);
  switch (engine.device) {
    case "cpu":
      return (
        (await firstRight(engine, [
          { cpu: true, block: 16 },
          { cpu: true, block: 8 },
          { cpu: true, block: 0 },
        ])) ?? portable
      );
    case "wasm":
      return (await firstRight(engine, [{ cpu: true, block: 0 }])) ?? portable;
    case "webgpu":
    case "cuda":
      return portable;
  }
}

async function firstRight(engine: Engine, candidates: readonly Target[]): Promise<Target | undefined> {
  for (const target of candidates) {
    if (await isRight(engine, target)) return target;
  }
  return undefined;
}

const RELATIVE_ERROR = 1e-5;

/** Whether the convolutions below give the plain forms' numbers on this machine, in every form that the target allows. */
export async function isRight(engine: Engine, target: Target): Promise<boolean> {
  const outputs = trialConvolutions();
  const plain = await compute(engine, outputs, portable);
  try {
    for (let round = 0, rounds = 1; round < rounds; round++) {
      const choose: Target["choose"] = (_, names) => {
        rounds = Math.max(rounds, names.length);
        return names[round];
      };
      const results = await compute(engine, outputs, { ...target, choose });
      const right = plain.every(
        (values, index) => relativeError(values, results[index] ?? new Float32Array()) <= RELATIVE_ERROR,
      );
      if (!right) return false;
    }
    return true;
  } catch {
    // The operators are not there: other targets do the same with what is.
    return false;
  }
}

/** Convolutions for which every form applies somewhere, blocks of 8 and 16 alike. */
function trialConvolutions(): Readonly<Record<string, Tensor>> {
  const layers = [
    { channels: 32, filters: 32, side: 4, stride: 2, groups: 1 },
    { channels: 32, filters: 32, side: 3, stride: 1, groups: 1 },
    { channels: 3, filters: 32, side: 3, stride: 1, groups: 1 },
    { channels: 32, filters: 3, side: 3, stride: 1, groups: 1 },
    { channels: 32, filters: 32, side: 3, stride: 2, groups: 32 },
  ];
  const size = 8;
  const trials = layers.flatMap(({ channels, filters, side, stride, groups }, index) => {
    const options = { strides: [stride, stride], padding: [1, 1, 1, 1], groups } as const;
    const x = input(`x${index}`, [2, channels, size, size]);
    const w = input(`w${index}`, [filters, channels / groups, side, side]);
    const y = input(`y${index}`, [2, filters, size / stride, size / stride]);
    return [
      [`response${index}`, conv2d(x, w, options)],
      [`image${index}`, convTranspose2d(y, w, { ...options, outputSize: [size, size] })],
      [`kernel${index}`, conv2dKernelGradient(x, y, { ...options, kernelSize: [side, side] })],
    ] as const;
  });
  return Object.fromEntries(trials);
}

function compute(
  engine: Engine,
  outputs: Readonly<Record<string, Tensor>>,
  target: Target,
): Promise<readonly Float32Array[]> {
  return computeOnce(engine, writeOnnx(outputs, { target }), (_, shape) => ramp(shape), { threads: 1, quiet: true });
}

/** Numbers that are all different, so that no exchange of two goes unseen. */
function ramp(shape: readonly number[]): Float32Array {
  return Float32Array.from({ length: elementCount(shape) }, (_, index) => Math.sin(index * 0.7 + 1));
}
