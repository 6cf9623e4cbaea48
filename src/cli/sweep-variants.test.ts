import { describe, expect, it } from "vitest";
import { assertGivenOnce, variantsOf } from "./sweep-variants.ts";

const names = (...sweeps: readonly string[]) => variantsOf(sweeps).map(({ name }) => name);

describe("the variants of a sweep", () => {
  it("are one for each value, or each combination of values", () => {
    expect(names("gan.r1=0,0.1,1")).toEqual(["gan.r1=0", "gan.r1=0.1", "gan.r1=1"]);
    expect(names("batch=8,16", "seed=1,2")).toEqual([
      "batch=8,seed=1",
      "batch=8,seed=2",
      "batch=16,seed=1",
      "batch=16,seed=2",
    ]);
    expect(variantsOf(["batch=8, 16"])[1]).toEqual({ name: "batch=16", assignments: ["batch=16"] });
  });

  it("may have lists as values", () => {
    const [one, other] = variantsOf(["gan.transforms=[translation,cutout],[brightness]"]);
    expect(one?.assignments).toEqual(["gan.transforms=[translation,cutout]"]);
    expect(other?.assignments).toEqual(["gan.transforms=[brightness]"]);
  });

  it("are of keys that are given nowhere else", () => {
    assertGivenOnce(["vae.beta=1,2"], { model: "vae", steps: 3 });
    expect(() => assertGivenOnce(["seed=1,2", "vae.beta=1,2"], { model: "vae", vae: { beta: 3 } })).toThrow(
      "--sweep vae.beta: expected every key once, received vae.beta also by itself, as 3\nhelp: leave one of the two out",
    );
  });

  it("have names that every file system can hold", () => {
    expect(names("features=nets/a.onnx,nets/b:c.onnx")).toEqual(["features=nets_a.onnx", "features=nets_b_c.onnx"]);
  });

  it.each([
    ["gan.r1", "expected KEY=VALUE,VALUE…"],
    ["=1,2", "expected KEY=VALUE,VALUE…"],
    ["gan.r1=", "expected KEY=VALUE,VALUE…"],
    ["gan.r1=1,,2", "expected KEY=VALUE,VALUE…"],
    ["gan.r1=1", "expected at least two values, received one"],
    ["gan.r1=1,2,1", "expected every value once, received gan.r1=1 twice"],
  ])("%s is refused", (sweep, text) => {
    expect(() => variantsOf([sweep])).toThrow(text);
  });

  it("have every key once", () => {
    expect(() => variantsOf(["seed=1,2", "seed=3,4"])).toThrow("--sweep seed: expected every key once");
  });
});
