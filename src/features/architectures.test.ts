import { describe, expect, it } from "vitest";
import { input, OnnxNetwork } from "../graph/index.ts";
import { recogniseBody } from "./architectures.ts";
import { networks, resnet34 } from "./testing/networks.ts";

function bodyOf(bytes: Uint8Array) {
  const network = OnnxNetwork.read(bytes, { name: "net" });
  const [features] = Object.values(network.apply({ image: input("image", ["batch", 3, 32, 32]) }));
  if (features === undefined) throw new Error("no output");
  return recogniseBody(features);
}

describe("recogniseBody", () => {
  it.each(Object.entries(networks))("knows %s by its convolutions", (name, build) => {
    expect(bodyOf(build({ stem: 4, classes: 0, size: 32 })).architecture).toBe(name);
  });

  it("knows no ResNet-34", () => {
    const body = bodyOf(resnet34({ stem: 4, classes: 0 }));
    expect(body.architecture).toBeUndefined();
    expect(body.convolutions).toBe(36);
  });
});
