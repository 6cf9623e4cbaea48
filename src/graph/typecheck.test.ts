import { describe, expect, it } from "vitest";
import {
  gradients,
  graphHash,
  input,
  matmul,
  mean,
  multiply,
  simplify,
  square,
  typecheck,
  withScope,
} from "./index.ts";
import { type Computed, constant, type Tensor } from "./tensor.ts";

/** A small network with its gradient. */
function network(rate = 0.5): readonly Tensor[] {
  const x = input("x", [8, 3]);
  const weight = input("weight", [3, 2]);
  const y = withScope("generator/project", () => matmul(x, weight));
  const loss = mean(square(multiply(y, rate)));
  return [loss, ...gradients(loss, [weight])];
}

/** The node as it is, with another type. */
function disguised(tensor: Tensor, type: Partial<Pick<Tensor, "shape" | "dtype">>): Computed {
  if (tensor.kind !== "computed") throw new Error("not a node");
  return { ...tensor, ...type };
}

describe("typecheck", () => {
  it("accepts a network, its gradients, and both simplified", () => {
    expect(() => typecheck(network())).not.toThrow();
    expect(() => typecheck(simplify(network()))).not.toThrow();
  });

  it("names the operator, its layer and both types of a node that carries another shape than its rule gives", () => {
    const y = withScope("generator/project", () => matmul(input("x", ["batch", 3]), input("weight", [3, 2])));
    expect(() => typecheck([square(disguised(y, { shape: ["batch", 7] }))])).toThrow(
      "matmul at generator/project, of float32 [batch, 3], float32 [3, 2]: expected float32 [batch, 2], received float32 [batch, 7]",
    );
    expect(() => typecheck([disguised(y, { dtype: "uint8" })])).toThrow(
      "expected float32 [batch, 2], received uint8 [batch, 2]",
    );
  });

  it("finds a node whose inputs its rule refuses", () => {
    const x = input("x", ["batch", 3]);
    const product = disguised(matmul(x, input("weight", [3, 2])), {});
    const rewritten: Tensor = { ...product, inputs: [x, input("other", [4, 2])] };
    expect(() => typecheck([rewritten])).toThrow("matmul: expected a matrix of 3 rows");
  });

  it("finds inputs of one name and two types", () => {
    expect(() => typecheck([input("x", [2]), input("x", [2])])).not.toThrow();
    expect(() => typecheck([input("x", [2]), input("x", [3])])).toThrow(
      "input x: expected float32 [2], received float32 [3]",
    );
    expect(() => typecheck([input("x", [2]), input("x", [2], "uint8")])).toThrow("received uint8 [2]");
  });

  it("finds a constant whose values do not fill its shape", () => {
    const short = { ...constant(Float64Array.of(1, 2), [2]), shape: [3] };
    expect(() => typecheck([square(short)])).toThrow("constant: expected float32 [3], received 2 float32 values");
  });
});

describe("graphHash", () => {
  const hashOf = (outputs: readonly Tensor[]) =>
    graphHash(Object.fromEntries(outputs.map((tensor, index) => [`output${index}`, tensor])));

  it("is 16 digits, equal for graphs that are built alike", () => {
    expect(hashOf(network())).toMatch(/^[0-9a-f]{16}$/);
    expect(hashOf(network())).toBe(hashOf(network()));
  });

  it("differs with a constant, an attribute, a shape, a layer or an output's name", () => {
    const x = input("x", [4, 4]);
    const many = (last: number) => constant(Float64Array.of(1, 2, 3, 4, 5, 6, 7, last), [8]);
    const different = [
      network(),
      network(0.25),
      [matmul(x, x)],
      [matmul(x, x, { transposeLeft: true })],
      [matmul(input("x", [5, 5]), input("x", [5, 5]))],
      [withScope("layer", () => matmul(x, x))],
      [square(many(8))],
      [square(many(9))],
      [square(many(-0))],
      [square(many(0))],
    ].map(hashOf);
    expect(new Set([...different, graphHash({ y: matmul(x, x) })]).size).toBe(different.length + 1);
  });
});
