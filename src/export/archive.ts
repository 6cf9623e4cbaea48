import { zipSync } from "fflate";
import type { ImageFormat } from "../models/index.ts";
import type { Sample } from "./generator.ts";

/**
 * Pictures as a NumPy archive with an array `images`: uint8 [count, height, width, channels], or [count, height, width] when
 * grey. `np.load("file.npz")["images"]` reads it. With classes also `labels`: the name of the class of each, as text [count].
 */
export function encodeArchive({ bytes, count, classes }: Sample, { channels, height, width }: ImageFormat): Uint8Array {
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
  return zipSync({ "images.npy": encodeArray(last, "|u1", shape), ...labelsOf(classes) });
}

/**
 * Latent vectors as a NumPy archive with an array `latents`: float32 [count, size]; with classes also `labels`, as text [count].
 */
export function encodeLatents(vectors: Float32Array, size: number, classes?: readonly string[]): Uint8Array {
  const bytes = new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength);
  return zipSync({ "latents.npy": encodeArray(bytes, "<f4", [vectors.length / size, size]), ...labelsOf(classes) });
}

function labelsOf(classes: readonly string[] | undefined): Record<string, Uint8Array> {
  return classes === undefined ? {} : { "labels.npy": encodeTexts(classes) };
}

/** Texts of a fixed length in characters of four bytes, filled up with zeros: [count]. */
function encodeTexts(texts: readonly string[]): Uint8Array {
  const points = texts.map((text) => Array.from(text, (character) => character.codePointAt(0) ?? 0));
  const longest = points.reduce((most, { length }) => Math.max(most, length), 1);
  const view = new DataView(new ArrayBuffer(4 * longest * texts.length));
  for (const [row, own] of points.entries()) {
    for (const [place, point] of own.entries()) view.setUint32(4 * (row * longest + place), point, true);
  }
  return encodeArray(new Uint8Array(view.buffer), `<U${longest}`, [texts.length]);
}

const MAGIC = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0);
const ALIGNMENT = 64;

/** An array in NumPy's NPY format, version 1.0 (numpy.lib.format). */
function encodeArray(bytes: Uint8Array, type: "|u1" | "<f4" | `<U${number}`, shape: readonly number[]): Uint8Array {
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
