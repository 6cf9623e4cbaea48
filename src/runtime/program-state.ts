import { internalError } from "../foundation/errors.ts";
import { elementCount, type Input } from "../graph/index.ts";
import type { DeviceName } from "./device-names.ts";
import { Held } from "./held.ts";
import { Session } from "./session.ts";

/** Numbers of a state, by name: float32, row-major. */
export type StateValues = ReadonlyMap<string, Float32Array>;

/**
 * Named float32 tensors that runs carry from one to the next: weights, moments, averages. Several programs may read and
 * replace the same state, one run after another: each sees what the others left, and frees what it replaces. Pieces stay
 * in graphics memory between the runs of programs that compute there.
 */
export class ProgramState {
  readonly declared: ReadonlyMap<string, Input>;
  readonly #held = new Map<string, Held>();
  /** Sessions that copy pieces to or from graphics memory, by what they copy. */
  readonly #copiers = new Map<string, Promise<Session>>();

  private constructor(declared: readonly Input[]) {
    this.declared = new Map(declared.map((piece) => [piece.name, piece]));
    if (this.declared.size !== declared.length) throw internalError("ProgramState", "two pieces have one name");
  }

  /**
   * @param declared the pieces: float32 inputs of fixed shape.
   * @param initial numbers of every piece; others are ignored.
   * @param taken whether the arrays are handed over: each is freed when its piece is replaced. Default: false.
   */
  static of(declared: readonly Input[], initial: StateValues, taken = false): ProgramState {
    const state = new ProgramState(declared);
    state.#set(initial, taken);
    return state;
  }

  /** The numbers as they are now, of all pieces or of those named; the arrays must not be changed. */
  async values(names: Iterable<string> = this.declared.keys()): Promise<StateValues> {
    const wanted = [...names];
    const away = wanted.filter((name) => this.#piece(name).onDevice);
    const copies = away.length === 0 ? new Map<string, Held>() : await this.#copy("from", away);
    return new Map(wanted.map((name) => [name, (copies.get(name) ?? this.#piece(name)).floats()]));
  }

  /** Replaces the whole state. The arrays must not be changed afterwards. */
  set(values: StateValues): void {
    this.#set(values, false);
  }

  #set(values: StateValues, taken: boolean): void {
    for (const { name, shape } of this.declared.values()) {
      const value = values.get(name);
      const dimensions = shape.map(Number);
      if (value?.length !== elementCount(dimensions)) {
        const wanted = elementCount(dimensions);
        throw internalError("ProgramState", `${name}: ${wanted} numbers expected, ${value?.length ?? 0} given`);
      }
      this.replace(name, Held.from(value, dimensions, taken));
    }
  }

  /** Gives graphics memory back. The state cannot be used afterwards. */
  async release(): Promise<void> {
    for (const held of this.#held.values()) held.release();
    this.#held.clear();
    for (const copier of this.#copiers.values()) await (await copier).release();
    this.#copiers.clear();
  }

  /**
   * For programs: the tensors of the named pieces, in graphics memory for a program on `webgpu` and in ours for others.
   * @param passing pieces that the program replaces at once: these are not worth a copy to graphics memory.
   */
  async tensors(
    names: readonly string[],
    device: DeviceName,
    passing: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, Held>> {
    if (device === "webgpu") {
      const home = names.filter((name) => !this.#piece(name).onDevice && !passing.has(name));
      if (home.length > 0) for (const [name, held] of await this.#copy("to", home)) this.replace(name, held);
    } else {
      await this.bringHome(names);
    }
    return new Map(names.map((name) => [name, this.#piece(name)]));
  }

  /**
   * For programs that end: brings pieces back from graphics memory. The engine frees that memory with the session that
   * made them, and what is read there afterwards crashes the process.
   */
  async bringHome(names: Iterable<string>): Promise<void> {
    const away = [...names].filter((name) => this.#held.get(name)?.onDevice === true);
    if (away.length === 0) return;
    for (const [name, held] of await this.#copy("from", away)) this.replace(name, held);
  }

  /** For programs: a piece's next value. */
  replace(name: string, next: Held): void {
    this.#held.get(name)?.release();
    this.#held.set(name, next);
  }

  #piece(name: string): Held {
    const held = this.#held.get(name);
    if (held === undefined) throw internalError("ProgramState", `no piece is called ${name}`);
    return held;
  }

  /** Copies through a graph that does nothing else: the engine offers no other way. */
  async #copy(direction: "to" | "from", names: readonly string[]): Promise<ReadonlyMap<string, Held>> {
    const key = [direction, ...names].join("\n");
    const copier = this.#copiers.get(key) ?? this.#copier(direction, names);
    this.#copiers.set(key, copier);
    const pieces = new Map(names.map((name) => [name, this.#piece(name)]));
    const copies = await (await copier).run({}, pieces);
    return new Map([...copies].map(([name, held]) => [name.slice(COPY.length), held]));
  }

  #copier(direction: "to" | "from", names: readonly string[]): Promise<Session> {
    const inputs = names.map((name) => this.declared.get(name) ?? unknownPiece(name));
    const outputs = Object.fromEntries(inputs.map((piece) => [COPY + piece.name, piece]));
    const resident = direction === "to" ? Object.keys(outputs) : [];
    return Session.compile(outputs, { device: "webgpu", selfTest: false }, resident);
  }
}

const COPY = "copy:";

function unknownPiece(name: string): never {
  throw internalError("ProgramState", `no piece is called ${name}`);
}
