import { expect, test } from "vitest";
import { encodeGenerator } from "../../export/index.ts";
import { randomStream } from "../../foundation/random.ts";
import type { Method } from "../../methods/index.ts";
import { architectureNames, architectures } from "../../models/index.ts";
import { elementCount } from "../shape.ts";
import { OnnxNetwork } from "./network.ts";
import { drawFeeds, runImported, runOriginal, worstDifference } from "./testing/models.ts";

test.each(architectureNames)("a generator of kind %s that Atelier exported is read again", async (name) => {
  const format = { height: 16, width: 16, channels: 3 } as const;
  const generator = architectures[name].generator({ format, latent: 10, width: 4 });
  const values = generator.variables.map(({ input, shape }) => {
    const numbers = randomStream(1, input.name).normals(elementCount(shape));
    return [input.name, numbers.map((value) => Math.abs(0.3 * value))] as const;
  });
  const metadata = { latent: 10, format, classShares: [], classNames: ["a", "b"], step: 5 };
  const method: Pick<Method, "networks" | "averaged" | "sample"> = {
    networks: { generator },
    averaged: ["generator"],
    sample: (latent, players) => players["generator"]?.(latent) ?? latent,
  };
  const bytes = encodeGenerator(method, new Map(values), metadata);
  const feeds = drawFeeds({ latent: [3, 10] });
  const expected = await runOriginal(bytes, feeds, { latent: [3, 10] });
  expect(worstDifference(expected, await runImported(bytes, feeds, {}, { batch: 3 }))).toBeLessThan(1e-5);
  const network = OnnxNetwork.read(bytes, { name });
  expect(network.metadata.get("class_names")).toBe('["a","b"]');
  expect(network.parameters.length).toBeGreaterThan(0);
});
