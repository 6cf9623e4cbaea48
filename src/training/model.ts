import { imageBytesOf } from "../data/index.ts";
import { encodeGenerator, type GeneratorMetadata, toBytes } from "../export/index.ts";
import { AtelierError, internalError } from "../foundation/errors.ts";
import { randomStream } from "../foundation/random.ts";
import { elementCount, input } from "../graph/index.ts";
import {
  buildTrainingStep,
  formatOf,
  inferencePlayers,
  type Method,
  methodOf,
  type TrainingStep,
} from "../methods/index.ts";
import type { Variable } from "../nn/index.ts";
import { Program, type SessionOptions } from "../runtime/index.ts";
import type { Config } from "./config.ts";
import { Divergence } from "./recovery.ts";
import type { TensorMap } from "./safetensors.ts";
import { StepRunner } from "./step-runner.ts";

/** Pictures of every sample grid. */
export const SAMPLES = 64;
/** They are made in parts, so that making them takes little memory beside the step's. */
export const SAMPLED_AT_ONCE = 16;

type EngineChoices = Pick<SessionOptions, "forms" | "notify">;

/** A model in training: its compiled step with its state, and its sampler. */
export class TrainingModel {
  readonly #config: Config;
  readonly #method: Method;
  readonly #step: TrainingStep;
  readonly #runner: StepRunner;
  readonly #sampler: Program;

  private constructor(config: Config, method: Method, step: TrainingStep, runner: StepRunner, sampler: Program) {
    this.#config = config;
    this.#method = method;
    this.#step = step;
    this.#runner = runner;
    this.#sampler = sampler;
  }

  /**
   * Compiles the step that the configuration asks for; the state is new, as the seed decides.
   * @param engine what sessions are told besides the configuration; `forms` are those of a checkpoint.
   */
  static async compile(config: Config, engine: EngineChoices = {}): Promise<TrainingModel> {
    const { device, threads, tuning, seed } = config;
    const options: SessionOptions = { device, threads, tuning, ...engine };
    const { method, step } = stepOf(config);
    const runner = await StepRunner.compile(step, seed, options);
    // The sampler reads the averages where the step leaves them.
    const averages = new Map(
      averagedVariables(method).map((variable) => [
        variable.input.name,
        input(step.averageOf(variable), variable.shape),
      ]),
    );
    const images = method.sample(
      input("latent", ["batch", method.latent]),
      inferencePlayers(method.networks, averages),
    );
    const sampler = await Program.compile({ outputs: { images }, state: [] }, runner.state, options);
    return new TrainingModel(config, method, step, runner, sampler);
  }

  /** The form that each convolution of the step has; with the same forms a step gives the same numbers. */
  get forms(): ReadonlyMap<string, string> {
    return this.#runner.forms;
  }

