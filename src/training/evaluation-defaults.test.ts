import { describe, expect, it } from "vitest";
import { type ImageSource, openSource } from "../data/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { type PartialConfig, partialConfigSchema } from "./config.ts";
import { planTraining } from "./defaults.ts";
import { chosenEvaluation, slowEvaluation } from "./evaluation-defaults.ts";
import { parseConfig } from "./parse-config.ts";
import { assertTogether } from "./rules.ts";

const flowers = await openSource("sample:flowers");
const plan = (given: PartialConfig, source: ImageSource = flowers) =>
  planTraining({ size: 32, channels: 3, ...given }, source);
const evaluationOf = async (given: PartialConfig, source?: ImageSource) =>
  (await plan(given, source)).config.evaluation;

const parsing = (given: PartialConfig) => () => parseConfig(partialConfigSchema, given, (key) => key);

/** What a wrong configuration is answered with. */
async function refusal(given: PartialConfig) {
  const thrown: unknown = await plan(given).catch((cause: unknown) => cause);
  return thrown instanceof AtelierError ? thrown.details : thrown;
}

describe("scores during training", () => {
  it("come at checkpoints, and the reason says that they take little time", async () => {
    const { config, reasons } = await plan({});
    const { every, images, metrics, best } = config.evaluation;
    expect(every).toBeGreaterThan(0);
    expect(every % config.checkpointEvery).toBe(0);
    expect([images, metrics, best]).toEqual([1000, ["kid", "precision", "recall", "own-classifier-error"], "kid"]);
    for (const key of ["every", "images", "metrics", "best"]) expect(reasons[`evaluation.${key}`], key).toBeTruthy();
    expect(reasons["evaluation.every"]).toContain("5 %");
  });

  it("are rarer, or of fewer pictures, where steps cost little", async () => {
    const work = async (given: PartialConfig) => {
      const { every, images } = await evaluationOf(given);
      return every === 0 ? 0 : images * Math.ceil(1800 / every);
    };
    const [large, small, cheap] = await Promise.all([
      work({}),
      work({ width: 16 }),
      work({ architecture: "mlp", width: 32, classes: 0 }),
    ]);
    expect(small).toBeLessThan(large ?? 0);
    expect(cheap).toBeLessThan(small ?? 0);
  });

  it("are left out of a run that is too short for them, or has too few images", async () => {
    expect(await evaluationOf({ steps: 2 })).toMatchObject({ every: 0 });
    // A score of the last step alone is better than none, and some of few pictures better than one of many.
    const last = await evaluationOf({ width: 16, steps: 100 });
    expect([last.every, last.images]).toEqual([100, 100]);
    const some = await evaluationOf({ width: 16, steps: 500 });
    expect(some.images).toBe(250);
    expect(some.every).toBeGreaterThan(0);
    expect(some.every).toBeLessThan(500);
    const few = { ...flowers, records: flowers.records.slice(0, 50) };
    const { config, reasons } = await plan({}, few);
    expect(config.evaluation.every).toBe(0);
    expect(reasons["evaluation.every"]).toBe("scores take 50 training images, and there are 45: add more");
  });

  it("come much more rarely where a user's network looks at the pictures", async () => {
    const own = await evaluationOf({ steps: 100_000 });
    const network = await evaluationOf({ steps: 100_000, evaluation: { features: "inception.onnx" } });
    expect(network.every).toBeGreaterThan(own.every);
    expect(network.features).toBe("inception.onnx");
  });

  it("are those that are asked for, and the first of them decides where KID is not among them", async () => {
    const evaluation = { every: 7, images: 99, metrics: ["recall", "fid"] } as const;
    const given = { ...evaluation, metrics: [...evaluation.metrics] };
    expect(await evaluationOf({ evaluation: given })).toEqual({ ...given, best: "recall", patience: 0 });
    expect(await evaluationOf({ evaluation: { every: 0 } })).toMatchObject({ every: 0 });
  });

  it("may end the run early, where there are scores", async () => {
    expect(await evaluationOf({})).toMatchObject({ patience: 0 });
    expect(await evaluationOf({ evaluation: { patience: 5 } })).toMatchObject({ patience: 5 });
    expect(await refusal({ evaluation: { patience: 5, every: 0 } })).toMatchObject({
      kind: "usage",
      where: "evaluation.patience",
      expected: "a run that is scored while it learns",
    });
    expect(parsing({ evaluation: { patience: -1 } })).toThrow("evaluation.patience: expected a number of at least 0");
  });

  it("are each asked for once", async () => {
    const twice = parsing({ evaluation: { metrics: ["kid", "fid", "kid"] } });
    expect(twice).toThrow('evaluation.metrics: expected every score once, received ["kid","fid","kid"]');
    expect(parsing({ evaluation: { metrics: ["kid", "fid"] } })).not.toThrow();
  });

  it("must hold the one that decides", async () => {
    expect(await refusal({ evaluation: { best: "coverage" } })).toMatchObject({
      where: "evaluation.best",
      expected: "one of evaluation.metrics: kid, precision, recall, own-classifier-error",
      received: "coverage",
    });
    const { config } = await plan({});
    expect(() => assertTogether({ ...config, evaluation: { ...config.evaluation, best: "fid" } })).toThrow(
      'add "fid" to evaluation.metrics',
    );
  });

  it("are of the classifier where there is one, and labels to judge it by", async () => {
    const { evaluation: _, ...training } = (await plan({ model: "feature-matching" })).config;
    const usual = <T>(__: string, given: T | undefined, fallback: T) => given ?? fallback;
    const chosen = (heldOutLabels?: number) => chosenEvaluation({}, training, 2000, usual, heldOutLabels);
    expect(chosen(50)).toMatchObject({ best: "own-classifier-error" });
    // Too few to tell one step from another.
    expect(chosen(49)).toMatchObject({ metrics: expect.arrayContaining(["own-classifier-error"]), best: "kid" });
    expect(chosen(0)).toMatchObject({ metrics: ["kid", "precision", "recall"], best: "kid" });
    const metrics = ["own-classifier-error" as const];
    expect(() => chosenEvaluation({ metrics }, training, 2000, usual, 0)).toThrow("without labels to measure it by");
    expect(await evaluationOf({ classes: 0 })).toMatchObject({ metrics: ["kid", "precision", "recall"] });
    expect(await refusal({ classes: 0, evaluation: { metrics } })).toMatchObject({
      where: "evaluation.metrics",
      expected: "no own-classifier-error without a classifier",
    });
  });

  it("that take longer than they should name the knob, unless the user chose how often they come", async () => {
    const chosen = await plan({});
    expect(slowEvaluation(chosen, 4, 1000)).toBeUndefined();
    expect(slowEvaluation(chosen, 40, 1000)).toBeUndefined();
    // Too short to be noticed.
    expect(slowEvaluation(chosen, 4, 10)).toBeUndefined();
    const { text, help } = slowEvaluation(chosen, 60, 1000) ?? {};
    expect(text).toContain("6 % of the training's time");
    expect(help).toContain(`--set evaluation.every=${2 * chosen.config.evaluation.every}`);
    expect(slowEvaluation(await plan({ evaluation: { every: 5 } }), 60, 1000)).toBeUndefined();
  });
});
