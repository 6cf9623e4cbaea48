import { MessageChannel } from "node:worker_threads";

// A message to a closed port is dropped, and with it the memory that was moved into it.
const { port1: nowhere, port2: other } = new MessageChannel();
other.close();
nowhere.close();

/**
 * Frees an array's memory now. The engine returns the whole state in new arrays at every step, and left to the garbage
 * collector several generations of them lie about: a fifth of a training's memory. The array is empty afterwards. A part
 * of a larger buffer is left as it is.
 */
export function discard({ buffer, byteLength }: Float32Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) nowhere.postMessage(undefined, [buffer]);
}
