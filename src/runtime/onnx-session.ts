import { internalError } from "../foundation/errors.ts";
import { type Engine, type EngineSession, loadEngine } from "./engine.ts";
import { Held } from "./held.ts";
import type { SessionOptions } from "./session.ts";

/** Numbers for an input. */
export interface FedInput {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** An ONNX model from a file, run as it is. */
export class OnnxSession {
  readonly #engine: Engine;
  readonly #session: EngineSession;

  private constructor(engine: Engine, session: EngineSession) {
    this.#engine = engine;
    this.#session = session;
  }

  static async open(bytes: Uint8Array, { device, threads }: SessionOptions): Promise<OnnxSession> {
    const engine = await loadEngine(device);
    return new OnnxSession(engine, await engine.open(bytes, { threads }));
  }

  /** Feeds one float32 input and returns one float32 output, by their names. */
  async run(input: string, values: Float32Array, shape: readonly number[], output: string): Promise<Float32Array> {
    return await this.runAll({ [input]: { values, shape } }, output);
  }

  /** The same with several inputs, by their names. */
  async runAll(inputs: Readonly<Record<string, FedInput>>, output: string): Promise<Float32Array> {
    const feeds = Object.entries(inputs).map(([name, { values, shape }]) => [name, this.#engine.tensor(values, shape)]);
    const results = await this.#session.run(Object.fromEntries(feeds));
    const fetched = results[output];
    if (fetched === undefined) throw internalError("run", `the model has no output ${output}`);
    return Held.fetched(fetched).floats();
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}
