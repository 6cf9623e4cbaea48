// The NPY format: "\x93NUMPY", version, length of the header, and a Python dictionary as text, padded with spaces; then the
// elements (NumPy enhancement proposal 1, and the documentation of numpy.lib.format for versions 2.0 and 3.0).

/** What the elements of an array are; `other`: anything that is neither an image nor a label. */
export interface NpyElement {
  readonly kind: "unsigned" | "signed" | "text" | "bytes" | "other";
  /** Bytes of one element. */
  readonly bytes: number;
  readonly littleEndian: boolean;
  /** As NumPy calls it: `float32`. */
  readonly name: string;
}

export interface NpyHeader {
  readonly element: NpyElement;
  /** The first dimension varies fastest, not the last one. */
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Bytes before the first element. */
  readonly start: number;
}

/** No header of numbers or text is longer: NumPy itself refuses what is. */
const longestText = 10_000;
/** So many bytes from the beginning of a file hold its whole header. */
export const npyHeadBytes: number = 12 + longestText;

/** @throws Error with a short reason. @param head the first {@link npyHeadBytes} of the file; all of it where it is shorter. */
export function parseNpyHeader(head: Buffer): NpyHeader {
  if (head.length === 0) throw new Error("the file is empty");
  if (head.toString("latin1", 0, 6) !== "\x93NUMPY")
    throw new Error("no NumPy array: its first bytes are of another kind");
  if (head.length < 12) throw new Error("the file ends too early");
  const major = head.readUInt8(6);
  const minor = head.readUInt8(7);
  if (major < 1 || major > 3 || minor !== 0) throw new Error(`NPY version ${major}.${minor}, which is unknown`);
  const begin = major === 1 ? 10 : 12;
  const length = major === 1 ? head.readUInt16LE(8) : head.readUInt32LE(8);
  if (length > longestText) throw new Error(`a header of ${length} bytes`);
  if (head.length < begin + length) throw new Error("the file ends too early");
  const fields = parseDictionary(head.toString(major === 3 ? "utf8" : "latin1", begin, begin + length));
  return { ...fields, start: begin + length };
}

/** The shape as a person reads it: `[60000, 28, 28]`. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}

/** Number of elements. */
export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

const text = String.raw`'[^'\\]*'|"[^"\\]*"`;
// Python 2 wrote an L after long numbers.
const numbers = String.raw`\([\d\sL,]*\)`;
const field = new RegExp(String.raw`\s*(${text})\s*:\s*(${text}|True|False|${numbers})\s*(?:,|(?=\}))`, "y");

/** `{'descr': '|u1', 'fortran_order': False, 'shape': (60000, 28, 28), }`: these three fields and no others. */
function parseDictionary(written: string): Omit<NpyHeader, "start"> {
  if (/'descr'\s*:\s*\[/.test(written)) throw new Error("an array of records with named fields");
  const fields = new Map<string, string>();
  let at = 1;
  for (;;) {
    field.lastIndex = at;
    const [all = "", key, value] = field.exec(written) ?? [];
    if (key === undefined || value === undefined) break;
    fields.set(key.slice(1, -1), value);
    at += all.length;
  }
  const [descr, order, shape] = ["descr", "fortran_order", "shape"].map((name) => fields.get(name));
  const whole = written.startsWith("{") && /^\s*\}\s*$/.test(written.slice(at)) && fields.size === 3;
  if (!whole || descr === undefined || order === undefined || shape === undefined) throw damaged();
  return { element: elementOf(descr), fortranOrder: truthOf(order), shape: shapeOf(shape) };
}

function truthOf(written: string): boolean {
  if (written !== "True" && written !== "False") throw damaged();
  return written === "True";
}

function shapeOf(written: string): readonly number[] {
  if (!/^\((\s*\d+L?\s*(,|\)))*\s*\)?$/.test(written)) throw damaged();
  const shape = (written.match(/\d+/g) ?? []).map(Number);
  if (!shape.every(Number.isSafeInteger) || !Number.isSafeInteger(elementsOf(shape))) throw damaged();
  return shape;
}

function elementOf(written: string): NpyElement {
  const [, order = "|", code = "", digits = ""] = /^['"]([<>|=]?)([a-zA-Z?])(\d*)(?:\[\w+\])?['"]$/.exec(written) ?? [];
  const size = Number(digits);
  const littleEndian = order !== ">";
  switch (code) {
    case "u":
    case "i": {
      if (![1, 2, 4, 8].includes(size)) throw damaged();
      const name = `${code === "u" ? "uint" : "int"}${8 * size}`;
      return { kind: code === "u" ? "unsigned" : "signed", bytes: size, littleEndian, name };
    }
    case "U":
      return { kind: "text", bytes: 4 * size, littleEndian, name: "text" };
    case "S":
    case "a":
      return { kind: "bytes", bytes: size, littleEndian, name: "byte strings" };
    case "":
      throw damaged();
    default:
      return { kind: "other", bytes: size, littleEndian, name: nameOf(code, size) };
  }
}

function nameOf(code: string, size: number): string {
  if (code === "O") return "Python objects";
  const name = new Map([
    ["b", "bool"],
    ["?", "bool"],
    ["f", `float${8 * size}`],
    ["c", `complex${8 * size}`],
  ]).get(code);
  return name ?? `values of type ${code}${size}`;
}

function damaged(): Error {
  return new Error("its header is damaged");
}
