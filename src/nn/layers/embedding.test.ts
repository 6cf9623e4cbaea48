import { describe, expect, it } from "vitest";
import { evaluate, gradients, input, multiply, sum } from "../../graph/index.ts";
import { Session } from "../../runtime/index.ts";
import { embedding, Network } from "../index.ts";

describe("embedding", () => {
  const network = new Network("net", ["batch", 1], (scope) =>
    scope.layer("classes", (layer) => embedding(layer, input("labels", [3], "int32"), { classes: 4, features: 2 })),
  );
  const { output } = network.apply(input("unused", [3, 1]), network.bindings(), "training");
  const table = Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7);
  const upstream = Float32Array.of(1, 2, 10, 20, 100, 200);

  it("gives each label's vector, and the gradient to its row alone, on the engine as in the reference", async () => {
    const variable = network.bindings().get("net/classes/table") ?? output;
    const [slope = output] = gradients(sum(multiply(output, input("upstream", [3, 2]))), [variable]);
    const vectors = [4, 5, 0, 1, 4, 5];
    const slopes = [10, 20, 0, 0, 101, 202, 0, 0];
    const feeds = { labels: Int32Array.of(2, 0, 2), "net/classes/table": table, upstream };
    const [y, dTable] = evaluate([output, slope], feeds);
    expect([...(y?.data ?? [])]).toEqual(vectors);
    expect([...(dTable?.data ?? [])]).toEqual(slopes);

    const session = await Session.compile({ output, slope }, { device: "cpu" });
    const results = await session.run(feeds);
    expect([...(results.get("output")?.floats() ?? [])]).toEqual(vectors);
    expect([...(results.get("slope")?.floats() ?? [])]).toEqual(slopes);
    await session.release();
  });
});
