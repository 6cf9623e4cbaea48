import { AtelierError, messageOf } from "../foundation/errors.ts";
import { readNamedFile } from "../foundation/files.ts";
import { randomStream } from "../foundation/random.ts";
import { OnnxSession } from "../runtime/index.ts";
import { assertSmooth, damagedModel, type GeneratorMetadata, readGeneratorMetadata } from "./generator-file.ts";
import { interpolationPath, type PathOptions } from "./interpolation.ts";
import { toBytes } from "./picture.ts";

export interface SampleOptions {
  /** How many pictures. Default: 1. */
  readonly count?: number;
  /** Number of the first picture. Default: 0. */
  readonly first?: number;
  /** Decides the random vectors. Default: 0. Picture i of a seed is the same however many are asked for. */
  readonly seed?: number;
  /**
   * Draws beyond this many deviations are drawn again: lower gives more typical, less varied pictures. The number that chooses
   * the component of a mixture is left as it is. Refused for the generator of a VQ-VAE. Default: none.
   */
  readonly truncation?: number;
}

export interface InterpolateOptions extends SampleOptions, PathOptions {}

/** Pictures as bytes 0…255, [count, channels, height, width]. */
export interface Sample {
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** Pictures that one run of the model makes at most: bounds the memory of the layers between. */
const BATCH = 64;

/** Pictures of one call are held in memory. */
const MOST_BYTES = 2 ** 31;

/** Below this nearly every draw would be drawn again. */
const LEAST_TRUNCATION = 0.05;

function badOption(where: string, expected: string, received: number): AtelierError {
  return new AtelierError({
    kind: "usage",
    where,
    expected,
    received: String(received),
    help: `give another ${where}`,
  });
}

function tooMany(count: number, most: number): AtelierError {
  return new AtelierError({
    kind: "usage",
    where: "count",
    expected: `at most ${most} pictures of this size at a time`,
    received: String(count),
    help: "make them in several calls with different seeds",
  });
}

/** The options with their defaults. @throws AtelierError (usage) when one is out of range. */
function checked({ count = 1, first = 0, ...others }: SampleOptions) {
  const { truncation = LEAST_TRUNCATION } = others;
  if (!(Number.isSafeInteger(count) && count >= 1)) throw badOption("count", "a whole number of at least 1", count);
  if (!(truncation >= LEAST_TRUNCATION)) throw badOption("truncation", `at least ${LEAST_TRUNCATION}`, truncation);
  if (!(Number.isSafeInteger(first) && first >= 0)) throw badOption("first", "a whole number of at least 0", first);
  return { ...others, count, first };
}

/** A trained generator, from its `generator.onnx` alone. */
export class Generator {
  /** The file that it was loaded from. */
  readonly path: string;
  readonly metadata: GeneratorMetadata;
  readonly #session: OnnxSession;

  private constructor(path: string, session: OnnxSession, metadata: GeneratorMetadata) {
    this.path = path;
    this.#session = session;
    this.metadata = metadata;
  }

  /** @throws AtelierError (usage) when there is no such file, (file) when it is not a generator of Atelier's. */
  static async load(path: string): Promise<Generator> {
    const bytes = await readNamedFile(path, {
      expected: "a run's folder or a generator.onnx",
      absent: "nothing there",
      help: "check the path; `atelier train DATA` makes a run",
    });
    const metadata = readGeneratorMetadata(path, bytes);
    const session = await OnnxSession.open(bytes, { device: "cpu" }).catch((cause: unknown) => {
      throw damagedModel(path, messageOf(cause), cause);
    });
    return new Generator(path, session, metadata);
  }

  /** Makes pictures. */
  async sample(options: SampleOptions = {}): Promise<Sample> {
    const { count, first, ...drawing } = checked(options);
    return this.#pictures(count, (made, size) => this.vectors({ ...drawing, first: first + made, count: size }));
  }

  /** The random vectors that {@link sample} makes its pictures from: [count, latent]. */
  vectors(options: SampleOptions = {}): Float32Array {
    const { count, first, seed = 0, truncation } = checked(options);
    const { latent } = this.metadata;
    if (truncation !== undefined) assertSmooth(this.metadata, "truncation");
    const vectors = new Float32Array(count * latent);
    for (let index = 0; index < count; index++) {
      vectors.set(latentVector(this.metadata, seed, first + index, truncation), index * latent);
    }
    return vectors;
  }

  /** The pictures of given vectors, [count, latent], in their order. */
  async picturesOf(vectors: Float32Array): Promise<Sample> {
    const { latent } = this.metadata;
    const count = vectors.length / latent;
    if (!(Number.isInteger(count) && count >= 1)) {
      throw badOption("vectors", `rows of ${latent} numbers`, vectors.length);
    }
    return this.#pictures(count, (made, size) => vectors.subarray(made * latent, (made + size) * latent));
  }

  /**
   * Pictures along a path through the vectors of `count` pictures (default: 2), with `between` more after each; see
   * {@link interpolationPath}.
   */
  async interpolate({ kind, between, closed, ...sampling }: InterpolateOptions = {}): Promise<Sample> {
    assertSmooth(this.metadata, "interpolation");
    const keyframes = this.vectors({ count: 2, ...sampling });
    return this.picturesOf(interpolationPath(keyframes, this.metadata.latent, { kind, between, closed }));
  }

  async #pictures(count: number, vectorsOf: (made: number, size: number) => Float32Array): Promise<Sample> {
    const { latent, format } = this.metadata;
    const imageBytes = format.channels * format.height * format.width;
    if (count * imageBytes > MOST_BYTES) throw tooMany(count, Math.floor(MOST_BYTES / imageBytes));
    const bytes = new Uint8Array(count * imageBytes);
    for (let made = 0; made < count; made += BATCH) {
      const size = Math.min(BATCH, count - made);
      const images = await this.#session.run("latent", vectorsOf(made, size), [size, latent], "images");
      bytes.set(toBytes(images), made * imageBytes);
    }
    return { count, bytes };
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

/**
 * The random vector of picture `index`: normal draws, those beyond the truncation drawn again (Brock et al. 2019), but for
 * numbers that choose: near the middle of those are some of the choices, not typical ones.
 */
function latentVector(
  { latent, choosing }: GeneratorMetadata,
  seed: number,
  index: number,
  truncation = Number.POSITIVE_INFINITY,
): Float32Array {
  const random = randomStream(seed, "generate", index);
  return Float32Array.from({ length: latent }, (_, place) => {
    let draw = random.normal();
    if (place < choosing) return draw;
    while (Math.abs(draw) > truncation) draw = random.normal();
    return draw;
  });
}
