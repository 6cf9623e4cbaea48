import type { Tensor as OrtTensor } from "onnxruntime-node";
import { internalError } from "../foundation/errors.ts";
import { discard } from "./discard.ts";

/** The engine's tensors that are in graphics memory, and their number: both are this room's own. */
const tensors = new WeakMap<Held, OrtTensor>();
let live = 0;

/** Number of tensors in graphics memory that have not been released. It stays the same over steps, or memory leaks. */
export function liveDeviceTensors(): number {
  return live;
}

/** A float32 tensor that a run made: in our memory, or left in the device's for the next run to read. */
export class Held {
  readonly shape: readonly number[];
  #values: Float32Array | undefined;
  /** Whether nobody else has the array. */
  #ours: boolean;

  private constructor(shape: readonly number[], values: Float32Array | undefined, ours: boolean) {
    this.shape = shape;
    this.#values = values;
    this.#ours = ours;
  }

  /** @param ours whether nobody else has the array: it is freed with this tensor. */
  static from(values: Float32Array, shape: readonly number[], ours = false): Held {
    return new Held(shape, values, ours);
  }

  /** Takes over what an engine returned. */
  static fetched(tensor: OrtTensor): Held {
    if (tensor.location === "gpu-buffer") {
      const held = new Held(tensor.dims, undefined, true);
      tensors.set(held, tensor);
      live++;
      return held;
    }
    const { data } = tensor;
    if (data instanceof Float32Array) return new Held(tensor.dims, data, true);
    throw internalError("Held", `${tensor.type} where float32 was expected`);
  }

  /** Whether the numbers are in the device's memory. */
  get onDevice(): boolean {
    return tensors.has(this);
  }

  /** The numbers, row-major, for as long as one likes; they must not be changed. */
  floats(): Float32Array {
    this.#ours = false;
    return this.peek();
  }

  /** The numbers, row-major, until this tensor is released; they must not be changed. */
  peek(): Float32Array {
    // Asking the engine for the numbers of a tensor in graphics memory would abort the process.
    if (this.#values === undefined) throw internalError("Held", "the numbers are on the device, or released");
    return this.#values;
  }

  /** Gives the memory back, the device's or ours. */
  release(): void {
    const tensor = tensors.get(this);
    if (tensor !== undefined) {
      tensors.delete(this);
      live--;
      tensor.dispose();
    }
    if (this.#ours && this.#values !== undefined) discard(this.#values);
    this.#values = undefined;
  }
}

/** For sessions: the engine's tensor of what is on the device. */
export function deviceTensor(held: Held): OrtTensor {
  const tensor = tensors.get(held);
  if (tensor === undefined) throw internalError("Held", "not on the device, or released");
  return tensor;
}
