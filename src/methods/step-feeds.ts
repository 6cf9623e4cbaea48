import { type Input, input, type Tensor } from "../graph/index.ts";
import type { LabelledInputs, TrainingStep } from "./training-step.ts";

/** What the graphs of a step are fed besides images and state: labels, random draws, and numbers that depend on the step. */
export class StepFeeds {
  #known: Input | undefined;
  #labelled: LabelledInputs | undefined;
  readonly #noises = new Map<string, Input>();
  readonly #uniforms = new Map<string, Input>();
  readonly #scalars = new Map<string, TrainingStep["scalars"][number]>();

  /** What is known of the images' classes: [batch, classes], as the first call decides. */
  known(batch: number, classes: number): Input {
    this.#known ??= input("known", [batch, classes]);
    return this.#known;
  }

  /** A batch of labelled images besides, of the shape [channels, height, width]; the first call decides how many. */
  labelled(count: number, classes: number, image: readonly number[]): LabelledInputs {
    this.#labelled ??= {
      images: input("labelled/images", [count, ...image], "uint8"),
      classes: input("labelled/classes", [count, classes]),
    };
    return this.#labelled;
  }

  /** Draws from N(0, 1), the same wherever the name is the same. */
  noise(name: string, shape: readonly number[]): Tensor {
    return inputOf(this.#noises, `noise/${name}`, shape);
  }

  /** The same, from the uniform distribution on [0, 1). */
  uniform(name: string, shape: readonly number[]): Tensor {
    return inputOf(this.#uniforms, `uniform/${name}`, shape);
  }

  /** A number of shape [], which the first call of this name decides. */
  scalar(name: string, value: (step: number, part: number) => number): Tensor {
    const scalar = this.#scalars.get(name) ?? { input: input(name, []), value };
    this.#scalars.set(name, scalar);
    return scalar.input;
  }

  /** All that were asked for. */
  all(): Pick<TrainingStep, "known" | "labelled" | "noises" | "uniforms" | "scalars"> {
    return {
      known: this.#known,
      labelled: this.#labelled,
      noises: [...this.#noises.values()],
      uniforms: [...this.#uniforms.values()],
      scalars: [...this.#scalars.values()],
    };
  }
}

/** The input of that name, which is made when it is first asked for. */
export function inputOf(inputs: Map<string, Input>, name: string, shape: readonly number[]): Input {
  const known = inputs.get(name) ?? input(name, shape);
  inputs.set(name, known);
  return known;
}
