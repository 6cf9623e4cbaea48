import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TensorProto_DataLocation, TensorProto_DataType } from "onnx-buf";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { PixelFormat } from "../data/index.ts";
import { randomStream } from "../foundation/random.ts";
import { input, portable, reshape, writeOnnx } from "../graph/index.ts";
import { buildModel, floats, node, runOriginal, type TestModel } from "../graph/onnx-reader/testing/models.ts";
import { type NetworkExtractor, type NetworkExtractorOptions, openNetworkExtractor } from "./network-extractor.ts";
import { kerasResnet50, networks } from "./testing/networks.ts";

const SIDE = 32;
const COUNT = 2;
const PIXELS = SIDE * SIDE;
const format: PixelFormat = { height: SIDE, width: SIDE, channels: 3 };
const images = Uint8Array.from(randomStream(1, "images").normals(COUNT * 3 * PIXELS), (value) => 128 + 40 * value);

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-features-"));
});
afterAll(() => rm(folder, { recursive: true }));

const open: NetworkExtractor[] = [];
afterEach(async () => {
  for (const extractor of open.splice(0)) await extractor.release();
});

async function opened(bytes: Uint8Array, options: Partial<NetworkExtractorOptions> = {}): Promise<NetworkExtractor> {
  const path = join(folder, "net.onnx");
  await writeFile(path, bytes);
  const extractor = await openNetworkExtractor(path, { format, session: { threads: 1 }, ...options });
  open.push(extractor);
  return extractor;
}

type Pixel = readonly [red: number, green: number, blue: number];

/** The images with each pixel turned into three numbers, [count, 3, height, width]. */
function turned(turn: (pixel: Pixel) => Pixel): Float32Array {
  const numbers = new Float32Array(images.length);
  for (let image = 0; image < COUNT; image++) {
    for (let place = 0; place < PIXELS; place++) {
      const at = (channel: number) => (image * 3 + channel) * PIXELS + place;
      const values = turn([images[at(0)] ?? 0, images[at(1)] ?? 0, images[at(2)] ?? 0]);
      for (const [channel, value] of values.entries()) numbers[at(channel)] = value;
    }
  }
  return numbers;
}

const torchvision = ([red, green, blue]: Pixel): Pixel => [
  (red / 255 - 0.485) / 0.229,
  (green / 255 - 0.456) / 0.224,
  (blue / 255 - 0.406) / 0.225,
];
const tensorflow = ([red, green, blue]: Pixel): Pixel => [red / 127.5 - 1, green / 127.5 - 1, blue / 127.5 - 1];
const caffe = ([red, green, blue]: Pixel): Pixel => [blue - 103.939, green - 116.779, red - 123.68];
const unit = ([red, green, blue]: Pixel): Pixel => [red / 255, green / 255, blue / 255];

function channelsLast(numbers: Float32Array): Float32Array {
  return numbers.map((_, index) => {
    const [place, channel] = [Math.floor(index / 3), index % 3];
    const image = Math.floor(place / PIXELS);
    return numbers[(image * 3 + channel) * PIXELS + (place % PIXELS)] ?? 0;
  });
}

/** What onnxruntime itself makes of the file. */
async function original(bytes: Uint8Array, image: Float32Array, shape = [COUNT, 3, SIDE, SIDE]): Promise<Float32Array> {
  const [result = new Float32Array()] = (await runOriginal(bytes, { image }, { image: shape })).values();
  return result;
}

/** The largest difference, over the largest number. */
function difference(expected: Float32Array, received: Float32Array | undefined): number {
  expect(received).toHaveLength(expected.length);
  const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return (
    expected.reduce((worst, value, index) => Math.max(worst, Math.abs(value - (received?.[index] ?? 0))), 0) / scale
  );
}

const files = Object.entries(networks);

