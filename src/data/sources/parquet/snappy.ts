const damaged = "the compressed data is damaged";

/**
 * Unpacks raw Snappy data (google/snappy, "format description") that comes in pieces, straight into its place: a page is never held
 * packed and unpacked at once, and no length in the data is believed before it has been checked.
 * @param length of the unpacked data in bytes.
 * @throws Error with a short reason when the data is damaged or of another length.
 */
export async function unpackSnappy(pieces: AsyncIterable<Uint8Array>, length: number): Promise<Uint8Array> {
  const output = new Uint8Array(length);
  let filled = 0;
  let literal = 0;
  let begun = false;
  let rest: Uint8Array = new Uint8Array(0);

  for await (const piece of pieces) {
    const input = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let at = 0;
    if (!begun) {
      const head = readVarint(input);
      if (head === undefined) {
        rest = input;
        continue;
      }
      if (head.value !== length) throw new Error(damaged);
      at = head.bytes;
      begun = true;
    }
    while (at < input.length) {
      if (literal > 0) {
        const part = input.subarray(at, at + literal);
        output.set(part, filled);
        filled += part.length;
        literal -= part.length;
        at += part.length;
        continue;
      }
      const tag = input[at] ?? 0;
      const kind = tag & 3;
      const six = tag >> 2;
      const extra = kind === 0 ? Math.max(0, six - 59) : kind === 3 ? 4 : kind;
      if (at + 1 + extra > input.length) break;
      const word = littleEndian(input, at + 1, extra);
      at += 1 + extra;
      if (kind === 0) {
        literal = (extra === 0 ? six : word) + 1;
        if (literal > length - filled) throw new Error(damaged);
        continue;
      }
      const count = kind === 1 ? (six & 7) + 4 : six + 1;
      const distance = kind === 1 ? (tag >> 5) * 256 + word : word;
      if (distance === 0 || distance > filled || count > length - filled) throw new Error(damaged);
      // Source and target may overlap: a distance below the count repeats what lies between.
      for (let n = 0; n < count; n++, filled++) output[filled] = output[filled - distance] ?? 0;
    }
    rest = input.slice(at);
  }
  if (filled !== length || literal > 0 || rest.length > 0 || (length > 0 && !begun)) throw new Error(damaged);
  return output;
}

function littleEndian(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let n = 0; n < count; n++) value += (bytes[at + n] ?? 0) * 256 ** n;
  return value;
}

/** undefined: it goes on in the next piece. */
function readVarint(bytes: Uint8Array): { readonly value: number; readonly bytes: number } | undefined {
  let value = 0;
  for (const [place, byte] of bytes.subarray(0, 5).entries()) {
    value += (byte & 0x7f) * 128 ** place;
    if (byte < 0x80) return { value, bytes: place + 1 };
  }
  if (bytes.length >= 5) throw new Error(damaged);
  return undefined;
}
