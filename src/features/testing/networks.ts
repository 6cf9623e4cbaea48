import { Layers, type NetworkOptions } from "./network-layers.ts";

// Test support: the published networks with random weights and few channels, as exporters write them. Kernels, strides and
// the proportions of the channels are those of the papers.

/** Simonyan and Zisserman (2014). `size` 32 leaves one pixel for the dense layers. */
function vgg(counts: readonly number[]) {
  return (options: NetworkOptions): Uint8Array => {
    const layers = new Layers(options);
    for (const [index, count] of counts.entries()) {
      for (let step = 0; step < count; step++) {
        layers.conv(options.stem * Math.min(8, 2 ** index), 3);
        layers.relu();
      }
      layers.maxPool();
    }
    if (options.classes === 0 && options.dense !== true) return layers.file();
    layers.add("Flatten");
    for (const rows of [options.stem * 8 * ((options.size ?? 32) / 32) ** 2, undefined]) {
      layers.dense(options.stem * 64, rows);
      layers.relu();
    }
    if (options.classes > 0) layers.dense(options.classes);
    return layers.file();
  };
}

/** He et al. (2015), version 1; the strides lie in the 3x3 kernels, as torchvision has them, or in the 1x1 before them. */
function resnet(counts: readonly number[], bottleneck: boolean, strideFirst = false) {
  return (options: NetworkOptions): Uint8Array => {
    const layers = new Layers(options);
    const { stem } = options;
    layers.conv(stem, 7, 7, { stride: 2 });
    layers.norm();
    layers.relu();
    layers.maxPool(3, 1);
    for (const [stage, count] of counts.entries()) {
      const width = stem * 2 ** stage;
      const wide = bottleneck ? width * 4 : width;
      for (let block = 0; block < count; block++) {
        const entry = layers.at;
        const stride = block === 0 && stage > 0 ? 2 : 1;
        if (bottleneck) {
          layers.conv(width, 1, 1, { stride: strideFirst ? stride : 1 });
          layers.norm();
          layers.relu();
          layers.conv(width, 3, 3, { stride: strideFirst ? 1 : stride });
          layers.norm();
          layers.relu();
          layers.conv(wide, 1);
        } else {
          layers.conv(width, 3, 3, { stride });
          layers.norm();
          layers.relu();
          layers.conv(width, 3);
        }
        const main = layers.norm();
        const isProjected = stride !== 1 || layers.channelsOf(entry) !== wide;
        if (isProjected) layers.conv(wide, 1, 1, { stride, from: entry });
        const shortcut = isProjected ? layers.norm() : entry;
        layers.add("Add", {}, [shortcut], main);
        layers.relu();
      }
    }
    return layers.pooledClassifier();
  };
}

/** Sandler et al. (2018). `stem` is a multiple of 4. */
function mobileNetV2(options: NetworkOptions): Uint8Array {
  const layers = new Layers(options);
  const width = (channels: number) => (channels * options.stem) / 32;
  layers.conv(options.stem, 3, 3, { stride: 2 });
  layers.norm();
  layers.relu();
  const stages = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ] as const;
  for (const [expansion, channels, count, firstStride] of stages) {
    for (let block = 0; block < count; block++) {
      const entry = layers.at;
      const stride = block === 0 ? firstStride : 1;
      const wide = layers.channelsOf() * expansion;
      if (expansion > 1) {
        layers.conv(wide, 1);
        layers.norm();
        layers.relu();
      }
      layers.conv(wide, 3, 3, { stride, groups: wide });
      layers.norm();
      layers.relu();
      layers.conv(width(channels), 1);
      const main = layers.norm();
      if (stride === 1 && layers.channelsOf(entry) === width(channels)) layers.add("Add", {}, [entry], main);
    }
  }
  layers.conv(width(1280), 1);
  layers.norm();
  layers.relu();
  return layers.pooledClassifier();
}