describe("openNetworkExtractor", () => {
  it.each(files)(
    "knows %s by PyTorch, gives it torchvision's pixels and takes what its classifier weighs",
    async (name, build) => {
      const options = { stem: name === "Inception-v3" ? 2 : 4, size: SIDE, producer: "pytorch" };
      const bytes = build({ ...options, classes: 1000 });
      const extractor = await opened(bytes);
      expect(extractor.recognised).toContain(`${name} with 1000 classes`);
      expect(extractor.classes).toBe("imagenet");
      const { features, logits } = await extractor.extract(images, COUNT);
      const seen = turned(name === "Inception-v3" ? tensorflow : torchvision);
      expect(difference(await original(bytes, seen), logits)).toBeLessThan(1e-4);
      const below = build({ ...options, classes: 0, dense: true });
      expect(difference(await original(below, seen), features)).toBeLessThan(1e-4);
    },
  );

  it("gives Keras's networks pictures with the channels last and in Caffe's colours, and looks behind the softmax", async () => {
    const options = { stem: 4, classes: 1000, channelsLast: true, size: SIDE, producer: "tf2onnx" };
    const image = channelsLast(turned(caffe));
    const shape = [COUNT, SIDE, SIDE, 3];
    const extractor = await opened(kerasResnet50({ ...options, softmax: true }));
    expect(extractor.identity.pixels).toBe("BGR, 0 to 255, less 103.939 116.779 123.68");
    const { logits } = await extractor.extract(images, COUNT);
    expect(difference(await original(kerasResnet50(options), image, shape), logits)).toBeLessThan(1e-4);
  });

  it.each([
    {
      what: "normalises as torchvision",
      name: "ResNet-18",
      arithmetic: {
        scales: [1 / 0.229, 1 / 0.224, 1 / 0.225],
        shifts: [-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225],
      },
      pixels: "RGB, 0 to 1",
      turn: unit,
    },
    {
      what: "takes torchvision's pixels to TensorFlow's",
      name: "Inception-v3",
      arithmetic: { scales: [0.458, 0.448, 0.45], shifts: [-0.03, -0.088, -0.188] },
      pixels: "RGB, 0 to 1, less 0.485 0.456 0.406, over 0.229 0.224 0.225",
      turn: torchvision,
    },
    {
      what: "takes bytes, as that of the usual FID",
      name: "Inception-v3",
      arithmetic: { scales: [1 / 128, 1 / 128, 1 / 128], shifts: [-1, -1, -1] },
      pixels: "RGB, 0 to 255",
      turn: (pixel: Pixel) => pixel,
    },
  ] as const)("sees that $name $what inside the file", async ({ name, arithmetic, pixels, turn }) => {
    const bytes = networks[name]({ stem: 2, classes: 0, size: SIDE, arithmetic });
    const extractor = await opened(bytes);
    expect(extractor.identity.pixels).toBe(pixels);
    const { features } = await extractor.extract(images, COUNT);
    expect(difference(await original(bytes, turned(turn)), features)).toBeLessThan(1e-4);
  });

  it("asks for a preset where the file does not say how it wants its pixels", async () => {
    const build = networks["ResNet-50"];
    for (const bytes of [
      build({ stem: 2, classes: 1000, producer: "a tool" }),
      build({ stem: 2, classes: 10, producer: "pytorch" }),
      build({ stem: 2, classes: 1001, producer: "tf2onnx" }),
      build({ stem: 2, classes: 0, producer: "pytorch" }),
    ]) {
      await expect(opened(bytes)).rejects.toThrow(
        /ResNet-50.*\nhelp: where it was downloaded tells: from PyTorch, add --preset resnet-50; from Keras, --preset resnet-50-keras;/,
      );
    }
    await expect(opened(networks["ResNet-18"]({ stem: 2, classes: 10 }))).rejects.toThrow(
      "help: add --preset resnet-18 if it is the published one",
    );
    await expect(opened(build({ stem: 2, classes: 10 }), { preset: "resnet-50", size: 0 })).rejects.toThrow(
      "--feature-size",
    );
    const tuned = await opened(build({ stem: 2, classes: 10 }), { preset: "resnet-50", size: 64 });
    expect(tuned.identity).toMatchObject({ features: 64, input: { channels: 3, height: 64, width: 64 } });
    expect(tuned.classes).toBeUndefined();
  });

  it("refuses a preset that is none, or is for another network", async () => {
    const bytes = networks["ResNet-18"]({ stem: 2, classes: 1000, producer: "pytorch" });
    await expect(opened(bytes, { preset: "resnet18" })).rejects.toThrow(
      /expected one of inception-v3.*received "resnet18"/,
    );
    await expect(opened(bytes, { preset: "resnet-50" })).rejects.toThrow("expected ResNet-50, received ResNet-18");
  });

  it("takes many pictures at once though the file was written for one, and says that there are no logits then", async () => {
    const options = { stem: 4, size: SIDE };
    const bytes = networks["ResNet-18"]({ ...options, classes: 1000, batch: 1, producer: "pytorch" });
    const extractor = await opened(bytes);
    expect(extractor.recognised).toContain("no logits, for the file fixes its batch");
    const { features, logits } = await extractor.extract(images, COUNT);
    const headless = networks["ResNet-18"]({ ...options, classes: 0 });
    expect(difference(await original(headless, turned(torchvision)), features)).toBeLessThan(1e-4);
    expect(logits).toBeUndefined();
  });

  it("opens a network at its own size: Inception at 299, others at 224, a file of one size at that", async () => {
    const sizeOf = async (name: keyof typeof networks, size?: number) =>
      (
        await opened(
          networks[name]({ stem: 4, classes: 1000, producer: "pytorch", ...(size !== undefined && { size }) }),
        )
      ).identity.input;
    expect(await sizeOf("Inception-v3")).toMatchObject({ height: 299, width: 299 });
    expect(await sizeOf("ResNet-18")).toMatchObject({ height: 224, width: 224 });
    expect(await sizeOf("ResNet-18", 64)).toMatchObject({ height: 64, width: 64 });
  });
});

