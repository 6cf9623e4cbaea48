import { crc32, deflateRawSync } from "node:zlib";

/** An entry of a hand-made archive. What is not given is what an ordinary program would write. */
export interface TestEntry {
  /** Bytes where the name is not to be stored as UTF-8. */
  readonly name: string | Uint8Array;
  readonly content: string | Uint8Array;
  /** Compression method; 8, deflate, by default. */
  readonly method?: number;
  /** General purpose flags; UTF-8 names by default. */
  readonly flags?: number;
  /** Type and permissions as Unix has them. */
  readonly mode?: number;
  readonly checksum?: number;
  /** What the archive says the size of the content is. */
  readonly size?: number;
  /** The data as it is stored, where it is not to be the packed content. */
  readonly packed?: Uint8Array;
  /** The data is that of the entry before, under another name. */
  readonly overlaps?: boolean;
}

const none = 0xffffffff;

/** A ZIP archive with whatever is wrong with its entries. @param zip64 all sizes and places are written in 64 bits. */
export function zipOf(
  entries: readonly TestEntry[],
  { zip64 = false, count = entries.length }: { zip64?: boolean; count?: number } = {},
): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let at = 0;
  let place = 0;
  for (const entry of entries) {
    const { method = 8, flags = 0x800, mode = 0, checksum, overlaps = false } = entry;
    const name = Buffer.from(entry.name);
    const content = Buffer.from(entry.content);
    const packed = Buffer.from(entry.packed ?? (method === 8 ? deflateRawSync(content) : content));
    const size = entry.size ?? content.length;
    const common = [half(flags), half(method), half(0), half(0), word(checksum ?? crc32(content))];
    if (!overlaps) {
      place = at;
      const header = [
        word(0x04034b50),
        half(20),
        ...common,
        word(packed.length),
        word(size),
        half(name.length),
        half(0),
      ];
      local.push(...header, name, packed);
      at += 30 + name.length + packed.length;
    }
    const extra = zip64
      ? Buffer.concat([half(1), half(24), long(size), long(packed.length), long(place)])
      : Buffer.alloc(0);
    const sizes = zip64 ? [word(none), word(none)] : [word(packed.length), word(size)];
    const lengths = [half(name.length), half(extra.length), half(0), half(0), half(0), word(mode * 0x10000)];
    const header = [word(0x02014b50), half(0x314), half(20), ...common, ...sizes, ...lengths];
    central.push(...header, word(zip64 ? none : place), name, extra);
  }
  const directory = Buffer.concat(central);
  const far = [
    long(44),
    half(45),
    half(45),
    word(0),
    word(0),
    long(count),
    long(count),
    long(directory.length),
    long(at),
  ];
  const record = [word(0x06064b50), ...far, word(0x07064b50), word(0), long(at + directory.length), word(1)];
  const near = zip64
    ? [half(0xffff), half(0xffff), word(none), word(none)]
    : [half(count), half(count), word(directory.length), word(at)];
  return Buffer.concat([
    ...local,
    directory,
    ...(zip64 ? record : []),
    word(0x06054b50),
    half(0),
    half(0),
    ...near,
    half(0),
  ]);
}

function half(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function word(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function long(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
