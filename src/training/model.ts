import type { Split } from "../data/index.ts";
import { encodeClassifier, encodeCoders, encodeGenerator, type GeneratorMetadata } from "../export/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { elementCount, input } from "../graph/index.ts";
import {
  askedClasses,
  buildTrainingStep,
  formatOf,
  type GaussianMixture,
  inferencePlayers,
  type Method,
  type MethodResources,
  methodOf,
  randomSize,
  type TrainingStep,
} from "../methods/index.ts";
import type { Variable } from "../nn/index.ts";
import { type Feeds, type SessionOptions, type StateValues } from "../runtime/index.ts";
import type { Asked } from "./batch-feed.ts";
import { ClassJudge } from "./class-judge.ts";
import { CodeMixture } from "./code-mixture.ts";
import type { Config } from "./config.ts";
import { Divergence } from "./recovery.ts";
import type { TensorMap } from "./safetensors.ts";
import { Sampler } from "./sampler.ts";
import { type StepLabels, StepRunner } from "./step-runner.ts";

/** What sessions are told besides the configuration; `forms` are those of a checkpoint. */
type EngineChoices = Pick<SessionOptions, "forms" | "notify">;

/** What a model is compiled with besides the configuration. */
type CompileOptions = EngineChoices & {
  /** Files that the configuration names. */
  readonly resources?: MethodResources;
};

/** A model's networks as ONNX files. */
export interface ModelFiles {
  readonly generator: Uint8Array;
  /** Of methods that can reconstruct an image. */
  readonly coders?: { readonly encoder: Uint8Array; readonly decoder: Uint8Array };
  /** Of methods that learn classes. */
  readonly classifier?: Uint8Array;
}

/** A model in training: its compiled step with its state, and its sampler. */
export class TrainingModel {
  readonly #config: Config;
  readonly #resources: MethodResources | undefined;
  readonly #method: Method;
  readonly #step: TrainingStep;
  readonly #runner: StepRunner;
  readonly #sampler: Sampler;
  /** Undefined: codes are drawn from N(0, 1). */
  readonly #mixture: CodeMixture | undefined;
  /** Its averaged classifier; undefined where it learns no classes. */
  readonly judge: ClassJudge | undefined;
  /** The steps behind the state, as far as this session knows. */
  #made = 0;

  private constructor(
    config: Config,
    method: Method,
    step: TrainingStep,
    runner: StepRunner,
    sampler: Sampler,
    mixture: CodeMixture | undefined,
    judge: ClassJudge | undefined,
    resources: MethodResources | undefined,
  ) {
    this.#config = config;
    this.#resources = resources;
    this.#method = method;
    this.#step = step;
    this.#runner = runner;
    this.#sampler = sampler;
    this.#mixture = mixture;
    this.judge = judge;
  }

  /**
   * Compiles the step that the configuration asks for; the state is new, as the seed decides.
   * @param train the training images: a mixture is fitted to codes of some of them, where the method asks for one.
   */
  static async compile(
    config: Config,
    train: Split,
    { resources, ...engine }: CompileOptions = {},
  ): Promise<TrainingModel> {
    const { device, threads, tuning, seed } = config;
    const options: SessionOptions = { device, threads, tuning, ...engine };
    const { method, step } = stepOf(config, resources);
    const runner = await StepRunner.compile(step, seed, options);
    // The sampler, the encoder and the classifier read the averages where the step leaves them.
    const averages = new Map(
      averagedVariables(method).map((variable) => [
        variable.input.name,
        input(step.averageOf(variable), variable.shape),
      ]),
    );
    const players = inferencePlayers(method.networks, averages);
    const parts = { config, method, players, state: runner.state, train };
    const mixture = await CodeMixture.compile(parts, options);
    const sampler = await Sampler.compile(parts, options);
    const judge = await ClassJudge.compile(parts, options);
    return new TrainingModel(config, method, step, runner, sampler, mixture, judge, resources);
  }

  /** What a step asks for besides images. */
  get asked(): Asked {
    return this.#step;
  }

