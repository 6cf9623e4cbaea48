import { internalError } from "../foundation/errors.ts";
import type { Input, Tensor } from "../graph/index.ts";
import type { Held } from "./held.ts";
import type { ProgramState } from "./program-state.ts";
import { type Feeds, Session, type SessionOptions } from "./session.ts";

/** A piece of state: where a step reads it, and the value that it has after the step. */
export interface StateUpdate {
  readonly current: Input;
  readonly next: Tensor;
}

export interface ProgramDefinition {
  /** What a run returns, by name. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** The pieces of the state that a run replaces. The graph may read others. */
  readonly state: readonly StateUpdate[];
}

const NEXT = "next:";

/** A compiled step: state + inputs -> outputs + new state. A run that fails leaves the state as it was. */
export class Program {
  readonly #session: Session;
  readonly #state: ProgramState;
  readonly #read: readonly string[];
  readonly #replaced: ReadonlySet<string>;

  private constructor(session: Session, state: ProgramState, replaced: readonly string[]) {
    this.#session = session;
    this.#state = state;
    this.#read = [...session.inputs.keys()].filter((name) => state.declared.has(name));
    this.#replaced = new Set(replaced);
  }

  /** Compiles a step over `state`: the graph's inputs that the state declares are read there, all others are fed. */
  static async compile(definition: ProgramDefinition, state: ProgramState, options: SessionOptions): Promise<Program> {
    const { outputs, state: updates } = definition;
    const replaced = updates.map(({ current }) => current.name);
    const unknown = replaced.find((name) => !state.declared.has(name));
    if (unknown !== undefined) throw internalError("Program", `the state has no piece called ${unknown}`);
    const next = updates.map(({ current, next: value }) => [NEXT + current.name, value] as const);
    const all = { ...outputs, ...Object.fromEntries(next) };
    const resident = next.map(([name]) => name);
    const session = await Session.compile(all, options, resident);
    return new Program(session, state, replaced);
  }

  /** The form that each convolution has, by its key. */
  get forms(): ReadonlyMap<string, string> {
    return this.#session.forms;
  }

  /** Number of nodes of the compiled graph. */
  get nodes(): number {
    return this.#session.nodes;
  }

  /**
   * One step: returns the outputs and replaces the state.
   * @param batch size of the open batch dimension, where there is one.
   */
  async run(feeds: Feeds, batch = 1): Promise<ReadonlyMap<string, Held>> {
    const held = await this.#state.tensors(this.#read, this.#session.device, this.#replaced);
    const results = await this.#session.run(feeds, held, batch);
    for (const name of this.#replaced) {
      const next = results.get(NEXT + name);
      if (next === undefined) throw internalError("Program", `no new value of ${name}`);
      this.#state.replace(name, next);
      results.delete(NEXT + name);
    }
    return results;
  }

  /** The state lives on. */
  async release(): Promise<void> {
    await this.#state.bringHome(this.#replaced);
    await this.#session.release();
  }
}
