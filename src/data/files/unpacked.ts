import { Readable, type Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

/**
 * What a stream of zlib makes of packed bytes, in pieces. Whoever stops early leaves the loop: both streams are then closed.
 * @param reasonOf what went wrong, in short, for an error of the packed bytes or of the unpacking.
 * @throws Error with that reason; what came before the damage has then been given out.
 */
export async function* unpacked(
  packed: AsyncIterable<Uint8Array>,
  unpacking: Transform,
  reasonOf: (cause: unknown) => string,
): AsyncGenerator<Buffer> {
  const source = Readable.from(packed);
  let failure: unknown;
  const fed = pipeline(source, unpacking).catch((cause: unknown) => {
    failure = cause;
  });
  try {
    for await (const piece of unpacking) if (Buffer.isBuffer(piece)) yield piece;
  } catch (cause) {
    await fed;
    throw new Error(reasonOf(failure ?? cause), { cause });
  } finally {
    source.destroy();
    unpacking.destroy();
    await fed;
  }
}