  /** Classes that pictures can be asked of; 0 where they are of no class. */
  get askedClasses(): number {
    return askedClasses(this.#method);
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
    this.#runner.feedScalarsOf(stepOf({ ...this.#config, learningRate }, this.#resources).step);
  }

  /**
   * Makes step number `step` (0 for the first) on a batch of images, uint8 [batch, channels, height, width].
   * @returns losses and scores by name.
   * @throws Divergence when one is no longer finite.
   */
  async step(step: number, images: Uint8Array, labels?: StepLabels): Promise<Readonly<Record<string, number>>> {
    this.#mixture?.forget();
    this.#made = step + 1;
    const report = await this.#runner.run(step, images, labels);
    for (const [name, value] of Object.entries(report))
      if (!Number.isFinite(value)) throw new Divergence(step + 1, name, value);
    return report;
  }

  /** The pictures that the averaged generator makes of the run's fixed random vectors: [64, channels, height, width], 0 to 255. */
  async samples(): Promise<Uint8Array> {
    return this.#sampler.samples((await this.#fitted())?.feeds);
  }

  /**
   * Pictures `first` to `first + count - 1` of an endless row of other fixed random vectors, by which the averaged
   * generator is judged: [count, channels, height, width], 0 to 255.
   */
  async evaluationPictures(first: number, count: number): Promise<Uint8Array> {
    return this.#sampler.evaluationPictures(first, count, (await this.#fitted())?.feeds);
  }

  /** The averaged networks as ONNX files. */
  async files(about: Pick<GeneratorMetadata, "classNames" | "step">): Promise<ModelFiles> {
    const method = this.#method;
    const format = formatOf(this.#config);
    const averages = await this.#averages();
    const mixture = (await this.#fitted())?.mixture;
    const classShares = this.askedClasses === 0 ? [] : [...this.#sampler.classShares];
    const described = { ...about, latent: randomSize(method), format, classShares };
    const generator = encodeGenerator(method, averages, described, mixture);
    const coders = encodeCoders(method, averages, { ...about, format });
    const classifier = encodeClassifier(method, averages, { ...about, format });
    return { generator, ...(coders && { coders }), ...(classifier && { classifier }) };
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
    this.#mixture?.forget();
  }

  async release(): Promise<void> {
    await this.#mixture?.release();
    await this.judge?.release();
    await this.#sampler.release();
    await this.#runner.release();
  }

  /** The mixture of codes, where the method asks for one. @throws Divergence when a code is no longer finite. */
  async #fitted(): Promise<{ readonly mixture: GaussianMixture; readonly feeds: Feeds } | undefined> {
    if (this.#mixture === undefined) return undefined;
    const fitted = await this.#mixture.fitted();
    if (fitted === undefined) throw new Divergence(this.#made, "code", Number.NaN);
    return fitted;
  }

  /** The averaged values of the averaged networks' variables, under the variables' own names. */
  async #averages(): Promise<Map<string, Float32Array>> {
    return averagesIn(await this.#runner.values(), this.#method, this.#step);
  }
}

/** The averaged values, in a state, of the averaged networks' variables, under the variables' own names. */
export function averagedValues(
  config: Config,
  resources: MethodResources | undefined,
  state: TensorMap,
): Map<string, Float32Array> {
  const { method, step } = stepOf(config, resources);
  return averagesIn(new Map([...state].map(([name, { data }]) => [name, data])), method, step);
}

function averagesIn(values: StateValues, method: Method, step: TrainingStep): Map<string, Float32Array> {
  return new Map(
    averagedVariables(method).map((variable) => [
      variable.input.name,
      values.get(step.averageOf(variable)) ?? new Float32Array(),
    ]),
  );
}

function averagedVariables({ networks, averaged }: Method): readonly Variable[] {
  return averaged.flatMap((name) => networks[name]?.variables ?? []);
}

/** The method and the training step that a configuration asks for. */
function stepOf(
  config: Config,
  resources: MethodResources | undefined,
): { readonly method: Method; readonly step: TrainingStep } {
  const { batch, microBatches } = config;
  const method = methodOf(config, resources);
  return { method, step: buildTrainingStep(method, { format: formatOf(config), batch, parts: microBatches }) };
}
