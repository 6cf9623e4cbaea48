import { describe, expect, it } from "vitest";
import { targetOf } from "../../runtime/targets.ts";
import {
  conv2d,
  conv2dKernelGradient,
  convolutionCandidates,
  convTranspose2d,
  input,
  portable,
  type Target,
  writeOnnx,
} from "../index.ts";
import { sizesOf } from "./convolution-case.ts";

/** The three convolutions of a layer that halves a picture of 16 channels. */
function halving() {
  const options = { strides: [2, 2], padding: [1, 1, 1, 1] } as const;
  const x = input("x", [16, 16, 8, 6]);
  const w = input("w", [32, 16, 4, 4]);
  const y = input("y", [16, 32, 4, 3]);
  return {
    response: conv2d(x, w, options),
    image: convTranspose2d(y, w, { ...options, outputSize: [8, 6] }),
    kernel: conv2dKernelGradient(x, y, { ...options, kernelSize: [4, 4] }),
  };
}

describe("the choice of forms", () => {
  const written = (target: Target) => {
    const text = new TextDecoder("latin1").decode(writeOnnx(halving(), { target }).bytes);
    return ["Conv", "ConvTranspose", "Gather", "ReorderInput"].filter((name) => text.includes(`/${name}.`));
  };

  it("uses only the plain operators where the model must run everywhere", () => {
    expect(written(portable)).toEqual(["Conv", "ConvTranspose"]);
  });

  it("uses blocks only where they were proven right", async () => {
    expect(written({ cpu: true, block: 16 })).toContain("ReorderInput");
    expect(written({ cpu: true, block: 0 })).not.toContain("ReorderInput");
    expect(await targetOf("webgpu")).toEqual(portable);
  });

  it("can be made by the target", () => {
    const asked: string[] = [];
    const choose: Target["choose"] = ({ result }, names) => {
      asked.push(`${result}: ${names.join(", ")}`);
      return "plain";
    };
    expect(written({ cpu: true, block: 16, choose })).toEqual(["Conv", "ConvTranspose"]);
    expect(asked).toEqual([
      "response: blocks, plain, patches",
      "image: doubling blocks, plain, columns by image, columns by batch",
      "kernel: patches, plain, products by image, slices",
    ]);
  });

  it("leaves out the forms that would take too much memory", () => {
    const geometry = { strides: [1, 1], padding: [0, 0, 0, 0], dilations: [1, 1], groups: 1 } as const;
    const names = (channels: number, pixels: number, kernelSize: number) => {
      const outPixels = pixels - kernelSize + 1;
      const [square, kernel, response] = [
        [pixels, pixels],
        [kernelSize, kernelSize],
        [outPixels, outPixels],
      ];
      const sizes = sizesOf("kernel", geometry, {
        x: ["batch", channels, ...square],
        w: [channels, channels, ...kernel],
        y: ["batch", channels, ...response],
      });
      return convolutionCandidates({ ...sizes, batch: 1 }, { cpu: true, block: 0 }).toSorted();
    };
    expect(names(4, 32, 3)).toEqual(["patches", "plain", "products by image", "slices", "turned products"]);
    // 8192 x 8192 numbers for every image.
    expect(names(8193, 1, 1)).toEqual(["patches", "plain", "slices"]);
    // A million places of the kernel in 16 million of the image.
    expect(names(1, 1023, 8)).toEqual(["plain", "products by image", "slices", "turned products"]);
  });

  it("refuses a form that does not apply", () => {
    expect(() => written({ cpu: true, block: 0, choose: () => "blocks" })).toThrow("no form called blocks");
  });
});
