import type { Architecture } from "./architectures.ts";
import { type ConventionName, conventions, type PixelConvention } from "./pixel-convention.ts";

/** How pictures are made ready for a published network. */
export interface Preset {
  /** The network it is for; undefined: any, and the convention is that of the file's input. */
  readonly architecture: Architecture | undefined;
  /**
   * What the first convolution of the architecture wants. The input of a file that does arithmetic on the pixels first
   * wants something else, see `inputConvention`.
   */
  readonly convention: ConventionName;
  /** Pixels of each side, where the file leaves it open. */
  readonly size: number;
}

const table = {
  // Its weights are TensorFlow's in every collection: torchvision, Keras and the network of the usual FID.
  "inception-v3": { architecture: "Inception-v3", convention: "tensorflow", size: 299 },
  "vgg-16": { architecture: "VGG-16", convention: "torchvision", size: 224 },
  "vgg-16-keras": { architecture: "VGG-16", convention: "caffe", size: 224 },
  "vgg-19": { architecture: "VGG-19", convention: "torchvision", size: 224 },
  "vgg-19-keras": { architecture: "VGG-19", convention: "caffe", size: 224 },
  "resnet-18": { architecture: "ResNet-18", convention: "torchvision", size: 224 },
  "resnet-50": { architecture: "ResNet-50", convention: "torchvision", size: 224 },
  "resnet-50-keras": { architecture: "ResNet-50", convention: "caffe", size: 224 },
  "mobilenet-v2": { architecture: "MobileNet-v2", convention: "torchvision", size: 224 },
  "mobilenet-v2-keras": { architecture: "MobileNet-v2", convention: "tensorflow", size: 224 },
  "squeezenet-1.1": { architecture: "SqueezeNet 1.1", convention: "torchvision", size: 224 },
  torchvision: { architecture: undefined, convention: "torchvision", size: 224 },
  tensorflow: { architecture: undefined, convention: "tensorflow", size: 224 },
  caffe: { architecture: undefined, convention: "caffe", size: 224 },
  unit: { architecture: undefined, convention: "unit", size: 224 },
  bytes: { architecture: undefined, convention: "bytes", size: 224 },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof table;

export function isPresetName(name: string): name is PresetName {
  return Object.hasOwn(table, name);
}

/** Names that say how pixels are made ready: those of networks, then those of conventions for any other network. */
export const presetNames: readonly PresetName[] = Object.keys(table).filter(isPresetName);

export function presetOf(name: PresetName): Preset {
  return table[name];
}

export function conventionOf(name: PresetName): PixelConvention {
  return conventions[table[name].convention];
}

/** The presets for a network. */
export function presetsFor(architecture: Architecture): readonly PresetName[] {
  return presetNames.filter((name) => table[name].architecture === architecture);
}

/** What a file shows of where it comes from. */
export interface Origin {
  readonly architecture: Architecture;
  /** Columns of its classifier, if it has one. */
  readonly classes: number | undefined;
  /** The program that wrote it, as it says. */
  readonly producer: string;
  /** Names of its weights. */
  readonly parameters: readonly string[];
  readonly stridedPoints: number;
}

export interface Recognition {
  readonly preset: PresetName;
  /** Why, in words. */
  readonly because: string;
}

/** The classes of ImageNet; with a background; and of the Inception that the usual FID is measured with. */
const imageNetColumns = [1000, 1001, 1008];

export function isImageNetCount(columns: number | undefined): boolean {
  return columns !== undefined && imageNetColumns.includes(columns);
}

/** Names that torchvision gives the weights of the last layer: exporters keep those, whatever they do to the others. */
const lastWeights: Readonly<Record<Architecture, string>> = {
  "Inception-v3": "fc.weight",
  "VGG-16": "classifier.6.weight",
  "VGG-19": "classifier.6.weight",
  "ResNet-18": "fc.weight",
  "ResNet-50": "fc.weight",
  "MobileNet-v2": "classifier.1.weight",
  "SqueezeNet 1.1": "classifier.1.weight",
};

const PYTORCH = /pytorch/i;
const KERAS = /tf2onnx|keras/i;
/** Values of Apache MXNet's Gluon, whose files name no program: `resnetv17_conv0_weight`. */
const GLUON = /^(vgg|resnetv1|mobilenetv2|squeezenet)\d*_\w+_weight$/;

/**
 * The preset of a file, where its origin leaves no doubt in which form it wants its pixels; undefined where it does.
 * Only classifiers of ImageNet are certain: whoever trains a network on other pictures may have chosen another form.
 */
export function certainPreset(origin: Origin): Recognition | undefined {
  const { architecture, classes, producer, parameters, stridedPoints } = origin;
  if (!isImageNetCount(classes)) return undefined;
  const [plain, keras] = presetsFor(architecture);
  if (plain === undefined) return undefined;
  if (architecture === "Inception-v3")
    return { preset: plain, because: "every published Inception-v3 wants the same pixels" };
  if (classes === 1001) {
    // A class for the background is TensorFlow's; for the others its collections differ in what they subtract.
    return architecture === "MobileNet-v2" && keras !== undefined
      ? { preset: keras, because: "1001 classes, as in TensorFlow's own" }
      : undefined;
  }
  if (classes !== 1000) return undefined;
  if (PYTORCH.test(producer)) return { preset: plain, because: `written by ${producer}` };
  if (parameters.includes(lastWeights[architecture]))
    return { preset: plain, because: `weights named as in torchvision (${lastWeights[architecture]})` };
  if (parameters.some((name) => GLUON.test(name))) return { preset: plain, because: "weights named as in Gluon" };
  if (!KERAS.test(producer) || keras === undefined) return undefined;
  // Keras has the first version of ResNet-50, with its strides in the 1x1 kernels; other TensorFlow collections differ.
  if (architecture === "ResNet-50" && stridedPoints !== 6) return undefined;
  return { preset: keras, because: `written by ${producer}, 1000 classes` };
}
