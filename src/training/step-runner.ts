import { internalError } from "../foundation/errors.ts";
import { randomStream } from "../foundation/random.ts";
import { elementCount, type Input } from "../graph/index.ts";
import type { Stage, TrainingStep } from "../methods/index.ts";
import { type HostArray, Program, ProgramState, type SessionOptions, type StateValues } from "../runtime/index.ts";

interface CompiledStage {
  readonly stage: Stage;
  readonly program: Program;
}

/** What a step is told of classes, where it asks for it. */
export interface StepLabels {
  /** Of the images of the batch: [batch, classes]. */
  readonly known?: Float32Array | undefined;
  /** A batch of labelled images: uint8 [count, channels, height, width] and [count, classes]. */
  readonly labelled?: { readonly images: Uint8Array; readonly classes: Float32Array } | undefined;
}

/** An input of random numbers, and what they are drawn from. */
interface RandomInput {
  readonly input: Input;
  readonly from: "normal" | "uniform";
  readonly values: Float32Array;
}

/** A training step compiled for a device: it owns the state and draws every random number. */
export class StepRunner {
  /** Everything that is carried from step to step; other programs may read it. */
  readonly state: ProgramState;
  readonly #step: TrainingStep;
  readonly #seed: number;
  readonly #programs: readonly CompiledStage[];
  #scalars: TrainingStep["scalars"];
  /** Random numbers of each input for a whole batch, drawn anew in place at every step. */
  readonly #draws: readonly RandomInput[];

  private constructor(step: TrainingStep, seed: number, state: ProgramState, programs: readonly CompiledStage[]) {
    this.#step = step;
    this.#seed = seed;
    this.state = state;
    this.#programs = programs;
    this.#scalars = step.scalars;
    const drawn = (input: Input, from: RandomInput["from"]): RandomInput => ({
      input,
      from,
      values: new Float32Array(countOf(input.shape) * step.parts),
    });
    this.#draws = [
      ...step.noises.map((input) => drawn(input, "normal")),
      ...step.uniforms.map((input) => drawn(input, "uniform")),
    ];
  }

  /** @param seed decides the first state and the random numbers of every step. */
  static async compile(step: TrainingStep, seed: number, options: SessionOptions): Promise<StepRunner> {
    const initial = new Map([...step.initialState(seed), ...zerosFor(step.scratch)]);
    const state = ProgramState.of([...step.state, ...step.scratch], initial, true);
    const programs: CompiledStage[] = [];
    // A convolution that several stages have must have one form, or a checkpoint could not tell which.
    let forms = options.forms ?? new Map<string, string>();
    for (const stage of step.stages) {
      const { report, state: updates } = stage;
      const program = await Program.compile({ outputs: report, state: updates }, state, { ...options, forms });
      programs.push({ stage, program });
      forms = new Map([...forms, ...program.forms]);
    }
    return new StepRunner(step, seed, state, programs);
  }

  /**
   * Feeds, from now on, the scalars of a step that has the same graphs: one whose configuration differs in numbers that
   * are fed alone, such as the learning rates.
   */
  feedScalarsOf({ scalars }: TrainingStep): void {
    this.#scalars = scalars;
  }

  /** The form that each convolution has, by its key. */
  get forms(): ReadonlyMap<string, string> {
    return new Map(this.#programs.flatMap(({ program }) => [...program.forms]));
  }

  /** Number of nodes of the compiled graphs. */
  get nodes(): number {
    return this.#programs.reduce((total, { program }) => total + program.nodes, 0);
  }

  /**
   * Makes step number `step` (0 for the first) on a batch of images, uint8 [batch, channels, height, width].
   * @returns losses and scores by name.
   */
  async run(step: number, images: Uint8Array, labels: StepLabels = {}): Promise<Readonly<Record<string, number>>> {
    const { parts } = this.#step;
    const batch = this.#batch(images, labels);
    this.#draw(step);
    const report: Record<string, number> = {};
    for (const { stage, program } of this.#programs) {
      const { runs, every } = stage;
      if ((step + 1) % every !== 0) continue;
      const times = runs === "once" ? 1 : parts;
      for (let part = 0; part < times; part++) {
        const results = await program.run(this.#feeds(step, part, batch));
        for (const [name, held] of results) {
          report[name] = (report[name] ?? 0) + (held.floats()[0] ?? Number.NaN) / times;
        }
      }
    }
    return report;
  }

  /** The numbers of what a checkpoint must hold; the arrays must not be changed. */
  async values(): Promise<StateValues> {
    return await this.state.values(this.#step.state.map(({ name }) => name));
  }

  /** Replaces the whole state. */
  restore(values: StateValues): void {
    this.state.set(new Map([...values, ...zerosFor(this.#step.scratch)]));
  }

  /** Programs that read the state must be released before. */
  async release(): Promise<void> {
    for (const { program } of this.#programs) await program.release();
    await this.state.release();
  }

  /** Draws the random numbers of a step, for the whole batch: it is divided among the parts like the images. */
  #draw(step: number): void {
    for (const { input, from, values } of this.#draws) {
      const random = randomStream(this.#seed, input.name, step);
      if (from === "normal") random.fillNormals(values);
      else random.fillUniforms(values);
    }
  }

  /** The arrays of a whole batch with their inputs. */
  #batch(
    images: Uint8Array,
    { known, labelled }: StepLabels,
  ): readonly (readonly [Input, Uint8Array | Float32Array])[] {
    const declared = this.#step;
    const given = [
      [declared.images, images],
      [declared.known, known],
      [declared.labelled?.images, labelled?.images],
      [declared.labelled?.classes, labelled?.classes],
    ] as const;
    return given.flatMap(([input, values]) => {
      if (input === undefined) return [];
      const count = countOf(input.shape) * declared.parts;
      if (values?.length === count) return [[input, values] as const];
      throw internalError("training step", `${values?.length ?? "no"} numbers of ${count} for ${input.name}`);
    });
  }

  /** What a part of the batch is fed. */
  #feeds(
    step: number,
    part: number,
    batch: readonly (readonly [Input, Uint8Array | Float32Array])[],
  ): Record<string, HostArray> {
    const feeds: Record<string, HostArray> = {};
    for (const [input, values] of batch) feeds[input.name] = partOf(values, input, part);
    for (const { input, values } of this.#draws) feeds[input.name] = partOf(values, input, part);
    for (const { input, value } of this.#scalars) feeds[input.name] = Float32Array.of(value(step, part));
    return feeds;
  }
}

function zerosFor(inputs: readonly Input[]): StateValues {
  return new Map(inputs.map(({ name, shape }) => [name, new Float32Array(countOf(shape))]));
}

/** The numbers of one part of the batch, which has the input's shape; not a copy. */
function partOf(values: Float32Array | Uint8Array, { shape }: Input, part: number): HostArray {
  return values.subarray(part * countOf(shape), (part + 1) * countOf(shape));
}

function countOf(shape: Input["shape"]): number {
  return elementCount(shape.map(Number));
}
