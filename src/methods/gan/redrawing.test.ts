import { describe, expect, it } from "vitest";
import { add, evaluate, gradients, input, reshape } from "../../graph/index.ts";
import { flattened } from "../../models/architecture.ts";
import type { Architecture } from "../../models/index.ts";
import { dense, lossIfGenerated, lossIfReal, Network, sgd } from "../../nn/index.ts";
import { type GanOptions, gan } from "../gan.ts";
import { normalisedImages } from "../step-builder.ts";
import { drawnImages, expectClose, feedsOf, format, linear, linearGan } from "../testing/small-gans.ts";
import { buildTrainingStep } from "../training-step.ts";
import { redrawingLoss } from "./redrawing.ts";

/** A linear discriminator of two stages, whose inside is drawn again as a picture of one pixel. */
const redrawn: Architecture = {
  ...linear,
  discriminator: () =>
    new Network("discriminator", ["batch", 1, 2, 2], (scope, x) => {
      const inside = scope.layer("inside", (layer) => dense(layer, flattened(x), { features: 2 }));
      scope.show("inside", inside);
      return scope.layer("judge", (layer) => dense(layer, inside, { features: 1 }));
    }),
  redrawer: () => ({
    from: "inside",
    network: new Network("redrawer", ["batch", 2], (scope, x) =>
      reshape(dense(scope, x, { features: 1 }), [x.shape[0] ?? "batch", 1, 1, 1]),
    ),
  }),
};

describe("a discriminator that draws real images again", () => {
  const descent = { optimizer: sgd({ learningRate: 1 }) };
  it.each(["alternating", "one-stage"] as const)("is trained with its redrawer (%s)", (updates) => {
    const options: GanOptions = {
      ...linearGan,
      updates,
      architecture: redrawn,
      generator: descent,
      discriminator: descent,
    };
    const method = gan(options);
    const step = buildTrainingStep(method, { format, batch: 3 });
    const initial = Object.fromEntries(step.initialState(2));
    const numbers = { images: drawnImages(3, format), ...feedsOf(step, 2, 0), ...initial };
    const networks: Readonly<Record<string, Network>> = method.networks;
    expect(Object.keys(networks)).toEqual(["generator", "discriminator", "redrawer"]);

    const { generator, discriminator } = method.networks;
    const redrawer = redrawn.redrawer?.(options).network;
    if (redrawer === undefined) throw new Error("a redrawer was expected");
    const real = normalisedImages(input("images", [3, 1, 2, 2], "uint8"));
    const made = generator.apply(input("noise/latent", [3, 2]), generator.bindings(), "training").output;
    const onReal = discriminator.apply(real, discriminator.bindings(), "training");
    const inside = onReal.shown.get("inside");
    if (inside === undefined) throw new Error("the inside was expected");
    const picture = redrawer.apply(inside, redrawer.bindings(), "training").output;
    const lost = redrawingLoss(picture, real);
    const judged = discriminator.apply(made, discriminator.bindings(), "training").output;
    const total = add(add(lossIfReal(onReal.output), lossIfGenerated(judged)), lost);

    const next = new Map(step.stages.flatMap(({ state }) => state.map(({ current, next: to }) => [current.name, to])));
    for (const { network, loss } of [
      { network: discriminator, loss: total },
      { network: redrawer, loss: lost },
      ...(updates === "one-stage" ? [{ network: generator, loss: lossIfReal(judged) }] : []),
    ]) {
      const parameters = network.variables.map((variable) => variable.input);
      const slopes = evaluate(gradients(loss, parameters), numbers);
      parameters.forEach(({ name }, index) => {
        const slope = slopes[index]?.data ?? new Float64Array();
        const expected = Float64Array.from(initial[name] ?? [], (value, element) => value - (slope[element] ?? 9));
        const [moved] = evaluate([next.get(name) ?? total], numbers);
        expectClose(moved?.data ?? [], expected, 1e-12, name);
      });
    }
  });
});

describe("the redrawing loss", () => {
  it("compares with the means of the pixels that a smaller picture's pixel covers", () => {
    const images = input("images", [1, 1, 2, 4]);
    const loss = redrawingLoss(input("pictures", [1, 1, 1, 2]), images);
    const [value] = evaluate([loss], { images: [1, 3, 0, 0, 5, 7, 8, 8], pictures: [3, 5] });
    expect(value?.data[0]).toBeCloseTo((Math.abs(3 - 4) + Math.abs(5 - 4)) / 2, 12);
  });

  it("takes weighted means where a pixel covers parts of others", () => {
    const loss = redrawingLoss(input("pictures", [1, 1, 2, 2]), input("images", [1, 1, 3, 3]));
    const [value] = evaluate([loss], { images: Array.from({ length: 9 }, () => 2), pictures: [2, 2, 2, 3] });
    expect(value?.data[0]).toBeCloseTo(1 / 4, 12);
  });
});