  /** Number of trained numbers. */
  get parameters(): number {
    return Object.values(this.#method.networks)
      .flatMap(({ variables }) => variables)
      .reduce((total, { role, shape }) => total + (role === "parameter" ? elementCount(shape) : 0), 0);
  }

  /** Multiplies all learning rates of the configuration, from the next step on. @param scale above 0. */
  scaleRates(scale: number): void {
    const rates = Object.entries(this.#config.learningRate);
    const learningRate = Object.fromEntries(rates.map(([network, rate]) => [network, rate && rate * scale]));
    // The rates are in no graph: they reach the compiled step by the scalars that it is fed.
    this.#runner.feedScalarsOf(stepOf({ ...this.#config, learningRate }).step);
  }

  /**
   * Makes step number `step` (0 for the first) on a batch of images, uint8 [batch, channels, height, width].
   * @returns losses and scores by name.
   * @throws Divergence when one is no longer finite.
   */
  async step(step: number, images: Uint8Array): Promise<Readonly<Record<string, number>>> {
    const report = await this.#runner.run(step, images);
    for (const [name, value] of Object.entries(report))
      if (!Number.isFinite(value)) throw new Divergence(step + 1, name, value);
    return report;
  }

  /** The pictures that the averaged generator makes of the run's fixed random vectors: [64, channels, height, width], 0 to 255. */
  async samples(): Promise<Uint8Array> {
    return this.#pictures(randomStream(this.#config.seed, "samples").normals(SAMPLES * this.#method.latent));
  }

  /**
   * Pictures `first` to `first + count - 1` of an endless row of other fixed random vectors, by which the averaged
   * generator is judged: [count, channels, height, width], 0 to 255.
   */
  async evaluationPictures(first: number, count: number): Promise<Uint8Array> {
    const { latent: size } = this.#method;
    const latent = new Float32Array(count * size);
    for (let index = 0; index < count; index++) {
      const stream = randomStream(this.#config.seed, "evaluation", first + index);
      stream.fillNormals(latent.subarray(index * size, (index + 1) * size));
    }
    return this.#pictures(latent);
  }

  /** What the averaged generator makes of random vectors [count, latent]. */
  async #pictures(latent: Float32Array): Promise<Uint8Array> {
    const { latent: size } = this.#method;
    const imageBytes = imageBytesOf(formatOf(this.#config));
    const count = latent.length / size;
    const bytes = new Uint8Array(count * imageBytes);
    for (let first = 0; first < count; first += SAMPLED_AT_ONCE) {
      const end = Math.min(count, first + SAMPLED_AT_ONCE);
      const feeds = { latent: latent.subarray(first * size, end * size) };
      const images = (await this.#sampler.run(feeds, end - first)).get("images");
      if (images === undefined) throw internalError("sampler", "it gave no images");
      bytes.set(toBytes(images.peek()), first * imageBytes);
      images.release();
    }
    return bytes;
  }

  /** The averaged generator as an ONNX file. */
  async generator(metadata: Pick<GeneratorMetadata, "classNames" | "step">): Promise<Uint8Array> {
    return encodeGenerator(this.#method, await this.#averages(), {
      ...metadata,
      latent: this.#method.latent,
      format: formatOf(this.#config),
    });
  }

  /** The state by name; its arrays must not be changed. */
  async state(): Promise<TensorMap> {
    const values = await this.#runner.values();
    return new Map(
      this.#step.state.map(({ name, shape }) => [
        name,
        { shape: shape.map(Number), data: values.get(name) ?? new Float32Array() },
      ]),
    );
  }

  /** @throws Divergence when a number of the state is no longer finite: it must not replace a good checkpoint. */
  async assertFinite(step: number): Promise<void> {
    for (const [name, { data }] of await this.state()) {
      if (!data.every((value) => Number.isFinite(value))) throw new Divergence(step, name, Number.NaN);
    }
  }

  /** Takes over a state. @throws AtelierError (file) when it is that of another model. */
  restore(path: string, state: TensorMap): void {
    for (const { name, shape } of this.#step.state) {
      const found = state.get(name);
      if (found?.shape.join() === shape.join()) continue;
      throw new AtelierError({
        kind: "file",
        where: path,
        expected: `${name} of shape [${shape.join(", ")}]`,
        received: found === undefined ? "none" : `shape [${found.shape.join(", ")}]`,
        help: "this checkpoint is of another model or version; start a new run",
      });
    }
    this.#runner.restore(new Map([...state].map(([name, { data }]) => [name, data])));
  }

  async release(): Promise<void> {
    await this.#sampler.release();
    await this.#runner.release();
  }

  /** The averaged values of the averaged networks' variables, under the variables' own names. */
  async #averages(): Promise<Map<string, Float32Array>> {
    const values = await this.#runner.values();
    return new Map(
      averagedVariables(this.#method).map((variable) => [
        variable.input.name,
        values.get(this.#step.averageOf(variable)) ?? new Float32Array(),
      ]),
    );
  }
}

function averagedVariables({ networks, averaged }: Method): readonly Variable[] {
  return averaged.flatMap((name) => networks[name]?.variables ?? []);
}

/** The method and the training step that a configuration asks for. */
function stepOf(config: Config): { readonly method: Method; readonly step: TrainingStep } {
  const { batch, microBatches } = config;
  const method = methodOf(config);
  return { method, step: buildTrainingStep(method, { format: formatOf(config), batch, parts: microBatches }) };
}
