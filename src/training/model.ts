import { encodeGenerator, type GeneratorMetadata } from "../export/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { randomStream } from "../foundation/random.ts";
import { elementCount, input } from "../graph/index.ts";
import { buildTrainingStep, formatOf, type Method, methodOf, type TrainingStep } from "../methods/index.ts";
import type { Network } from "../nn/index.ts";
import { Program, Session } from "../runtime/index.ts";
import type { Config } from "./config.ts";
import type { TensorMap } from "./safetensors.ts";

/** Pictures of every sample grid. */
const SAMPLES = 64;

/** A model in training: its compiled step, its state, and its sampler. */
export class TrainingModel {
  readonly #config: Config;
  readonly #method: Method;
  readonly #sampled: Network;
  readonly #step: TrainingStep;
  readonly #program: Program;
  readonly #sampler: Session;

  private constructor(
    config: Config,
    method: Method,
    sampled: Network,
    step: TrainingStep,
    program: Program,
    sampler: Session,
  ) {
    this.#config = config;
    this.#method = method;
    this.#sampled = sampled;
    this.#step = step;
    this.#program = program;
    this.#sampler = sampler;
  }

  /** Compiles the step that the configuration asks for; the state is new, as the seed decides. */
  static async compile(config: Config): Promise<TrainingModel> {
    const method = methodOf(config);
    const step = buildTrainingStep(method, formatOf(config), config.batch);
    const { device } = config;
    const program = await Program.compile({ outputs: step.report, state: step.state }, step.initialState(config.seed), {
      device,
    });
    const sampled = method.networks[method.sampler];
    if (sampled === undefined) throw new Error(`internal: no network called ${method.sampler}`);
    const { output } = sampled.apply(input("latent", ["batch", method.latent]), sampled.bindings(), "inference");
    return new TrainingModel(
      config,
      method,
      sampled,
      step,
      program,
      await Session.compile({ images: output }, { device }),
    );
  }

  /** Number of trained numbers. */
  get parameters(): number {
    return Object.values(this.#method.networks)
      .flatMap(({ variables }) => variables)
      .reduce((total, { role, shape }) => total + (role === "parameter" ? elementCount(shape) : 0), 0);
  }

  /**
   * Makes step number `step` (0 for the first) on a batch of images, uint8 [batch, channels, height, width].
   * @returns losses and scores by name.
   * @throws AtelierError (run) when one is no longer a number.
   */
  async step(step: number, images: Uint8Array): Promise<Readonly<Record<string, number>>> {
    const feeds: Record<string, Float32Array | Uint8Array> = { [this.#step.images.name]: images };
    for (const { name, shape } of this.#step.noises) {
      feeds[name] = randomStream(this.#config.seed, name, step).normals(elementCount(shape.map(Number)));
    }
    for (const { input: scalar, value } of this.#step.scalars) feeds[scalar.name] = Float32Array.of(value(step));
    const results = await this.#program.run(feeds);
    const report = Object.fromEntries([...results].map(([name, held]) => [name, held.floats()[0] ?? Number.NaN]));
    for (const [name, value] of Object.entries(report)) if (!Number.isFinite(value)) throw diverged(step, name, value);
    return report;
  }

  /** The pictures that the averaged generator makes of the run's fixed random vectors: [64, channels, height, width] in [-1, 1]. */
  async samples(): Promise<Float32Array> {
    const latent = randomStream(this.#config.seed, "samples").normals(SAMPLES * this.#method.latent);
    const results = await this.#sampler.run({ latent, ...Object.fromEntries(this.#averages()) }, new Map(), SAMPLES);
    return results.get("images")?.floats() ?? new Float32Array();
  }

  /** The averaged generator as an ONNX file. */
  generator(metadata: Pick<GeneratorMetadata, "classNames" | "step">): Uint8Array {
    return encodeGenerator(this.#sampled, this.#averages(), {
      ...metadata,
      latent: this.#method.latent,
      format: formatOf(this.#config),
    });
  }

  /** The state by name; its arrays must not be changed. */
  state(): TensorMap {
    const values = this.#program.state();
    return new Map(
      this.#step.state.map(({ current: { name, shape } }) => [
        name,
        { shape: shape.map(Number), data: values.get(name) ?? new Float32Array() },
      ]),
    );
  }

  /** @throws AtelierError (run) when a number of the state is no longer finite: it must not replace a good checkpoint. */
  assertFinite(step: number): void {
    for (const [name, { data }] of this.state()) {
      if (!data.every((value) => Number.isFinite(value))) throw diverged(step - 1, name, Number.NaN);
    }
  }

  /** Takes over a state. @throws AtelierError (file) when it is that of another model. */
  restore(path: string, state: TensorMap): void {
    for (const { current } of this.#step.state) {
      const found = state.get(current.name);
      if (found?.shape.join() === current.shape.join()) continue;
      throw new AtelierError({
        kind: "file",
        where: path,
        expected: `${current.name} of shape [${current.shape.join(", ")}]`,
        received: found === undefined ? "none" : `shape [${found.shape.join(", ")}]`,
        help: "this checkpoint is of another model or version; start a new run",
      });
    }
    this.#program.setState(new Map([...state].map(([name, { data }]) => [name, data])));
  }

  async release(): Promise<void> {
    await this.#program.release();
    await this.#sampler.release();
  }

  /** The averaged values of the sampled network's variables, under the variables' own names. */
  #averages(): Map<string, Float32Array> {
    const values = this.#program.state();
    return new Map(
      this.#sampled.variables.map((variable) => [
        variable.input.name,
        values.get(this.#step.averageOf(variable)) ?? new Float32Array(),
      ]),
    );
  }
}

function diverged(step: number, name: string, value: number): AtelierError {
  return new AtelierError({
    kind: "run",
    where: `step ${step + 1}`,
    expected: `a finite ${name}`,
    received: String(value),
    help: "training diverged: start again with a lower rate, such as --set learningRate.generator=1e-4",
  });
}
