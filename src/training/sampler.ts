import { imageBytesOf } from "../data/index.ts";
import { toBytes } from "../export/index.ts";
import { internalError } from "../foundation/errors.ts";
import { randomStream } from "../foundation/random.ts";
import { input } from "../graph/index.ts";
import { drawnPictures, formatOf, type Method, type Players, randomSize } from "../methods/index.ts";
import { type Feeds, Program, type ProgramState, type SessionOptions } from "../runtime/index.ts";
import type { Config } from "./config.ts";

/** Pictures of every sample grid. */
export const SAMPLES = 64;
/** They are made in parts, so that making them takes little memory beside the step's. */
export const SAMPLED_AT_ONCE = 16;

export interface SamplerParts {
  readonly config: Config;
  readonly method: Method;
  /** The networks with the weights that draw and encode. */
  readonly players: Players<string>;
  readonly state: ProgramState;
}

/**
 * Pictures of a model in training, from random vectors that the seed decides. `others` is what the method is fed beside
 * them, such as its mixture.
 */
export class Sampler {
  readonly #parts: SamplerParts;
  readonly #program: Program;

  private constructor(parts: SamplerParts, program: Program) {
    this.#parts = parts;
    this.#program = program;
  }

  static async compile(parts: SamplerParts, options: SessionOptions): Promise<Sampler> {
    const { method, players, state } = parts;
    const images = drawnPictures(method, input("latent", ["batch", randomSize(method)]), players);
    return new Sampler(parts, await Program.compile({ outputs: { images }, state: [] }, state, options));
  }

  /** Of the run's fixed random vectors: [64, channels, height, width], 0 to 255. */
  async samples(others?: Feeds): Promise<Uint8Array> {
    const { config, method } = this.#parts;
    return this.#pictures(randomStream(config.seed, "samples").normals(SAMPLES * randomSize(method)), others);
  }

  /** Pictures `first` to `first + count - 1` of an endless row of other fixed vectors: [count, channels, height, width]. */
  async evaluationPictures(first: number, count: number, others?: Feeds): Promise<Uint8Array> {
    const { config, method } = this.#parts;
    const size = randomSize(method);
    const latent = new Float32Array(count * size);
    for (let index = 0; index < count; index++) {
      const stream = randomStream(config.seed, "evaluation", first + index);
      stream.fillNormals(latent.subarray(index * size, (index + 1) * size));
    }
    return this.#pictures(latent, others);
  }

  release(): Promise<void> {
    return this.#program.release();
  }

  /** What random vectors, [count, size], are drawn as. */
  async #pictures(latent: Float32Array, others: Feeds | undefined): Promise<Uint8Array> {
    const { config, method } = this.#parts;
    const size = randomSize(method);
    const imageBytes = imageBytesOf(formatOf(config));
    const count = latent.length / size;
    const bytes = new Uint8Array(count * imageBytes);
    for (let first = 0; first < count; first += SAMPLED_AT_ONCE) {
      const end = Math.min(count, first + SAMPLED_AT_ONCE);
      const vectors = { latent: latent.subarray(first * size, end * size), ...others };
      const images = (await this.#program.run(vectors, end - first)).get("images");
      if (images === undefined) throw internalError("sampler", "it gave no images");
      bytes.set(toBytes(images.peek()), first * imageBytes);
      images.release();
    }
    return bytes;
  }
}
