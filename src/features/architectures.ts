import { type Tensor, topologicalOrder } from "../graph/index.ts";

/**
 * What tells a network from others: its convolutions. Exporters fold normalisations, rename values and turn dense layers
 * into products, but they leave the kernels alone.
 */
interface Signature {
  readonly name: string;
  /** How many kernels there are, by `ROWSxCOLUMNS`, those that work on groups of channels apart. */
  readonly kernels: Readonly<Record<string, number>>;
  /** Channels that all convolutions give together, over those of the first one. */
  readonly channels: number;
}

const signatures = [
  {
    name: "Inception-v3",
    kernels: { "1x1": 40, "1x3": 4, "1x7": 13, "3x1": 4, "3x3": 17, "5x5": 3, "7x1": 13 },
    channels: 538,
  },
  { name: "VGG-16", kernels: { "3x3": 13 }, channels: 66 },
  { name: "VGG-19", kernels: { "3x3": 16 }, channels: 86 },
  { name: "ResNet-18", kernels: { "7x7": 1, "3x3": 16, "1x1": 3 }, channels: 75 },
  { name: "ResNet-50", kernels: { "7x7": 1, "3x3": 16, "1x1": 36 }, channels: 415 },
  { name: "MobileNet-v2", kernels: { "3x3": 1, "3x3 in groups": 17, "1x1": 34 }, channels: 533 },
  { name: "SqueezeNet 1.1", kernels: { "3x3": 9, "1x1": 16 }, channels: 46 },
] as const satisfies readonly Signature[];

export type Architecture = (typeof signatures)[number]["name"];

/** What was recognised below a layer. */
export interface Body {
  /** Undefined: none that is known here. */
  readonly architecture: Architecture | undefined;
  readonly convolutions: number;
  /** Convolutions of one pixel that skip pixels: the first ResNets shrink maps there, torchvision's in the 3x3 kernels. */
  readonly stridedPoints: number;
  /** What the first convolution sees. */
  readonly firstSeen: Tensor | undefined;
}

/** The network that computes `features`, by the convolutions below it: their kernels, groups and widths. */
export function recogniseBody(features: Tensor): Body {
  const convolutions = topologicalOrder([features]).flatMap((tensor) => {
    if (tensor.kind !== "computed" || tensor.operation.name !== "conv2d") return [];
    const [x, kernel] = tensor.inputs;
    if (x === undefined || kernel === undefined) return [];
    const [filters = 0, depth = 0, rows = 0, columns = 0] = kernel.shape.map(Number);
    const isStrided = String(tensor.operation.attributes["strides"]) !== "1,1";
    return [{ x, filters, size: `${rows}x${columns}`, isGrouped: depth !== Number(x.shape[1]), isStrided }];
  });
  const [first] = convolutions;
  const kernels = new Map<string, number>();
  for (const { size, isGrouped } of convolutions) {
    const key = isGrouped ? `${size} in groups` : size;
    kernels.set(key, (kernels.get(key) ?? 0) + 1);
  }
  const channels = convolutions.reduce((total, { filters }) => total + filters, 0) / (first?.filters ?? 1);
  return {
    architecture: signatures.find((wanted) => {
      const sizes = Object.entries(wanted.kernels);
      const hasKernels = sizes.length === kernels.size && sizes.every(([size, count]) => kernels.get(size) === count);
      return hasKernels && wanted.channels === channels;
    })?.name,
    convolutions: convolutions.length,
    stridedPoints: convolutions.filter(({ size, isStrided }) => size === "1x1" && isStrided).length,
    firstSeen: first?.x,
  };
}
