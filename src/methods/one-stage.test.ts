import { describe, expect, it } from "vitest";
import { evaluate, gradients, input, simplify, type Tensor, topologicalOrder } from "../graph/index.ts";
import { type AdversarialLossName, adversarialLosses, type Network, sgd } from "../nn/index.ts";
import { viewOf } from "./gan/view.ts";
import { type GanOptions, gan } from "./gan.ts";
import { normalisedImages } from "./step-builder.ts";
import { dcgan16, drawnImages, expectClose, feedsOf, images16 } from "./testing/small-gans.ts";
import { buildTrainingStep, type TrainingStep } from "./training-step.ts";

const descent = { optimizer: sgd({ learningRate: 1 }) };
const usual: GanOptions = { ...dcgan16, updates: "one-stage", generator: descent, discriminator: descent };
const images = drawnImages(4, images16);

interface Slope {
  readonly name: string;
  readonly slope: Tensor;
}

/** The gradients of each player's adversarial loss by themselves, each from a backward pass of its own. */
function separateGradients(options: GanOptions): Readonly<Record<"generator" | "discriminator", readonly Slope[]>> {
  const { networks } = gan(options);
  const losses = adversarialLosses[options.loss];
  const play = (name: keyof typeof networks) => (x: Parameters<Network["apply"]>[0]) =>
    networks[name].apply(x, networks[name].bindings(), "training").output;
  const view = viewOf(options, {
    noise: (name, shape) => input(`noise/${name}`, shape),
    uniform: (name, shape) => input(`uniform/${name}`, shape),
    scalar: (name) => input(`scalar/${name}`, []),
    memory: (name, shape) => input(`memory/${name}`, shape),
  });
  const generated = play("generator")(input("noise/latent", [4, 8]));
  const real = normalisedImages(input("images", [4, 3, 16, 16], "uint8"));
  const onReal = play("discriminator")(view(real, "real"));
  const onGenerated = play("discriminator")(view(generated, "generated"));
  const slopesOf = (name: keyof typeof networks, loss: Tensor): readonly Slope[] => {
    const parameters = networks[name].variables.filter(({ role }) => role === "parameter").map((one) => one.input);
    const slopes = gradients(loss, parameters);
    return parameters.map((parameter, index) => ({ name: parameter.name, slope: slopes[index] ?? loss }));
  };
  return {
    discriminator: [losses.ifReal(onReal), losses.ifGenerated(onGenerated)].flatMap((loss) =>
      slopesOf("discriminator", loss),
    ),
    generator: slopesOf("generator", losses.generator(onGenerated)),
  };
}

/** Expects that a step of descent at rate 1 moves the parameters by these gradients. */
function expectMoved(step: TrainingStep, separate: readonly Slope[], seed: number, number: number) {
  const initial = step.initialState(seed);
  const numbers = { images, ...feedsOf(step, seed, number), ...Object.fromEntries(initial) };
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

describe("a one-stage step", () => {
  const losses: readonly AdversarialLossName[] = ["nonSaturating", "minimax", "leastSquares", "wasserstein"];

  it.each(losses)("moves both players by the two separate gradients at the same point (%s)", (loss) => {
    const options = { ...usual, loss };
    const step = buildTrainingStep(gan(options), { format: images16, batch: 4 });
    const { discriminator, generator } = separateGradients(options);
    // Seeds decide the point: at both, each player is far from its optimum, on different sides of real and generated.
    for (const seed of [3, 4]) expectMoved(step, [...discriminator, ...generator], seed, 0);
  });

  it.each(losses)(
    "moves the generator by its adversarial loss alone, through what changes the pictures (%s)",
    (loss) => {
      const options: GanOptions = {
        ...usual,
        loss,
        augmentation: "diffaugment",
        transforms: ["translation", "brightness", "contrast"],
        instanceNoise: 0.3,
        instanceNoiseSteps: 9000,
        lecam: 5,
        gradientPenalty: 10,
        r1: 3,
        r1Every: 1,
      };
      const step = buildTrainingStep(gan(options), { format: images16, batch: 4 });
      // A step with LeCam.
      expectMoved(step, separateGradients(options).generator, 3, 1001);
    },
  );

  it("passes every picture through the discriminator once, forward and back", () => {
    const step = buildTrainingStep(gan(usual), { format: images16, batch: 4 });
    const alternating = buildTrainingStep(gan({ ...usual, updates: "alternating" }), { format: images16, batch: 4 });
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
    // What changes the pictures adds no pass.
    const changed: GanOptions = { ...usual, augmentation: "ada", transforms: ["brightness"], instanceNoise: 1 };
    expect(passes(buildTrainingStep(gan(changed), { format: images16, batch: 4 }))).toEqual([2, 2]);
  });

  it("is refused for a loss whose slopes have no ratio", () => {
    expect(() => buildTrainingStep(gan({ ...usual, loss: "hinge" }), { format: images16, batch: 4 })).toThrow("hinge");
  });
});
