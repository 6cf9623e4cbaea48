/** No footer of a Parquet file comes near these. */
const deepest = 24;
const mostElements = 2 ** 21;

const damaged = "damaged, or cut short";

/**
 * Walks over a struct in Thrift's compact protocol (Apache Thrift, "Compact protocol encoding") without keeping anything of it, so that
 * the parser behind it never allocates for a length or a count that the bytes themselves do not hold.
 * @throws Error with a short reason when it does not end within the bytes, or has more elements than any honest one.
 */
export function checkThrift(bytes: Uint8Array): void {
  let at = 0;
  let elements = 0;

  const skip = (count: number): void => {
    if (count > bytes.length - at) throw new Error(damaged);
    at += count;
  };
  const byte = (): number => {
    skip(1);
    return bytes[at - 1] ?? 0;
  };
  const varint = (): number => {
    let value = 0;
    for (let place = 0; place < 10; place++) {
      const next = byte();
      value += (next & 0x7f) * 2 ** (7 * place);
      if (next < 0x80) return value;
    }
    throw new Error(damaged);
  };
  const list = (depth: number): void => {
    const head = byte();
    const count = head >> 4 === 15 ? varint() : head >> 4;
    // Every element takes a byte or more.
    if (count > bytes.length - at) throw new Error(damaged);
    const type = head & 15;
    // Truth values have a byte of their own in a list; in a struct they are in the field's head.
    for (let n = 0; n < count; n++) element(type === 1 || type === 2 ? 3 : type, depth);
  };
  const element = (type: number, depth: number): void => {
    if (++elements > mostElements || depth > deepest) throw new Error("more metadata than any whole file has");
    switch (type) {
      case 1:
      case 2:
        return;
      case 3:
        return skip(1);
      case 4:
      case 5:
      case 6:
        varint();
        return;
      case 7:
        return skip(8);
      case 8:
        return skip(varint());
      case 9:
        return list(depth + 1);
      case 12:
        return struct(depth + 1);
      default:
        throw new Error(damaged);
    }
  };
  const struct = (depth: number): void => {
    for (let head = byte(); (head & 15) !== 0; head = byte()) {
      if (head >> 4 === 0) varint();
      element(head & 15, depth);
    }
  };
  struct(0);
}
