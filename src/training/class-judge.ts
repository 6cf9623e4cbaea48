import { internalError } from "../foundation/errors.ts";
import { normalisedImages } from "../methods/index.ts";
import { predictedClasses } from "../metrics/index.ts";
import { Program, type SessionOptions } from "../runtime/index.ts";
import { ENCODED_AT_ONCE, imagesInput } from "./code-mixture.ts";
import type { SamplerParts } from "./sampler.ts";

/** The averaged classifier of a model in training: it reads its weights where the step leaves them. */
export class ClassJudge {
  readonly #program: Program;
  readonly #imageBytes: number;
  /** Classes that it tells apart. */
  readonly #count: number;

  private constructor(program: Program, imageBytes: number, count: number) {
    this.#program = program;
    this.#imageBytes = imageBytes;
    this.#count = count;
  }

  /** @returns undefined for a method that learns no classes. */
  static async compile(
    { method, config, players, state, train }: SamplerParts,
    options: SessionOptions,
  ): Promise<ClassJudge | undefined> {
    const { classes } = method;
    if (classes === undefined) return undefined;
    const logits = classes.classify(normalisedImages(imagesInput(config)), players);
    const program = await Program.compile({ outputs: { logits }, state: [] }, state, options);
    return new ClassJudge(program, train.imageBytes, classes.count);
  }

  /**
   * The class that each image most probably is of, [count].
   * @param images pixels 0…255, [count, channels, height, width].
   */
  async classify(images: Uint8Array): Promise<Int32Array> {
    const count = images.length / this.#imageBytes;
    const classes = new Int32Array(count);
    for (let first = 0; first < count; first += ENCODED_AT_ONCE) {
      const end = Math.min(count, first + ENCODED_AT_ONCE);
      const batch = images.subarray(first * this.#imageBytes, end * this.#imageBytes);
      const logits = (await this.#program.run({ images: batch }, end - first)).get("logits");
      if (logits === undefined) throw internalError("classifier", "it gave no logits");
      classes.set(predictedClasses(logits.floats(), this.#count), first);
    }
    return classes;
  }

  release(): Promise<void> {
    return this.#program.release();
  }
}
