import { describe, expect, it } from "vitest";
import { AtelierError } from "../../foundation/errors.ts";
import { input } from "../../graph/index.ts";
import {
  batchNorm,
  convolution,
  dense,
  dropout,
  embedding,
  groupNorm,
  instanceNorm,
  layerNorm,
  minibatchDeviation,
  multiHeadAttention,
  Network,
  selfAttention2d,
  transposedConvolution,
} from "../index.ts";
import { fixedNoise, type Layer } from "../testing/layer-checks.ts";

type Mistake = readonly [
  what: string,
  layer: Layer,
  shape: readonly ("batch" | number)[],
  expected: string,
  received: string,
];

const mistakes: readonly Mistake[] = [
  ["a picture", (s, x) => dense(s, x, { features: 2 }), [3, 2, 4, 4], "[batch, inputs]", "[3, 2, 4, 4]"],
  [
    "a vector",
    (s, x) => convolution(s, x, { filters: 2, kernel: 3 }),
    [3, 2],
    "[batch, channels, height, width]",
    "[3, 2]",
  ],
  [
    "a picture below the kernel",
    (s, x) => convolution(s, x, { filters: 2, kernel: 5 }),
    [3, 2, 4, 4],
    "at least 5 pixels with padding",
    "4",
  ],
  [
    "groups",
    (s, x) => convolution(s, x, { filters: 4, kernel: 1, groups: 3 }),
    [3, 6, 4, 4],
    "groups that divide 6 channels and 4 filters",
    "3",
  ],
  [
    "output padding",
    (s, x) => transposedConvolution(s, x, { filters: 4, kernel: 4, stride: 2, outputPadding: 2 }),
    [3, 6, 4, 4],
    "an output padding from 0 to below the stride 2",
    "2",
  ],
  ["groups", (s, x) => groupNorm(s, x, { groups: 4 }), [3, 6, 4, 4], "groups that divide 6 channels", "4"],
  ["a vector", (s, x) => instanceNorm(s, x), [3, 6], "[batch, channels, …positions]", "[3, 6]"],
  ["no features", (s, x) => layerNorm(s, x, { over: "last" }), [3], "[batch, …, features]", "[3]"],
  [
    "a batch of one number a channel",
    (s, x) => batchNorm(s, x),
    [1, 6],
    "a known batch with more than one number a channel",
    "[1, 6]",
  ],
  ["an open batch", (s, x) => dropout(s, x, { rate: 0.1 }), ["batch", 2], "a known batch in training", "[batch, 2]"],
  ["floats", (s, x) => embedding(s, x, { classes: 2, features: 2 }), [3], "int32 labels", "float32 [3]"],
  [
    "an open batch",
    (s, x) => minibatchDeviation(s, x),
    ["batch", 2, 4, 4],
    "[batch, …features] with a known batch",
    "[batch, 2, 4, 4]",
  ],
  ["a vector", (s, x) => selfAttention2d(s, x), [3, 2], "[batch, channels, …positions]", "[3, 2]"],
  ["heads", (s, x) => multiHeadAttention(s, x, { heads: 4 }), [3, 6, 5], "heads that divide 6 channels", "4"],
];

describe("a layer that gets what it cannot take", () => {
  it.each(mistakes)(
    "names itself, what it expected and what it received: %s",
    (_what, layer, shape, expected, received) => {
      const build = () => {
        const network = new Network("net", shape, (scope, x) =>
          scope.layer("block", (block) => block.layer("inner", (own) => layer(own, x))),
        );
        return network.apply(input("x", shape), network.bindings(), "training", fixedNoise);
      };
      expect(build).toThrow(AtelierError);
      expect(build).toThrow(`net/block/inner: expected ${expected}, received ${received}\n`);
    },
  );
});
