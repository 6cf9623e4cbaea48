import { describe, expect, it } from "vitest";
import { AtelierError } from "../foundation/errors.ts";
import {
  add,
  concat,
  conv2d,
  evaluate,
  expand,
  gradients,
  input,
  leakyRelu,
  matmul,
  mean,
  multiply,
  pad,
  portable,
  printGraph,
  reshape,
  scalar,
  simplify,
  slice,
  square,
  stopGradient,
  subtract,
  sum,
  type Tensor,
  topologicalOrder,
  transpose,
  withScope,
  writeOnnx,
} from "./index.ts";

function nodesOf(...outputs: readonly Tensor[]): string[] {
  return topologicalOrder(outputs).flatMap((tensor) => (tensor.kind === "computed" ? [tensor.operation.name] : []));
}

describe("gradients", () => {
  it("sum over every path by which a variable reaches the loss", () => {
    const x = input("x", []);
    const [slope] = gradients(multiply(x, add(multiply(x, 3), 1)), [x]);
    expect(evaluate([slope ?? x], { x: [2] })[0]?.data[0]).toBe(13);
  });

  it("are zeros for a variable that the loss does not depend on", () => {
    const unused = input("unused", [2, 2]);
    const [slope] = gradients(sum(input("x", [3])), [unused]);
    expect(evaluate([slope ?? unused], {})[0]).toEqual({ shape: [2, 2], data: new Float64Array(4) });
  });

  it("do not flow through stopGradient", () => {
    const x = input("x", []);
    const [slope] = gradients(multiply(stopGradient(square(x)), x), [x]);
    expect(evaluate([slope ?? x], { x: [3] })[0]?.data[0]).toBe(9);
  });

  it("can be taken with respect to a computed tensor", () => {
    const x = input("x", []);
    const y = square(x);
    const [slope] = gradients(square(y), [y]);
    expect(evaluate([slope ?? x], { x: [2] })[0]?.data[0]).toBe(8);
  });
});

describe("simplify", () => {
  it("shares equal nodes", () => {
    const x = input("x", [2, 3]);
    const y = input("y", [3, 2]);
    expect(nodesOf(...simplify([matmul(x, y), square(matmul(x, y))]))).toEqual(["matmul", "multiply"]);
  });

  it("computes constants now and drops what changes nothing", () => {
    const x = input("x", [4]);
    const [plain] = simplify([subtract(add(multiply(x, multiply(scalar(0.5), 2)), 0), 0)]);
    expect(plain).toBe(x);
  });

  it("does not repeat what broadcasting repeats anyway", () => {
    const x = input("x", [4, 5]);
    const row = input("row", [1, 5]);
    expect(nodesOf(...simplify([multiply(expand(row, [4, 5]), x)]))).toEqual(["multiply"]);
  });

  it("keeps apart what only looks equal", () => {
    const [one, other] = simplify([sum(input("x", [2])), sum(input("x", [3]))]);
    expect(one).not.toBe(other);
    expect(() => writeOnnx({ one: one ?? scalar(0), other: other ?? scalar(0) }, { target: portable })).toThrow(
      "two inputs are called x",
    );
  });

  it("leaves what it changes in its layer", () => {
    const flat = withScope("head", () => reshape(reshape(input("x", [2, 3]), [3, 2]), [6]));
    expect(printGraph({ y: simplify([flat])[0] ?? flat })).toContain("reshape(x) {shape: [6]} : [6]  # head");
  });

  it("keeps the values", () => {
    const x = input("x", [2, 3]);
    const loss = mean(square(subtract(x, expand(reshape(mean(x, [0]), [1, 3]), [2, 3]))));
    const outputs = [loss, ...gradients(loss, [x])];
    const feeds = { x: [1, -2, 3, 0.5, 4, -1] };
    expect(evaluate(simplify(outputs), feeds)).toEqual(evaluate(outputs, feeds));
    expect(topologicalOrder(simplify(outputs)).length).toBeLessThan(topologicalOrder(outputs).length);
  });
});

describe("printGraph", () => {
  it("shows a node a line, with its layer", () => {
    const x = input("x", ["batch", 3]);
    const y = withScope("generator/project", () => multiply(matmul(x, input("weight", [3, 2])), 2));
    expect(printGraph({ y })).toBe(
      [
        "x : float32 [batch, 3]",
        "weight : float32 [3, 2]",
        "%2 = matmul(x, weight) {transposeLeft: 0, transposeRight: 0} : [batch, 2]  # generator/project",
        "%4 = multiply(%2, 2) : [batch, 2]  # generator/project",
        "y <- %4",
        "",
      ].join("\n"),
    );
  });
});

describe("writeOnnx", () => {
  it("refuses an output that is called like an input", () => {
    const x = input("x", [2]);
    expect(() => writeOnnx({ x: square(x) }, { target: portable })).toThrow("an input and an output are called x");
  });
});

describe("operators refuse", () => {
  const x = input("x", [2, 3, 4]);
  const wrong: Readonly<Record<string, () => Tensor>> = {
    "an order of too few axes": () => transpose(x, [0]),
    "a block that is not inside": () => slice(x, [1, 0, 0], [2, 3, 4]),
    "an axis that is not there": () => concat([x], 9),
    "padding for too few axes": () => pad(x, [1], [1]),
    "negative padding": () => pad(x, [0, 0, -1], [0, 0, 0]),
    "two open batches": () => reshape(input("y", ["batch", 4]), ["batch", "batch", 4]),
    "a slope of 1 or more": () => leakyRelu(x, 2),
    "groups that do not divide": () => conv2d(input("i", [1, 4, 5, 5]), input("k", [3, 2, 3, 3]), { groups: 2 }),
    "a stride of 0": () => conv2d(input("i", [1, 2, 5, 5]), input("k", [3, 2, 3, 3]), { strides: [0, 1] }),
  };
  it.each(Object.entries(wrong))("%s", (_, build) => {
    expect(build).toThrow(AtelierError);
  });
});

describe("shape errors", () => {
  it("name the layer and both sides", () => {
    const image = input("image", ["batch", 32, 16, 16]);
    const kernel = input("kernel", [128, 64, 3, 3]);
    const build = () => withScope("discriminator/down2", () => conv2d(image, kernel));
    expect(build).toThrow(AtelierError);
    expect(build).toThrow(
      "conv2d at discriminator/down2: expected input [batch, 64, height, width] for kernel [128, 64, 3, 3], received [batch, 32, 16, 16]",
    );
  });
});
