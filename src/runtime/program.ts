import { internalError } from "../foundation/errors.ts";
import { elementCount, type Input, type Tensor } from "../graph/index.ts";
import { type Feeds, Held, Session, type SessionOptions } from "./session.ts";

/** A piece of state: where a step reads it, and the value that it has after the step. */
export interface StateUpdate {
  readonly current: Input;
  readonly next: Tensor;
}

export interface ProgramDefinition {
  /** What a run returns, by name. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly state: readonly StateUpdate[];
}

/** Numbers of a program's state, by name. */
export type StateValues = ReadonlyMap<string, Float32Array>;

const NEXT = "next:";

/** A compiled step: state + inputs -> outputs + new state. The program owns the state; a run that fails leaves it as it was. */
export class Program {
  readonly #session: Session;
  readonly #state = new Map<string, Held>();
  readonly #inputs: readonly Input[];

  private constructor(session: Session, state: readonly StateUpdate[], initial: StateValues) {
    this.#session = session;
    this.#inputs = state.map(({ current }) => current);
    this.setState(initial);
  }

  static async compile(definition: ProgramDefinition, initial: StateValues, options: SessionOptions): Promise<Program> {
    const { outputs, state } = definition;
    const next = state.map(({ current, next: value }) => [NEXT + current.name, value] as const);
    const session = await Session.compile({ ...outputs, ...Object.fromEntries(next) }, options);
    return new Program(session, state, initial);
  }

  /** Number of nodes of the compiled graph. */
  get nodes(): number {
    return this.#session.nodes;
  }

  /** One step: returns the outputs and replaces the state. */
  async run(feeds: Feeds): Promise<ReadonlyMap<string, Held>> {
    const results = await this.#session.run(feeds, this.#state);
    for (const { name } of this.#inputs) {
      const next = results.get(NEXT + name);
      if (next === undefined) throw internalError("Program", `no new value of ${name}`);
      this.#state.set(name, next);
      results.delete(NEXT + name);
    }
    return results;
  }

  /** The state as it is now; the arrays must not be changed. */
  state(): StateValues {
    return new Map([...this.#state].map(([name, held]) => [name, held.floats()]));
  }

  /** Replaces the whole state. */
  setState(values: StateValues): void {
    for (const { name, shape } of this.#inputs) {
      const value = values.get(name);
      const dimensions = shape.map(Number);
      if (value?.length !== elementCount(dimensions)) {
        throw internalError(
          "Program",
          `state ${name}: ${elementCount(dimensions)} numbers expected, ${value?.length ?? 0} given`,
        );
      }
      this.#state.set(name, Held.from(value, dimensions));
    }
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}
