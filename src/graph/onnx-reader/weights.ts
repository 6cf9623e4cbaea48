import { type TensorProto, TensorProto_DataLocation, TensorProto_DataType } from "onnx-buf";
import { elementCount } from "../shape.ts";
import { constant } from "../tensor.ts";
import { fileError } from "./file-error.ts";
import { type KnownType, known, type Weight } from "./values.ts";

/**
 * Reads a piece of a file that lies beside the model and holds weights ("external data").
 * @param location path relative to the model's folder, as the model gives it.
 * @param offset first byte.
 * @param length number of bytes; undefined: to the end of the file.
 */
export type ExternalData = (location: string, offset: number, length: number | undefined) => Uint8Array;

/** How the bytes of one element become a number, and which kind of number it is. */
interface ElementFormat {
  readonly dtype: KnownType;
  readonly bytes: number;
  readonly read: (view: DataView, position: number) => number;
  /** For 16-bit floats, which are also stored as whole numbers with the same bits. */
  readonly ofBits?: (bits: number) => number;
}

const T = TensorProto_DataType;

const formats: ReadonlyMap<number, ElementFormat> = new Map<number, ElementFormat>([
  [T.FLOAT, { dtype: "float", bytes: 4, read: (view, at) => view.getFloat32(at, true) }],
  [T.DOUBLE, { dtype: "float", bytes: 8, read: (view, at) => view.getFloat64(at, true) }],
  [T.FLOAT16, halfFormat(fromHalf)],
  [T.BFLOAT16, halfFormat(fromBrainHalf)],
  [T.INT64, { dtype: "whole", bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) }],
  [T.UINT64, { dtype: "whole", bytes: 8, read: (view, at) => Number(view.getBigUint64(at, true)) }],
  [T.INT32, { dtype: "whole", bytes: 4, read: (view, at) => view.getInt32(at, true) }],
  [T.UINT32, { dtype: "whole", bytes: 4, read: (view, at) => view.getUint32(at, true) }],
  [T.INT16, { dtype: "whole", bytes: 2, read: (view, at) => view.getInt16(at, true) }],
  [T.UINT16, { dtype: "whole", bytes: 2, read: (view, at) => view.getUint16(at, true) }],
  [T.INT8, { dtype: "whole", bytes: 1, read: (view, at) => view.getInt8(at) }],
  [T.UINT8, { dtype: "whole", bytes: 1, read: (view, at) => view.getUint8(at) }],
  [T.BOOL, { dtype: "boolean", bytes: 1, read: (view, at) => Number(view.getUint8(at) !== 0) }],
]);

/** The kind of number behind an element type of ONNX; undefined for texts, complex numbers and the 4- and 8-bit floats. */
export function kindOf(dataType: number): KnownType | undefined {
  return formats.get(dataType)?.dtype;
}

/** The name of an element type, such as FLOAT16. */
export function elementTypeName(dataType: number): string {
  return T[dataType] ?? `type ${dataType}`;
}

/**
 * Numbers stored in a model: a constant for floating-point ones (as float32, whatever width the file has), known numbers
 * for whole ones and booleans.
 * @throws AtelierError (file) when there are too few or too many bytes, or the element type is not one of numbers.
 */
export function decodeWeight(file: string, proto: TensorProto, external: ExternalData | undefined): Weight {
  const where = `${file}: tensor "${proto.name}"`;
  const shape = proto.dims.map(Number);
  const format = formats.get(proto.dataType);
  if (format === undefined) {
    const help = "convert the model to float32 (or float16) weights";
    throw fileError(where, "numbers", `elements of type ${elementTypeName(proto.dataType)}`, help);
  }
  const values = listedValues(proto, format) ?? rawValues(bytesOf(where, proto, external), format);
  if (values.length !== elementCount(shape)) {
    const help = "the file is damaged or cut short; fetch or export it again";
    throw fileError(where, `${elementCount(shape)} numbers for [${shape.join(", ")}]`, `${values.length}`, help);
  }
  if (format.dtype !== "float") return known(format.dtype, shape, Array.from(values));
  return constant(values instanceof Float32Array ? values : Float32Array.from(values), shape);
}

/** Numbers in one of the typed fields; undefined when they are stored as bytes. */
function listedValues(proto: TensorProto, { ofBits }: ElementFormat): ArrayLike<number> | undefined {
  const { floatData, doubleData, int64Data, uint64Data, int32Data } = proto;
  if (floatData.length > 0) return floatData;
  if (doubleData.length > 0) return doubleData;
  if (int64Data.length > 0) return int64Data.map(Number);
  if (uint64Data.length > 0) return uint64Data.map(Number);
  if (int32Data.length === 0) return undefined;
  return ofBits === undefined ? int32Data : int32Data.map(ofBits);
}

function rawValues(content: Uint8Array, format: ElementFormat): Float32Array | Float64Array {
  const { bytes, read } = format;
  // Nearly all weights are float32, and networks have up to hundreds of millions: those are copied as they are.
  const count = Math.floor(content.byteLength / bytes);
  if (format === formats.get(T.FLOAT)) return new Float32Array(new Uint8Array(content).buffer, 0, count);
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  return Float64Array.from({ length: count }, (_, index) => read(view, index * bytes));
}

function bytesOf(where: string, proto: TensorProto, external: ExternalData | undefined): Uint8Array {
  if (proto.dataLocation !== TensorProto_DataLocation.EXTERNAL) return proto.rawData;
  const entries = new Map(proto.externalData.map(({ key, value }) => [key, value]));
  const location = entries.get("location") ?? "";
  if (external === undefined) {
    const help = "open the model by its path, with those files beside it, or save it again as a single file";
    throw fileError(where, "weights inside the model", `weights in the file "${location}"`, help);
  }
  const length = entries.get("length");
  return external(location, Number(entries.get("offset") ?? 0), length === undefined ? undefined : Number(length));
}

function halfFormat(ofBits: (bits: number) => number): ElementFormat {
  return { dtype: "float", bytes: 2, read: (view, at) => ofBits(view.getUint16(at, true)), ofBits };
}

/** IEEE 754 binary16. */
function fromHalf(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const pattern = new DataView(new ArrayBuffer(4));

/** The upper half of a binary32. */
function fromBrainHalf(bits: number): number {
  pattern.setUint32(0, (bits & 0xffff) << 16);
  return pattern.getFloat32(0);
}
