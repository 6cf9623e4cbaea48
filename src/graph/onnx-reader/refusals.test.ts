import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AtelierError } from "../../foundation/errors.ts";
import { input, type Tensor } from "../tensor.ts";
import { OnnxNetwork } from "./network.ts";
import { supportedOperators } from "./rules/index.ts";
import { buildModel, floats, node, type TestModel, wholes } from "./testing/models.ts";
import { read, shapes, small } from "./testing/networks.ts";

describe("a network is refused", () => {
  test("with all its unsupported operators at once, and used up to them", () => {
    const network = read({
      ...small,
      outputs: ["boxes"],
      nodes: [
        ...small.nodes,
        node("NonMaxSuppression", ["logits", "logits"], "kept"),
        node("Einsum", ["kept"], "mixed", { equation: "ij->ji" }),
        { ...node("Mystery", ["mixed"], "boxes"), domain: "vendor" },
      ],
    });
    expect(network.unsupported).toEqual(["NonMaxSuppression", "Einsum", "vendor:Mystery"]);
    const { image } = network.declareInputs(shapes);
    const inputs = { image: image ?? input("image", shapes.image) };
    expect(() => network.apply(inputs)).toThrow(
      'net: expected operators that have a rule, received NonMaxSuppression (node "kept"), Einsum (node "mixed"), vendor:Mystery (node "boxes"), of operator set 17\nhelp: export the network with other operators in its place, or cut it before that node',
    );
    expect(network.apply(inputs, { outputs: ["logits"] }).logits.shape).toEqual([2, 5]);
  });

  const wrong: Readonly<Record<string, readonly [() => unknown, string]>> = {
    "for a form of an operator without a rule": [
      () =>
        apply({
          ...small,
          outputs: ["y"],
          nodes: [node("MaxPool", ["image"], "y", { kernel_shape: [2, 2], dilations: [2, 2] })],
        }),
      'net: MaxPool "y": expected a form of the operator that is supported, received a pooling window with dilations 2,2',
    ],
    "for a picture that would get other channels": [
      () =>
        apply({
          ...small,
          opset: 18,
          outputs: ["y"],
          weights: [wholes("sizes", [6, 8, 8])],
          nodes: [node("Resize", ["image", "", "", "sizes"], "y", { axes: [1, 2, 3] })],
        }),
      "received resizing of other axes than height and width, to [6, 8, 8]",
    ],
    "for nearest pixels of which no operator set tells": [
      () =>
        apply({
          ...small,
          opset: 10,
          outputs: ["y"],
          weights: [floats("scales", [4], [1, 1, 0.4, 2])],
          nodes: [node("Resize", ["image", "scales"], "y")],
        }),
      "received the nearest pixels of a picture that grows along one axis and shrinks along the other",
    ],
    "for an input of the wrong channels": [
      () => read(small).apply({ image: input("image", [2, 4, 8, 8]) }),
      'net: input "image": expected float32 [N, 3, H, W], received float32 [2, 4, 8, 8]',
    ],
    "for an input that is missing": [
      () => read(small).apply({}),
      'net: input "image": expected a tensor [N, 3, H, W], received none',
    ],
    "for an input that it has not": [
      () => read(small).declareInputs({ picture: [1, 3, 8, 8] }),
      'net: expected inputs among image, received "picture"',
    ],
    "for a parameter that it has not": [
      () => apply(small, new Map([["net/fc.wight", input("w", [4, 5])]])),
      'net: expected bindings of parameters, received "net/fc.wight"\nhelp: it has the parameters net/conv.weight, net/bn.scale',
    ],
    "for open sizes that nobody gave": [
      () => read(small).declareInputs(),
      'net: input "image": expected a shape, received [N, 3, H, W]',
    ],
    "for an output that it has not": [
      () => read(small).apply(read(small).declareInputs(shapes), { outputs: ["relu9"] }),
      'net: expected outputs that are values of the file, received "relu9"\nhelp: it declares features, logits',
    ],
    "for a parameter of another shape": [
      () =>
        read(small).apply(read(small).declareInputs(shapes), {
          parameters: new Map([["net/fc.bias", input("b", [4])]]),
        }),
      "net/fc.bias: expected float32 [5], received float32 [4]",
    ],
    "for shapes that do not fit inside": [
      () =>
        apply({
          ...small,
          weights: [...(small.weights ?? []).slice(0, 5), floats("fc.weight", [3, 5]), floats("fc.bias", [5])],
        }),
      'net: Gemm "logits" (matmul at net/logits): expected a matrix of 4 rows',
    ],
    "for an old operator set": [
      () => read({ ...small, opset: 6 }),
      "net: expected operator set 7 to 23, received operator set 6",
    ],
    "for no bytes": [
      () => OnnxNetwork.read(new Uint8Array(), { name: "net" }),
      "net: expected an ONNX model, received a file without a network",
    ],
    "for bytes of something else": [
      () => OnnxNetwork.read(new TextEncoder().encode("<!DOCTYPE html><p>Not found</p>"), { name: "net" }),
      "net: expected an ONNX model, received a file that is none",
    ],
    "for nodes that read what nobody made": [
      () => read({ ...small, nodes: small.nodes.slice(1) }),
      'net: node "bn": expected inputs that were made before, received "conv"',
    ],
  };
  test.each(Object.entries(wrong))("%s", (_, [use, message]) => {
    expect(use).toThrow(AtelierError);
    expect(use).toThrow(message);
  });

  function apply(model: TestModel, parameters: "frozen" | ReadonlyMap<string, Tensor> = "frozen"): unknown {
    const network = read(model);
    return network.apply(network.declareInputs(shapes), { parameters });
  }

  test("with an error of ours, however it is damaged", () => {
    const whole = buildModel(small);
    const damages = fc.record({
      length: fc.nat(whole.length),
      changes: fc.array(fc.record({ at: fc.nat(whole.length - 1), byte: fc.nat(255) }), { maxLength: 6 }),
    });
    const property = fc.property(damages, ({ length, changes }) => {
      const bytes = whole.slice(0, changes.length === 0 ? length : whole.length);
      for (const { at, byte } of changes) bytes[at] = byte;
      try {
        const network = OnnxNetwork.read(bytes, { name: "net" });
        network.apply(network.declareInputs(shapes));
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(AtelierError);
      }
    });
    fc.assert(property, { numRuns: 500, seed: 1 });
  });
});

test("the documentation lists every operator that is not refused, and no other", () => {
  const page = readFileSync(resolve(import.meta.dirname, "../../../docs/importing.md"), "utf8");
  const list = page.split("## What can be read")[1]?.split("\n\n")[2] ?? "";
  expect([...list.matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual(supportedOperators);
});
