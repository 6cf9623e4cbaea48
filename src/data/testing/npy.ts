/** What a NumPy array is to hold; everything that is not given is as NumPy writes it. */
export interface TestArray {
  /** Element type as in NumPy's own header; `|u1` by default. */
  readonly descr?: string;
  readonly shape: readonly number[];
  readonly fortranOrder?: boolean;
  readonly version?: 1 | 2 | 3;
  /** The elements' bytes. */
  readonly data: Uint8Array;
}

/** An array in the NPY format. */
export function npyOf({ descr = "|u1", shape, fortranOrder = false, version = 1, data }: TestArray): Buffer {
  const lengths = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const order = fortranOrder ? "True" : "False";
  return npyWithHeader(`{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${lengths}), }`, data, version);
}

/** An array with any header, padded so that the elements begin at a multiple of 64 bytes. */
export function npyWithHeader(header: string, data: Uint8Array = Buffer.alloc(0), version = 1): Buffer {
  const before = version === 1 ? 10 : 12;
  const padded = `${header.padEnd(Math.ceil((before + header.length + 1) / 64) * 64 - before - 1)}\n`;
  const length = Buffer.alloc(before - 8);
  if (version === 1) length.writeUInt16LE(padded.length);
  else length.writeUInt32LE(padded.length);
  return Buffer.concat([Buffer.from([0x93, ...Buffer.from("NUMPY"), version, 0]), length, Buffer.from(padded), data]);
}

/** `count` images of 3 rows of 2; image i holds i in every element. */
export function npyImages(count: number, channels: readonly [] | readonly [1 | 3] = []): Buffer {
  const elements = 6 * (channels[0] ?? 1);
  const data = Buffer.concat(Array.from({ length: count }, (_, index) => Buffer.alloc(elements, index)));
  return npyOf({ shape: [count, 3, 2, ...channels], data });
}

/** Labels as 64-bit integers `[count]`. */
export function npyLabels(...values: readonly number[]): Buffer {
  const data = Buffer.from(BigInt64Array.from(values, BigInt).buffer);
  return npyOf({ descr: "<i8", shape: [values.length], data });
}