/** A file of its own kind, with pictures called `image`. */
function own({
  inputs = { image: ["N", 3, "H", "W"] },
  ...rest
}: Partial<TestModel> & Pick<TestModel, "nodes" | "outputs">) {
  const weights = [floats("w", [4, 3, 3, 3], 0.3), floats("fc", [4, 5], 0.5)];
  return buildModel({ inputs, weights, ...rest });
}

const conv = node("Conv", ["image", "w"], "conv1");
const turn = node("Transpose", ["conv1"], "last", { perm: [0, 2, 3, 1] });
const pooled = node("ReduceMean", ["conv1"], "pooled", { axes: [2, 3], keepdims: 0 });
const classifier = node("MatMul", ["pooled", "fc"], "scores");
const preset = "unit";

describe("layers of a network", () => {
  it("are taken by name; maps by their means over space, wherever their channels are", async () => {
    const bytes = own({ nodes: [conv, pooled, turn, classifier], outputs: ["scores"] });
    const [usual, map, last] = [
      await opened(bytes, { preset }),
      await opened(bytes, { preset, layer: "conv1" }),
      await opened(bytes, { preset, layer: "last" }),
    ];
    const { features } = await usual.extract(images, COUNT);
    expect(usual.identity.layer).toBe("pooled");
    expect(map.identity.layer).toBe("conv1, mean over space");
    expect(difference(features, (await map.extract(images, COUNT)).features)).toBeLessThan(1e-5);
    expect(difference(features, (await last.extract(images, COUNT)).features)).toBeLessThan(1e-5);
  });

  it("that are not there are answered with the nearest names, or with the last ones", async () => {
    const bytes = own({ nodes: [conv, pooled, classifier], outputs: ["scores"] });
    await expect(opened(bytes, { preset, layer: "pool" })).rejects.toThrow(
      'received "pool"\nhelp: the nearest names are pooled [batch, 4]',
    );
    await expect(opened(bytes, { preset, layer: "mixed_7c" })).rejects.toThrow(
      "help: no name is near; the last layers are conv1 [batch, 4, 222, 222]; pooled [batch, 4]; scores [batch, 5]",
    );
    const relus = Array.from({ length: 9 }, (_, index) => node("Relu", [`relu${index}`], `relu${index + 1}`));
    const deep = own({ nodes: [conv, node("Relu", ["conv1"], "relu0"), ...relus, pooled], outputs: ["pooled"] });
    await expect(opened(deep, { preset, layer: "relu" })).rejects.toThrow(
      /nearest names are relu0 [^;]*; relu1 [^;]*; relu2 [^;]*; relu3 [^;]*; relu4 [^;]*; Netron .* shows all 12$/,
    );
  });

  it("are named even where a file takes several pictures", async () => {
    const both = node("Add", ["conv1", "conv2"], "both");
    const second = node("Conv", ["other", "w"], "conv2");
    const inputs = { image: ["N", 3, "H", "W"], other: ["N", 3, "H", "W"] };
    const bytes = own({ inputs, nodes: [conv, second, both], outputs: ["both"] });
    await expect(opened(bytes, { preset })).rejects.toThrow(
      "received a network of two inputs, image and other: it compares two pictures",
    );
    await expect(opened(bytes, { preset, layer: "conv" })).rejects.toThrow(
      "the nearest names are conv1 [batch, 4, 222, 222]; conv2 [batch, 4, 222, 222]",
    );
    expect((await opened(bytes, { preset, layer: "conv2" })).identity.layer).toBe("conv2, mean over space");
  });

  it("must depend on the picture and have one row or map an image", async () => {
    const still = node("Relu", ["w"], "still");
    const flat = node("Reshape", ["conv1", "sizes"], "flat");
    const turned = node("Transpose", ["conv1"], "turned", { perm: [1, 0, 2, 3] });
    const sizes = { name: "sizes", dims: [3n], dataType: TensorProto_DataType.INT64, int64Data: [0n, 0n, -1n] };
    const weights = [floats("w", [4, 3, 3, 3], 0.3), floats("fc", [4, 5], 0.5), sizes];
    const bytes = own({ nodes: [conv, still, flat, turned, pooled, classifier], outputs: ["scores"], weights });
    await expect(opened(bytes, { preset, layer: "still" })).rejects.toThrow(
      '"still" (Relu), which is the same for all pictures',
    );
    await expect(opened(bytes, { preset, layer: "flat" })).rejects.toThrow("received float32 [batch, 4, 49284]");
    await expect(opened(bytes, { preset, layer: "turned" })).rejects.toThrow("received float32 [4, batch, 222, 222]");
  });
});

