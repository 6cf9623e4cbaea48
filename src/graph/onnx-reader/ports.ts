import { formatShape, type Shape, type TensorType } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import type { DeclaredSize, OnnxPort } from "./decode.ts";
import { fileError, listed } from "./file-error.ts";

/** The element type that a network's input has in our graph. */
export function dtypeOf({ numbers }: OnnxPort): "float32" | "int32" {
  return numbers === "float" ? "float32" : "int32";
}

/** Every given name is that of an input. */
export function assertInputs(network: string, ports: readonly OnnxPort[], given: readonly string[]): void {
  const stray = given.find((name) => ports.every((port) => port.name !== name));
  if (stray === undefined) return;
  const help = "name the inputs as the file does";
  throw fileError(network, `inputs among ${listed(ports.map(({ name }) => name))}`, `"${stray}"`, help);
}

/** The tensor, once it is known to fit a network's input. */
export function fitting(network: string, port: OnnxPort, tensor: Tensor): Tensor {
  const dtype = dtypeOf(port);
  const { shape } = port;
  const fits =
    shape === undefined ||
    (shape.length === tensor.shape.length && shape.every((size, axis) => fitsSize(size, tensor, axis)));
  // Bytes are whole numbers too: a network that takes pictures as bytes casts them itself.
  if (fits && (tensor.dtype === dtype || (dtype === "int32" && tensor.dtype === "uint8"))) return tensor;
  const help = "give the network an input of the type and the sizes that it was made for";
  const received = `${tensor.dtype} ${formatShape(tensor.shape)}`;
  throw fileError(`${network}: input "${port.name}"`, `${dtype} ${formatDeclared(shape)}`, received, help);
}

function fitsSize(size: DeclaredSize, tensor: TensorType, axis: number): boolean {
  return typeof size !== "number" || size === tensor.shape[axis];
}

/** The declared shape, with an open first size as the batch. */
export function shapeOfPort(network: string, port: OnnxPort): Shape {
  const sizes = port.shape?.map((size, axis) => (typeof size === "number" ? size : axis === 0 ? "batch" : undefined));
  const known = sizes?.filter((size) => size !== undefined);
  if (known !== undefined && known.length === sizes?.length) return known;
  const help = `give declareInputs a shape for it, such as { ${JSON.stringify(port.name)}: ["batch", 3, 224, 224] }`;
  throw fileError(`${network}: input "${port.name}"`, "a shape", formatDeclared(port.shape), help);
}

export function formatDeclared(shape: OnnxPort["shape"]): string {
  return shape === undefined ? "of any shape" : `[${shape.map((size) => size ?? "?").join(", ")}]`;
}
