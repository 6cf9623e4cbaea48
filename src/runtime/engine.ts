import { availableParallelism } from "node:os";
import { getEnvironmentData, setEnvironmentData } from "node:worker_threads";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { AtelierError, messageOf } from "../foundation/errors.ts";
import type { DeviceName } from "./device-names.ts";

/** Numbers fed to a run: float32 as Float32Array, int32 as Int32Array, uint8 as Uint8Array. */
export type HostArray = Float32Array | Int32Array | Uint8Array;

/** A compiled model in the engine. */
export type EngineSession = InferenceSession;

export interface EngineOptions {
  /** Threads that one operator may use. Default: as many as there are cores, which `wasm` always uses. */
  readonly threads?: number | undefined;
  /** Names of outputs that stay in the device's own memory, where it has one. Default: none. */
  readonly resident?: readonly string[];
  /** Order of an image's axes in WebGPU kernels. Default: NCHW; the engine's own NHWC has wrong grouped convolutions. */
  readonly layout?: "NCHW" | "NHWC";
  /** Whether the engine keeps its errors to what it throws. Default: false. */
  readonly quiet?: boolean;
}

/** What the native library and its WebAssembly build have in common. */
type Library = Pick<typeof import("onnxruntime-node"), "InferenceSession" | "Tensor" | "env">;

/** The library that computes on a device. Its own tensors and sessions stay inside this room. */
export class Engine {
  /** Where it computes: the device asked for, or wasm where the native library is missing. */
  readonly device: DeviceName;
  readonly #library: Library;

  constructor(device: DeviceName, library: Library) {
    this.device = device;
    this.#library = library;
  }

  /** Version of onnxruntime. */
  get version(): string {
    return this.#library.env.versions.common;
  }

  open(model: Uint8Array, options: EngineOptions = {}): Promise<EngineSession> {
    return this.#library.InferenceSession.create(model, sessionOptions(this.device, options));
  }

  tensor(values: HostArray, shape: readonly number[]): OrtTensor {
    const { Tensor } = this.#library;
    if (values instanceof Float32Array) return new Tensor("float32", values, shape);
    return values instanceof Int32Array ? new Tensor("int32", values, shape) : new Tensor("uint8", values, shape);
  }

  /** Float64 numbers, which only products of matrices are fed. */
  matrix(values: Float64Array, shape: readonly [number, number]): OrtTensor {
    return new this.#library.Tensor("float64", values, shape);
  }
}

/**
 * The engine of a device. Where the native library cannot load (Intel Macs, for one), `cpu` is computed by the
 * WebAssembly build, and a warning of the process says so once.
 * @throws AtelierError (device) when another device needs the native library and it cannot load.
 */
export async function loadEngine(device: DeviceName): Promise<Engine> {
  if (device === "wasm") return new Engine("wasm", await loadWebAssembly());
  const library = await loadNative();
  if ("library" in library) return new Engine(device, library.library);
  const platform = `${process.platform} ${process.arch}`;
  if (device === "cpu") {
    warnOnce(`onnxruntime has no native library for ${platform}: computing with its slower WebAssembly build`);
    return new Engine("wasm", await loadWebAssembly());
  }
  throw new AtelierError({
    kind: "device",
    where: `--device ${device}`,
    expected: "onnxruntime's native library",
    received: library.reason,
    help: `it does not load on this machine (${platform}); use --device wasm`,
  });
}

/** The native library, or why it does not load. */
export async function loadNative(): Promise<{ readonly library: Library } | { readonly reason: string }> {
  try {
    return { library: await import("onnxruntime-node") };
  } catch (cause) {
    return { reason: messageOf(cause).split("\n", 1)[0] ?? "" };
  }
}

/** Version of onnxruntime, whichever of its builds loads. */
export async function engineVersion(): Promise<string> {
  const native = await loadNative();
  const { env } = "library" in native ? native.library : await loadWebAssembly();
  return env.versions.common;
}

async function loadWebAssembly(): Promise<Library> {
  const library = await import("onnxruntime-web");
  // Read by the library when its first session is made; it would use half of the cores and at most 4.
  library.env.wasm.numThreads ??= availableParallelism();
  return library;
}

const WARNED = "atelier: wasm warning";

/** Threads that start after the warning know of it. */
function warnOnce(message: string): void {
  if (getEnvironmentData(WARNED) === true) return;
  setEnvironmentData(WARNED, true);
  process.emitWarning(message, { code: "ATELIER_WASM" });
}

/** The settings that every graph of ours runs under. */
function sessionOptions(
  device: DeviceName,
  { threads, resident = [], layout = "NCHW", quiet = false }: EngineOptions,
): InferenceSession.SessionOptions {
  return {
    executionProviders: [device === "webgpu" ? { name: "webgpu", preferredLayout: layout } : device],
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    ...(device === "webgpu" && resident.length > 0
      ? { preferredOutputLocation: Object.fromEntries(resident.map((name) => [name, "gpu-buffer" as const])) }
      : {}),
    graphOptimizationLevel: "all",
    // From the second run on the engine would take one more block as large as everything before: measured, a third to a
    // half of a step's memory, for no speed.
    enableMemPattern: false,
    logSeverityLevel: quiet ? 4 : 3,
    extra: {
      session: {
        // Threads that spin while they wait cost half the speed when another process runs, and gain nothing alone.
        intra_op: { allow_spinning: "0" },
        set_denormal_as_zero: "1",
      },
    },
  };
}
