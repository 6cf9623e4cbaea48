import { zipSync } from "fflate";
import type { ImageFormat } from "../models/index.ts";

/**
 * Pictures as a NumPy archive with one array, `images`: uint8 [count, height, width, channels], or [count, height, width]
 * when grey. `np.load("file.npz")["images"]` reads it.
 * @param bytes [count, channels, height, width].
 */
export function encodeArchive(bytes: Uint8Array, count: number, { channels, height, width }: ImageFormat): Uint8Array {
  const pixels = height * width;
  const last = new Uint8Array(bytes.length);
  for (let image = 0; image < count; image++) {
    for (let channel = 0; channel < channels; channel++) {
      for (let pixel = 0; pixel < pixels; pixel++) {
        last[(image * pixels + pixel) * channels + channel] = bytes[(image * channels + channel) * pixels + pixel] ?? 0;
      }
    }
  }
  const shape = channels === 1 ? [count, height, width] : [count, height, width, channels];
  return zipSync({ "images.npy": encodeArray(last, "|u1", shape) });
}

/** Latent vectors as a NumPy archive with one array, `latents`: float32 [count, size]. */
export function encodeLatents(vectors: Float32Array, size: number): Uint8Array {
  const bytes = new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength);
  return zipSync({ "latents.npy": encodeArray(bytes, "<f4", [vectors.length / size, size]) });
}

const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0);
const ALIGNMENT = 64;

/** An array in NumPy's NPY format, version 1.0 (numpy.lib.format). */
function encodeArray(bytes: Uint8Array, type: "|u1" | "<f4", shape: readonly number[]): Uint8Array {
  const description = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`;
  const before = MAGIC.length + 2;
  const total = Math.ceil((before + description.length + 1) / ALIGNMENT) * ALIGNMENT;
  const header = new TextEncoder().encode(`${description.padEnd(total - before - 1)}\n`);
  const file = new Uint8Array(total + bytes.length);
  file.set(MAGIC);
  new DataView(file.buffer).setUint16(MAGIC.length, header.length, true);
  file.set(header, before);
  file.set(bytes, total);
  return file;
}
