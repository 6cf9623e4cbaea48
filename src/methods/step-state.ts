import { internalError } from "../foundation/errors.ts";
import { type Input, stopGradient, type Tensor } from "../graph/index.ts";
import { inputOf } from "./step-feeds.ts";
import type { Stage } from "./training-step.ts";

/** The state of a step, with the symbolic value that each piece of it has at this point of the graph that is being built. */
export class StepState {
  readonly #kept = new Map<string, Input>();
  readonly #scratch = new Map<string, Input>();
  #values = new Map<string, Tensor>();

  constructor(declared: readonly Input[]) {
    for (const variable of declared) this.#kept.set(variable.name, variable);
  }

  /** What is kept from step to step. */
  get kept(): readonly Input[] {
    return [...this.#kept.values()];
  }

  /** What is used within a step alone. */
  get scratch(): readonly Input[] {
    return [...this.#scratch.values()];
  }

  /** Whether the graph that is being built gives anything a new value. */
  get isChanged(): boolean {
    return this.#values.size > 0;
  }

  /** Adds a piece that is kept, unless it is there. */
  added(name: string, shape: readonly number[]): Input {
    return inputOf(this.#kept, name, shape);
  }

  /** The same, of a piece that is used within a step alone. */
  addedScratch(name: string, shape: readonly number[]): Input {
    return inputOf(this.#scratch, name, shape);
  }

  declared(name: string): Input {
    const declared = this.#kept.get(name);
    if (declared === undefined) throw internalError("method", `no variable called ${name}`);
    return declared;
  }

  value(declared: Input): Tensor {
    return this.#values.get(declared.name) ?? declared;
  }

  /** Of all that is kept. */
  values(): Map<string, Tensor> {
    return new Map(this.kept.map((declared) => [declared.name, this.value(declared)]));
  }

  /** Gives a piece of state a new value. What comes later sees new numbers, not how they came about: no gradient flows through. */
  assign({ name }: Input, value: Tensor): void {
    this.#values.set(name, stopGradient(value));
  }

  /** What the graph changes; the next one reads the state that this one leaves. */
  takeChanges(): Stage["state"] {
    const changes = [...this.kept, ...this.scratch].flatMap((current) => {
      const next = this.#values.get(current.name);
      return next === undefined ? [] : [{ current, next }];
    });
    this.#values = new Map();
    return changes;
  }
}
