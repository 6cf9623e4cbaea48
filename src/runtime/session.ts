import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { internalError } from "../foundation/errors.ts";
import {
  type DataType,
  elementCount,
  type Input,
  type OnnxModel,
  simplify,
  type Tensor,
  writeOnnx,
} from "../graph/index.ts";
import type { DeviceName } from "./devices.ts";
import { targetOf } from "./targets.ts";

/** Numbers fed to a run: float32 as Float32Array, uint8 as Uint8Array. */
export type HostArray = Float32Array | Uint8Array;
export type Feeds = Readonly<Record<string, HostArray>>;

export interface SessionOptions {
  readonly device: DeviceName;
  /** Threads that one operator may use. Default: as many as there are cores. */
  readonly threads?: number | undefined;
}

/** The session settings that every graph of ours runs under. */
export function engineOptions({ device, threads }: SessionOptions): InferenceSession.SessionOptions {
  return {
    executionProviders: [device],
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
    extra: {
      session: {
        // Threads that spin while they wait cost half the speed when another process runs, and gain nothing alone.
        intra_op: { allow_spinning: "0" },
        set_denormal_as_zero: "1",
      },
    },
  };
}

/** A compiled graph. The engine's own tensors never leave it: they go in and out as {@link Held}. */
export class Session {
  readonly #inputs: ReadonlyMap<string, Input>;
  readonly nodes: number;
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession, model: OnnxModel) {
    this.#session = session;
    this.#inputs = new Map(model.inputs.map((declared) => [declared.name, declared]));
    this.nodes = model.nodes;
  }

  /** Compiles the graph of `outputs` (by name) for a device. */
  static async compile(outputs: Readonly<Record<string, Tensor>>, options: SessionOptions): Promise<Session> {
    const names = Object.keys(outputs);
    const tensors = simplify(Object.values(outputs));
    const named = Object.fromEntries(names.map((name, index) => [name, tensors[index] ?? missing(name)]));
    const model = writeOnnx(named, { target: await targetOf(options.device) });
    return new Session(await InferenceSession.create(model.bytes, engineOptions(options)), model);
  }

  /**
   * Runs the graph. Fed arrays are not copied: they must not change until the promise is settled.
   * @param batch size of the open batch dimension, where there is one.
   */
  async run(feeds: Feeds, held: ReadonlyMap<string, Held> = new Map(), batch = 1): Promise<Map<string, Held>> {
    const fed: Record<string, OrtTensor> = {};
    for (const [name, declared] of this.#inputs) {
      const kept = held.get(name);
      fed[name] = kept === undefined ? hostTensor(declared, feeds[name], batch) : kept.tensor;
    }
    const fetched = await this.#session.run(fed);
    return new Map(Object.entries(fetched).map(([name, value]) => [name, new Held(value)]));
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

/** A tensor in the engine's hands: an output of one run that may be an input of the next without passing through us. */
export class Held {
  readonly tensor: OrtTensor;

  constructor(tensor: OrtTensor) {
    this.tensor = tensor;
  }

  static from(values: Float32Array, shape: readonly number[]): Held {
    return new Held(new OrtTensor("float32", values, shape));
  }

  /** The numbers, row-major; they belong to this tensor and must not be changed. */
  floats(): Float32Array {
    const { data } = this.tensor;
    if (data instanceof Float32Array) return data;
    throw internalError("Held", `${this.tensor.type} where float32 was expected`);
  }
}

const engineTypes: Readonly<Record<DataType, string>> = {
  float32: "Float32Array",
  uint8: "Uint8Array",
};

function hostTensor({ name, shape, dtype }: Input, values: HostArray | undefined, batch: number): OrtTensor {
  const dimensions = shape.map((size) => (size === "batch" ? batch : size));
  if (values === undefined) throw internalError("run", `input ${name} is not fed`);
  if (values.length !== elementCount(dimensions) || values.constructor.name !== engineTypes[dtype]) {
    const wanted = `${engineTypes[dtype]} of ${elementCount(dimensions)}`;
    throw internalError(
      "run",
      `input ${name}: ${wanted} expected, ${values.constructor.name} of ${values.length} received`,
    );
  }
  if (values instanceof Float32Array) return new OrtTensor("float32", values, dimensions);
  return new OrtTensor("uint8", values, dimensions);
}

function missing(name: string): never {
  throw internalError("compile", `output ${name} was lost`);
}

/** An ONNX model from a file, run as it is. */
export class OnnxSession {
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession) {
    this.#session = session;
  }

  static async open(bytes: Uint8Array, options: SessionOptions): Promise<OnnxSession> {
    return new OnnxSession(await InferenceSession.create(bytes, engineOptions(options)));
  }

  /** Feeds one float32 input and returns one float32 output, by their names. */
  async run(input: string, values: Float32Array, shape: readonly number[], output: string): Promise<Float32Array> {
    const results = await this.#session.run({ [input]: new OrtTensor("float32", values, shape) });
    const fetched = results[output];
    if (fetched === undefined) throw internalError("run", `the model has no output ${output}`);
    return new Held(fetched).floats();
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}
