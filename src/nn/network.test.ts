import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { input, type Tensor } from "../graph/index.ts";
import { dense, dropout, Network, normal } from "./index.ts";

describe("Network", () => {
  it("refuses two layers of one name", () => {
    const twice = () =>
      new Network("net", ["batch", 2], (scope, x) => {
        const layer = (inner: Tensor) => scope.layer("same", (own) => dense(own, inner, { features: 2 }));
        return layer(layer(x));
      });
    expect(twice).toThrow("net/same/weight");
  });

  it("draws the same first weights for the same seed, and others for another", () => {
    const draw = (seed: number) => normal(1)([4], randomStream(seed, "weights", "net/a"));
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it("asks the caller for random numbers under the layer's path, and only in training", () => {
    const network = new Network("net", ["batch", 2], (scope, x) =>
      scope.layer("drop", (layer) => dropout(layer, x, { rate: 0.5 })),
    );
    const asked: [string, readonly number[]][] = [];
    const source = (name: string, shape: readonly number[]) => {
      asked.push([name, shape]);
      return input(name, shape);
    };
    network.apply(input("x", ["batch", 2]), network.bindings(), "inference", source);
    expect(asked).toEqual([]);
    network.apply(input("x", [3, 2]), network.bindings(), "training", source);
    expect(asked).toEqual([["net/drop/dropout", [3, 2]]]);
  });

  it("says which layer draws random numbers where there is no source of them", () => {
    const network = new Network("net", ["batch", 2], (scope, x) =>
      scope.layer("drop", (layer) => dropout(layer, x, { rate: 0.5 })),
    );
    expect(() => network.apply(input("x", [3, 2]), network.bindings(), "training")).toThrow(
      "internal: net/drop/dropout: this layer draws random numbers",
    );
  });
});
