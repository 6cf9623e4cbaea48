import * as fc from "fast-check";
import { snappyCompress } from "hyparquet-writer/src/snappy.js";
import { describe, expect, test } from "vitest";
import { unpackSnappy } from "./snappy.ts";

async function* piecesOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Bytes that repeat themselves here and there, near and far. */
const content = fc
  .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 80 }), fc.integer({ min: 1, max: 30 })), { maxLength: 12 })
  .map((parts) => Buffer.concat(parts.flatMap(([part, times]) => Array<Uint8Array>(times).fill(part))));

describe("Snappy", () => {
  test("unpacks what another program packed, however it is cut into pieces", async () => {
    await fc.assert(
      fc.asyncProperty(content, fc.integer({ min: 1, max: 300 }), async (bytes, size) => {
        const unpacked = await unpackSnappy(piecesOf(snappyCompress(bytes), size), bytes.length);
        expect(Buffer.from(unpacked).equals(bytes)).toBe(true);
      }),
      { numRuns: 100, seed: 1 },
    );
  });

  test("refuses what is cut short, damaged in its structure, or of another length", async () => {
    const reason = "the compressed data is damaged";
    const bytes = Buffer.from("a rose is a rose is a rose is a rose, and a tulip is none");
    const packed = snappyCompress(bytes);
    for (let length = 0; length < packed.length; length++)
      await expect(unpackSnappy(piecesOf(packed.subarray(0, length), 7), bytes.length)).rejects.toThrow(reason);
    await expect(unpackSnappy(piecesOf(packed, 7), bytes.length + 1)).rejects.toThrow(reason);
    const hostile = [
      ["a literal of 4 GB", [4, 0xfc, 0xff, 0xff, 0xff, 0xff, 0]],
      ["a copy from before the beginning", [4, 0x00, 65, 0x01, 9]],
      ["a copy from nowhere", [4, 0x00, 65, 0x01, 0]],
      ["an endless length", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ] as const;
    for (const [, data] of hostile)
      await expect(unpackSnappy(piecesOf(Uint8Array.from(data), 2), 4)).rejects.toThrow(reason);
  });

  test("ends with a result or a reason whatever bit is flipped", async () => {
    await fc.assert(
      fc.asyncProperty(content, fc.nat(), fc.nat(7), async (bytes, place, bit) => {
        const packed = Buffer.from(snappyCompress(bytes));
        packed[place % packed.length] = (packed[place % packed.length] ?? 0) ^ (1 << bit);
        const result = await unpackSnappy(piecesOf(packed, 50), bytes.length).catch((error: unknown) => String(error));
        expect(typeof result === "string" ? result : result.length).toBe(
          typeof result === "string" ? "Error: the compressed data is damaged" : bytes.length,
        );
      }),
      { numRuns: 200, seed: 2 },
    );
  });
});
