import { internalError } from "../foundation/errors.ts";
import {
  caseKey,
  elementCount,
  type Input,
  type OnnxModel,
  simplify,
  type Target,
  type Tensor,
  typecheck,
  writeOnnx,
} from "../graph/index.ts";
import type { DeviceName } from "./device-names.ts";
import { type Engine, type EngineSession, type HostArray, loadEngine } from "./engine.ts";
import { deviceTensor, Held } from "./held.ts";
import { assertOperators } from "./self-test.ts";
import { targetOf } from "./targets.ts";
import { timedForms } from "./tuning.ts";

/** Numbers fed to a run, by the names of the graph's inputs. */
export type Feeds = Readonly<Record<string, HostArray>>;

export interface SessionOptions {
  readonly device: DeviceName;
  /** Threads that one operator may use. Default: as many as there are cores, which `wasm` always uses. */
  readonly threads?: number | undefined;
  /** Whether a device other than cpu must first prove every operator of the graph; see `assertOperators`. Default: true. */
  readonly selfTest?: boolean;
  /** Told, in a line, what takes time at a device's first use. Default: nobody. */
  readonly notify?: (notice: string) => void;
  /** How the forms of convolutions are chosen: by rules, or timed once on this machine; see `timedForms`. Default: rules. */
  readonly tuning?: Tuning;
  /** Forms that an earlier session had, by the convolution's key; they are taken again where they apply. Default: none. */
  readonly forms?: ReadonlyMap<string, string> | undefined;
}

export type Tuning = "rules" | "timed";

/** A compiled graph. The engine's own tensors never leave it: they go in and out as {@link Held}. */
export class Session {
  /** What a run must be fed, by name. */
  readonly inputs: ReadonlyMap<string, Input>;
  readonly nodes: number;
  /** The form that each convolution has, by its key: with the same forms, another session gives the same numbers. */
  readonly forms: ReadonlyMap<string, string>;
  readonly #engine: Engine;
  readonly #session: EngineSession;

  private constructor(engine: Engine, session: EngineSession, model: OnnxModel, forms: ReadonlyMap<string, string>) {
    this.forms = forms;
    this.#engine = engine;
    this.#session = session;
    this.inputs = new Map(model.inputs.map((declared) => [declared.name, declared]));
    this.nodes = model.nodes;
  }

  /**
   * Compiles the graph of `outputs` (by name) for a device.
   * @param resident names of outputs that stay in the device's memory, where it has its own; their owner releases them.
   * @throws AtelierError (device) when the device computes an operator of the graph wrongly.
   */
  static async compile(
    outputs: Readonly<Record<string, Tensor>>,
    options: SessionOptions,
    resident: readonly string[] = [],
  ): Promise<Session> {
    const { device, threads, selfTest = true, notify } = options;
    const names = Object.keys(outputs);
    typecheck(Object.values(outputs));
    const tensors = simplify(Object.values(outputs));
    typecheck(tensors);
    const named = Object.fromEntries(names.map((name, index) => [name, tensors[index] ?? missing(name)]));
    const engine = await loadEngine(device);
    const { target, forms } = await choosing(named, await targetOf(device), engine, options);
    if (selfTest) await assertOperators(tensors, { engine, target, notify });
    const model = writeOnnx(named, { target, hideSizes: target.cpu });
    return new Session(engine, await engine.open(model.bytes, { threads, resident }), model, forms);
  }

  /** Where it computes: the device asked for, or wasm where the native library is missing. */
  get device(): DeviceName {
    return this.#engine.device;
  }

  /**
   * Runs the graph. Fed arrays are not copied: they must not change until the promise is settled.
   * @param batch size of the open batch dimension, where there is one.
   */
  async run(feeds: Feeds, held: ReadonlyMap<string, Held> = new Map(), batch = 1): Promise<Map<string, Held>> {
    const fed = [...this.inputs].map(([name, declared]) => {
      const kept = held.get(name);
      if (kept?.onDevice !== true) return [name, this.#hostTensor(declared, kept?.peek() ?? feeds[name], batch)];
      // Another engine would read such a tensor's memory as something else, without a word.
      if (this.device !== "webgpu") throw internalError("run", `${name} is on the GPU, the session on ${this.device}`);
      return [name, deviceTensor(kept)];
    });
    const fetched = await this.#session.run(Object.fromEntries(fed));
    return new Map(Object.entries(fetched).map(([name, value]) => [name, Held.fetched(value)]));
  }

  async release(): Promise<void> {
    await this.#session.release();
  }

  #hostTensor({ name, shape, dtype }: Input, values: HostArray | undefined, batch: number) {
    const dimensions = shape.map((size) => (size === "batch" ? batch : size));
    if (values === undefined) throw internalError("run", `input ${name} is not fed`);
    const given = dataTypeOf(values);
    if (values.length !== elementCount(dimensions) || given !== dtype) {
      const wanted = `${elementCount(dimensions)} numbers of ${dtype}`;
      throw internalError("run", `input ${name}: ${wanted} expected, ${values.length} of ${given} received`);
    }
    return this.#engine.tensor(values, dimensions);
  }
}

/** The target with the session's choice of forms, and the forms as they come to be chosen. */
async function choosing(
  outputs: Readonly<Record<string, Tensor>>,
  target: Target,
  engine: Engine,
  { threads, notify, tuning = "rules", forms: standing = new Map() }: SessionOptions,
) {
  const timing = { engine, target, threads, standing, notify };
  const timed = tuning === "timed" ? await timedForms(outputs, timing) : new Map<string, string>();
  const forms = new Map<string, string>();
  const choose: Target["choose"] = (sizes, candidates) => {
    const key = caseKey(sizes);
    const form = candidates.find((name) => name === standing.get(key)) ?? timed.get(key) ?? candidates[0];
    if (form !== undefined) forms.set(key, form);
    return form;
  };
  return { target: { ...target, choose }, forms };
}

function dataTypeOf(values: HostArray): Input["dtype"] {
  if (values instanceof Float32Array) return "float32";
  return values instanceof Int32Array ? "int32" : "uint8";
}

function missing(name: string): never {
  throw internalError("compile", `output ${name} was lost`);
}
