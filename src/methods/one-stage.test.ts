import { describe, expect, it } from "vitest";
import { evaluate, gradients, input, simplify, topologicalOrder } from "../graph/index.ts";
import { lossIfGenerated, lossIfReal, type Network, sgd } from "../nn/index.ts";
import { type GanOptions, gan } from "./gan.ts";
import { normalisedImages } from "./step-builder.ts";
import { dcgan16, drawnImages, expectClose, feedsOf, images16 } from "./testing/small-gans.ts";
import { buildTrainingStep, type TrainingStep } from "./training-step.ts";

describe("a one-stage step", () => {
  const descent = { optimizer: sgd({ learningRate: 1 }) };
  const options: GanOptions = { ...dcgan16, updates: "one-stage", generator: descent, discriminator: descent };
  const { networks } = gan(options);
  const step = buildTrainingStep(gan(options), { format: images16, batch: 4 });
  const images = drawnImages(4, images16);
  const feeds = { images, ...feedsOf(step, 3, 0) };

  /** The gradients of each player's loss by themselves, each from a backward pass of its own. */
  function separateGradients() {
    const play = (name: keyof typeof networks) => (x: Parameters<Network["apply"]>[0]) =>
      networks[name].apply(x, networks[name].bindings(), "training").output;
    const generated = play("generator")(input("noise/latent", [4, 8]));
    const onReal = play("discriminator")(normalisedImages(input("images", [4, 3, 16, 16], "uint8")));
    const onGenerated = play("discriminator")(generated);
    const lossOfD = [lossIfReal(onReal), lossIfGenerated(onGenerated)];
    const parametersOf = (name: keyof typeof networks) =>
      networks[name].variables.filter(({ role }) => role === "parameter").map((variable) => variable.input);
    return [
      ...lossOfD.map((loss) => ({ parameters: parametersOf("discriminator"), loss })),
      { parameters: parametersOf("generator"), loss: lossIfReal(onGenerated) },
    ].flatMap(({ parameters, loss }) => {
      const slopes = gradients(loss, parameters);
      return parameters.map(({ name }, index) => ({ name, slope: slopes[index] ?? loss }));
    });
  }

  it("moves both players by the two separate gradients at the same point", () => {
    // Seeds decide the point: at both, each player is far from its optimum, on different sides of real and generated.
    for (const seed of [3, 4]) {
      const initial = step.initialState(seed);
      const numbers = { ...feeds, ...Object.fromEntries(initial) };
      const separate = separateGradients();
      const slopes = evaluate(
        separate.map(({ slope }) => slope),
        numbers,
      );
      const expected = new Map<string, Float64Array>();
      separate.forEach(({ name }, index) => {
        const slope = slopes[index]?.data ?? new Float64Array();
        const before = expected.get(name) ?? Float64Array.from(initial.get(name) ?? []);
        expected.set(
          name,
          before.map((value, element) => value - (slope[element] ?? Number.NaN)),
        );
      });
      const state = step.stages.flatMap((stage) => stage.state).filter(({ current }) => expected.has(current.name));
      const moved = evaluate(
        state.map(({ next }) => next),
        numbers,
      );
      expect(state.length).toBe(expected.size);
      state.forEach(({ current: { name } }, index) => {
        expectClose(moved[index]?.data ?? [], expected.get(name) ?? new Float64Array(), 1e-12, name);
      });
    }
  });

  it("passes every picture through the discriminator once, forward and back", () => {
    const alternating = buildTrainingStep(gan({ ...options, updates: "alternating" }), { format: images16, batch: 4 });
    // Convolutions of the discriminator's second layer: of pictures, and back to them.
    const passes = (built: TrainingStep) => {
      const next = built.stages.flatMap(({ state }) => state.map((update) => update.next));
      const names = topologicalOrder(simplify(next)).flatMap((tensor) =>
        tensor.kind === "computed" && tensor.scope === "discriminator/down2" ? [tensor.operation.name] : [],
      );
      return ["conv2d", "convTranspose2d"].map((wanted) => names.filter((name) => name === wanted).length);
    };
    // Real and generated pictures; the alternating generator has its pictures judged again.
    expect(passes(step)).toEqual([2, 2]);
    expect(passes(alternating)).toEqual([3, 3]);
  });
});