/** Iandola et al. (2016), version 1.1. `stem` is a multiple of 4. */
function squeezeNet(options: NetworkOptions): Uint8Array {
  const layers = new Layers(options);
  const width = (channels: number) => (channels * options.stem) / 64;
  layers.conv(options.stem, 3, 3, { stride: 2, pads: [0, 0] });
  layers.relu();
  for (const [index, channels] of [16, 16, 32, 32, 48, 48, 64, 64].entries()) {
    if (index < 6 && index % 2 === 0) layers.maxPool(3, 1);
    layers.conv(width(channels), 1);
    const squeezed = layers.relu();
    layers.conv(width(channels * 4), 1);
    const left = layers.relu();
    layers.conv(width(channels * 4), 3, 3, { from: squeezed });
    layers.concat([left, layers.relu()]);
  }
  if (options.classes > 0) {
    layers.conv(options.classes, 1);
    layers.relu();
  }
  layers.add("GlobalAveragePool");
  layers.add("Flatten");
  return layers.file();
}

/** Szegedy et al. (2015), as Keras and torchvision have it. `stem` is even. */
function inceptionV3(options: NetworkOptions): Uint8Array {
  const layers = new Layers(options);
  type Step = readonly [channels: number, rows: number, columns?: number, stride?: number];
  const step = ([channels, rows, columns = rows, stride = 1]: Step, from = layers.at) => {
    layers.conv((channels * options.stem) / 32, rows, columns, { stride, from });
    layers.norm();
    return layers.relu();
  };
  const branch = (from: string, steps: readonly Step[]) => {
    let at = from;
    for (const own of steps) at = step(own, at);
    return at;
  };
  const pooled = (from: string, channels: number) => {
    const mean = layers.add("AveragePool", { kernel_shape: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] }, [], from);
    return step([channels, 1], mean);
  };
  const shrunk = (from: string) =>
    layers.add("MaxPool", { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }, [], from);
  branch(layers.at, [
    [32, 3, 3, 2],
    [32, 3],
    [64, 3],
  ]);
  layers.maxPool(3, 1);
  step([80, 1]);
  step([192, 3]);
  layers.maxPool(3, 1);
  for (const channels of [32, 64, 64]) {
    const x = layers.at;
    layers.concat([
      branch(x, [[64, 1]]),
      branch(x, [
        [48, 1],
        [64, 5],
      ]),
      branch(x, [
        [64, 1],
        [96, 3],
        [96, 3],
      ]),
      pooled(x, channels),
    ]);
  }
  const first = layers.at;
  layers.concat([
    branch(first, [[384, 3, 3, 2]]),
    branch(first, [
      [64, 1],
      [96, 3],
      [96, 3, 3, 2],
    ]),
    shrunk(first),
  ]);
  for (const inner of [128, 160, 160, 192]) {
    const x = layers.at;
    layers.concat([
      branch(x, [[192, 1]]),
      branch(x, [
        [inner, 1],
        [inner, 1, 7],
        [192, 7, 1],
      ]),
      branch(x, [
        [inner, 1],
        [inner, 7, 1],
        [inner, 1, 7],
        [inner, 7, 1],
        [192, 1, 7],
      ]),
      pooled(x, 192),
    ]);
  }
  const second = layers.at;
  layers.concat([
    branch(second, [
      [192, 1],
      [320, 3, 3, 2],
    ]),
    branch(second, [
      [192, 1],
      [192, 1, 7],
      [192, 7, 1],
      [192, 3, 3, 2],
    ]),
    shrunk(second),
  ]);
  for (let block = 0; block < 2; block++) {
    const x = layers.at;
    const middle = branch(x, [[384, 1]]);
    const double = branch(x, [
      [448, 1],
      [384, 3],
    ]);
    layers.concat([
      branch(x, [[320, 1]]),
      branch(middle, [[384, 1, 3]]),
      branch(middle, [[384, 3, 1]]),
      branch(double, [[384, 1, 3]]),
      branch(double, [[384, 3, 1]]),
      pooled(x, 192),
    ]);
  }
  return layers.pooledClassifier();
}

/** ONNX files of the networks, by what they are called. */
export const networks = {
  "Inception-v3": inceptionV3,
  "VGG-16": vgg([2, 2, 3, 3, 3]),
  "VGG-19": vgg([2, 2, 4, 4, 4]),
  "ResNet-18": resnet([2, 2, 2, 2], false),
  "ResNet-50": resnet([3, 4, 6, 3], true),
  "MobileNet-v2": mobileNetV2,
  "SqueezeNet 1.1": squeezeNet,
} as const;

/** Not in the table: two more of the kinds, and the ResNet-50 of Keras. */
export const resnet34 = resnet([3, 4, 6, 3], false);
export const kerasResnet50 = resnet([3, 4, 6, 3], true, true);
