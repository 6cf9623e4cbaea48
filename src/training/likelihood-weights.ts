import { internalError } from "../foundation/errors.ts";
import { type Random, randomStream } from "../foundation/random.ts";
import { concat, elementCount, type Input, input, reshape, type Tensor } from "../graph/index.ts";
import { formatOf, initialPlayers, type Method, normalisedImages } from "../methods/index.ts";
import { Program, ProgramState, type StateValues } from "../runtime/index.ts";
import type { Config } from "./config.ts";

/** Draws for each image that one graph makes, and pixels of the images that it looks at: what is in memory at once. */
const DRAWS_AT_ONCE = 10;
const PIXELS_AT_ONCE = 100 * 32 * 32;

/** Random numbers that a graph is fed: for each image a stream of its own. */
interface Drawn {
  readonly input: Input;
  readonly stream: string;
  readonly fill: (random: Random, values: Float32Array) => void;
  readonly values: Float32Array;
}

/** Which random numbers are drawn. */
interface WeightOptions {
  /** Number of the first image in its set: its random numbers do not depend on the others. */
  readonly first: number;
  readonly draws: number;
  readonly seed: number;
  readonly signal: AbortSignal | undefined;
}

/** The compiled log weights of several draws for each image of a batch. */
export class WeightProgram {
  /** Images of a batch. */
  readonly batch: number;
  readonly #program: Program;
  readonly #state: ProgramState;
  /** Of the images: the same for every draw. */
  readonly #uniforms: readonly Drawn[];
  /** Of the draws. */
  readonly #noises: readonly Drawn[];

  private constructor(
    batch: number,
    program: Program,
    state: ProgramState,
    uniforms: readonly Drawn[],
    noises: readonly Drawn[],
  ) {
    this.batch = batch;
    this.#program = program;
    this.#state = state;
    this.#uniforms = uniforms;
    this.#noises = noises;
  }

  static async compile(config: Config, method: Method, values: StateValues): Promise<WeightProgram> {
    const { channels, height, width } = formatOf(config);
    const batch = Math.max(2, Math.min(100, Math.floor(PIXELS_AT_ONCE / (height * width))));
    const uniforms = new Map<string, Drawn>();
    const noises = new Map<string, Drawn>();
    const real = normalisedImages(input("images", [batch, channels, height, width], "uint8"));
    const players = initialPlayers(method);
    // Equal parts of the graph are computed once: the encoder, and the images as they are drawn.
    const weights = Array.from({ length: DRAWS_AT_ONCE }, (_, draw) => {
      const noise = (name: string, shape: readonly number[]) =>
        drawnInput(noises, `noise/${draw}/${name}`, `noise/${name}`, shape, (random, own) => random.fillNormals(own));
      const uniform = (name: string, shape: readonly number[]) =>
        drawnInput(uniforms, `uniform/${name}`, `uniform/${name}`, shape, (random, own) => random.fillUniforms(own));
      const logWeight = method.logWeight?.({ real, noise, uniform }, players);
      if (logWeight === undefined) throw internalError("likelihood", "the method has none");
      return reshape(logWeight, [1, batch]);
    });
    const variables = method.averaged.flatMap((name) => method.networks[name]?.variables ?? []);
    const state = ProgramState.of(
      variables.map((variable) => variable.input),
      values,
    );
    const { device, threads, tuning } = config;
    const outputs = { weights: concat(weights, 0) };
    const program = await Program.compile({ outputs, state: [] }, state, { device, threads, tuning });
    return new WeightProgram(batch, program, state, [...uniforms.values()], [...noises.values()]);
  }

  /**
   * Log weights [draws, count] of the first `count` images of a full batch of pixels.
   * @throws when the signal aborts.
   */
  async logWeights(
    images: Uint8Array,
    count: number,
    { first, draws, seed, signal }: WeightOptions,
  ): Promise<Float64Array> {
    const streams = new Map<string, readonly Random[]>();
    const fill = ({ stream, fill: fillWith, values }: Drawn) => {
      const own =
        streams.get(stream) ??
        Array.from({ length: count }, (_, index) => randomStream(seed, "likelihood", stream, first + index));
      streams.set(stream, own);
      const size = values.length / this.batch;
      own.forEach((random, index) => fillWith(random, values.subarray(index * size, (index + 1) * size)));
    };
    for (const drawn of this.#uniforms) fill(drawn);
    const result = new Float64Array(draws * count);
    for (let draw = 0; draw < draws; draw += DRAWS_AT_ONCE) {
      signal?.throwIfAborted();
      for (const drawn of this.#noises) fill(drawn);
      const fed = [...this.#uniforms, ...this.#noises].map(({ input: { name }, values }) => [name, values] as const);
      const held = (await this.#program.run({ images, ...Object.fromEntries(fed) })).get("weights");
      if (held === undefined) throw internalError("likelihood", "no weights");
      const weights = held.peek();
      for (let row = 0; row < Math.min(DRAWS_AT_ONCE, draws - draw); row++) {
        result.set(weights.subarray(row * this.batch, row * this.batch + count), (draw + row) * count);
      }
      held.release();
    }
    return result;
  }

  async release(): Promise<void> {
    await this.#program.release();
    await this.#state.release();
  }
}

/** The input of that name, which is made when it is first asked for. @param stream what its numbers are drawn by. */
function drawnInput(
  known: Map<string, Drawn>,
  name: string,
  stream: string,
  shape: readonly number[],
  fill: Drawn["fill"],
): Tensor {
  const own = known.get(name) ?? {
    input: input(name, shape),
    stream,
    fill,
    values: new Float32Array(elementCount(shape)),
  };
  known.set(name, own);
  return own.input;
}