describe("a file that is no network of pictures", () => {
  it("is refused with a reason", async () => {
    const path = join(folder, "none.onnx");
    await expect(openNetworkExtractor(path, { format })).rejects.toThrow(
      /--features: expected an ONNX file.*not there/,
    );
    const text = new TextEncoder().encode("weights");
    await expect(opened(text)).rejects.toThrow(
      /expected an ONNX model, received .*net.onnx, which is not an ONNX file/,
    );
    await expect(openNetworkExtractor(folder, { format })).rejects.toThrow(
      /received .*, which is a folder\nhelp: name the .onnx file in it: .*net.onnx/,
    );
    const empty = await mkdtemp(join(folder, "empty-"));
    await expect(openNetworkExtractor(empty, { format })).rejects.toThrow("there is none in this folder");
    const dense = node("MatMul", ["z", "fc"], "scores");
    const generator = own({ inputs: { z: ["N", 4] }, nodes: [dense], outputs: ["scores"] });
    await expect(opened(generator, { preset })).rejects.toThrow("one input of pictures");
    const images = reshape(input("latent", ["batch", 4]), ["batch", 1, 2, 2]);
    const { bytes: drawing } = writeOnnx({ images }, { target: portable });
    await expect(opened(drawing)).rejects.toThrow("received a generator (input latent)\nhelp: features need");
    const cast = node("Cast", ["bytes"], "image", { to: 1 });
    const whole = own({
      inputs: { bytes: ["N", 3, 8, 8] },
      inputTypes: { bytes: TensorProto_DataType.UINT8 },
      nodes: [cast, conv, pooled, classifier],
      outputs: ["scores"],
    });
    await expect(opened(whole, { preset })).rejects.toThrow("received bytes [N, 3, 8, 8] of whole numbers");
    const detector = own({ nodes: [conv, turn], outputs: ["conv1", "last"] });
    await expect(opened(detector)).rejects.toThrow(/expected a classifier.*received the outputs conv1, last/);
    const flat = { name: "sizes", dims: [2n], dataType: TensorProto_DataType.INT64, int64Data: [1n, -1n] };
    const single = own({
      inputs: { image: [1, 3, SIDE, SIDE] },
      nodes: [conv, pooled, node("Reshape", ["pooled", "sizes"], "row"), node("Relu", ["row"], "rows")],
      outputs: ["rows"],
      weights: [floats("w", [4, 3, 3, 3], 0.3), flat],
    });
    await expect(opened(single, { preset })).rejects.toThrow(
      /any number of pictures at once, received one for 1.*Reshape "row"/,
    );
    const odd = own({ nodes: [conv, node("NonZero", ["conv1"], "pooled"), classifier], outputs: ["scores"] });
    await expect(opened(odd, { preset })).rejects.toThrow("NonZero");
  });

  it("is spoken of by the key that named it, without flags, where a configuration did", async () => {
    const where = "evaluation.features";
    await expect(openNetworkExtractor(join(folder, "none.onnx"), { format, where })).rejects.toThrow(
      /^evaluation.features: .*none.onnx, which is not there/,
    );
    const unknown = own({ nodes: [conv, pooled, classifier], outputs: ["scores"] });
    await expect(opened(unknown, { where })).rejects.toThrow(
      /^evaluation.features: .*received a network of 1 convolution with.*\nhelp: name a file that says all of itself/,
    );
  });

  it("takes grey pictures only in a form without colours", async () => {
    const weights = [floats("w", [4, 1, 3, 3], 0.3), floats("fc", [4, 5], 0.5)];
    const inputs = { image: ["N", 1, SIDE, SIDE] };
    const bytes = own({ inputs, nodes: [conv, pooled, classifier], outputs: ["scores"], weights });
    await expect(opened(bytes, { preset: "torchvision" })).rejects.toThrow("for a network of grey pictures");
    expect((await opened(bytes, { preset })).identity.pixels).toBe("grey, 0 to 1");
  });
});

describe("the identity of a network", () => {
  it("is the hash of its file, and of the files of weights beside it", async () => {
    const plain = own({ nodes: [conv, pooled, classifier], outputs: ["scores"] });
    const sha256 = (...parts: readonly Uint8Array[]) => {
      const hash = createHash("sha256");
      for (const part of parts) hash.update(part);
      return hash.digest("hex");
    };
    expect((await opened(plain, { preset })).identity).toMatchObject({
      kind: "network",
      name: "net.onnx",
      sha256: sha256(plain),
    });

    const content = new Uint8Array(randomStream(2, "weights").normals(20).buffer);
    await writeFile(join(folder, "fc.bin"), content);
    const beside = {
      name: "fc",
      dims: [4n, 5n],
      dataType: TensorProto_DataType.FLOAT,
      dataLocation: TensorProto_DataLocation.EXTERNAL,
      externalData: [{ key: "location", value: "fc.bin" }],
    };
    const weights = [floats("w", [4, 3, 3, 3], 0.3), beside];
    const split = own({ nodes: [conv, pooled, classifier], outputs: ["scores"], weights });
    expect((await opened(split, { preset })).identity.sha256).toBe(sha256(split, content));
  });
});
