import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { type Fitting, type ImageSource, openSource } from "../data/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { buildTrainingStep, formatOf, methodOf } from "../methods/index.ts";
import { scheduleOf } from "../nn/index.ts";
import { deviceNames } from "../runtime/index.ts";
import { type Config, configSchema, type PartialConfig, partialConfigSchema } from "./config.ts";
import { fitToData, planTraining } from "./defaults.ts";
import { mergeConfigs, parseConfig } from "./parse-config.ts";
import { fittingOf } from "./preparation.ts";
import { openRun } from "./run-folder.ts";
import { assertResumable } from "./same-run.ts";

const folder = await mkdtemp(join(tmpdir(), "atelier-config-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const flowers = await openSource("sample:flowers");
/** So many of the sample's images. */
const some = (count: number): ImageSource => ({ ...flowers, records: flowers.records.slice(0, count) });
/** A plan that leaves the sample's labels out, where none are asked for. */
const plan = (given: PartialConfig, source = flowers) =>
  planTraining({ size: 16, channels: 3, heldOut: 0, classes: 0, ...given }, source);
const configOf = async (given: PartialConfig) => (await plan(given)).config;
const check = (value: unknown) => parseConfig(partialConfigSchema, value, (key) => key);

/** What a wrong configuration is answered with. */
async function refusal(given: PartialConfig, source = flowers) {
  const thrown: unknown = await plan(given, source).catch((cause: unknown) => cause);
  return thrown instanceof AtelierError ? thrown.details : thrown;
}

describe("a plan", () => {
  it("is a whole configuration, and gives a reason for every value that was not given", async () => {
    const { config, reasons } = await plan({});
    expect(parseConfig(configSchema, JSON.parse(JSON.stringify(config)), (key) => key)).toEqual(config);
    expect(config).toMatchObject({
      optimizer: { name: "adam" },
      schedule: { shape: "constant", warmup: 0 },
      clipNorm: 0,
      microBatches: 1,
      gan: { discriminatorNorm: "batch", updates: "alternating" },
      tuning: "rules",
      device: "cpu",
    });
    for (const key of [
      "optimizer.name",
      "schedule.warmup",
      "clipNorm",
      "microBatches",
      "gan.discriminatorNorm",
      "tuning",
    ]) {
      expect(reasons[key], key).toBeTruthy();
    }
  });

  it("is its own plan when it is given again", async () => {
    for (const given of [
      { optimizer: { name: "nesterov" }, schedule: { shape: "step" } },
      { optimizer: { name: "adamw" }, threads: 1, architecture: "mlp" },
    ] satisfies PartialConfig[]) {
      const config = await configOf(given);
      expect(await plan(config)).toEqual({ config, reasons: {} });
    }
  });
});

describe("the size", () => {
  it.each([
    [64, { width: 64, height: 64 }],
    ["64x96", { width: 64, height: 96 }],
    ["16x16", { width: 16, height: 16 }],
  ])("%s is a width and a height", async (size, sides) => {
    expect(formatOf(await configOf({ size }))).toEqual({ ...sides, channels: 3 });
  });

  it.each(["64x", "x64", "64 x 96", "0x16", "wide", "64x96x3"])("%o is refused", (size) => {
    expect(() => check({ size })).toThrow(
      "size: expected pixels, such as 64, or 64x96 for 64 wide and 96 high, received",
    );
  });

  it("that the networks cannot make names the nearest one", async () => {
    expect(await refusal({ size: "61x103" })).toMatchObject({ where: "--size", help: "use --size 60x104" });
    expect(await refusal({ size: "16x2000", architecture: "mlp" })).toMatchObject({ help: "use --size 16x128" });
  });
});

describe("the fit", () => {
  it.each([
    [{}, { fit: "cover", crop: "centre", filter: "lanczos3" }],
    [{ crop: "attention" }, { fit: "cover", crop: "attention", filter: "lanczos3" }],
    [{ fit: "contain" }, { fit: "contain", pad: "edge", filter: "lanczos3" }],
    [
      { fit: "contain", pad: "#ff0080", filter: "nearest" },
      { fit: "contain", pad: "#ff0080", filter: "nearest" },
    ],
    [{ fit: "stretch" }, { fit: "stretch", filter: "lanczos3" }],
  ] satisfies [PartialConfig, Fitting][])("%o has what it uses and no more", async (given, fitting) => {
    const config = await configOf(given);
    expect(fittingOf(config)).toEqual(fitting);
    expect(await plan(config)).toEqual({ config, reasons: {} });
  });

  it("refuses what it does not use", async () => {
    expect(await refusal({ fit: "contain", crop: "attention" })).toMatchObject({
      where: "--crop",
      received: "contain",
    });
    expect(await refusal({ pad: "edge" })).toMatchObject({
      where: "--pad",
      help: "set --fit to contain, or leave --pad out",
    });
    expect(() => check({ pad: "white" })).toThrow(
      'pad: expected edge, reflect or a colour such as #ffffff, received "white"',
    );
  });
});

describe("threads", () => {
  it("are not more than the engine can start", () => {
    expect(() => check({ threads: 100_000 })).toThrow("threads: expected a number of at most 1024, received 100000");
  });
});

describe("the optimiser's keys", () => {
  it.each([
    [{ name: "sgd" }, { name: "sgd", momentum: 0.9 }, 0.01],
    [{ name: "nesterov", momentum: 0.5 }, { name: "nesterov", momentum: 0.5 }, 0.01],
    [{ name: "rmsprop" }, { name: "rmsprop", momentum: 0 }, 2e-4],
    [{ name: "adamw" }, { name: "adamw", weightDecay: 0.01 }, 2e-4],
  ] as const)("%o: what it uses, and its usual rate", async (optimizer, expected, rate) => {
    const config = await configOf({ optimizer });
    expect(config.optimizer).toEqual(expected);
    expect(config.learningRate).toEqual({ generator: rate, discriminator: rate });
  });

  it("are refused where the optimiser does not use them", async () => {
    expect(await refusal({ optimizer: { weightDecay: 0.1 } })).toMatchObject({
      kind: "usage",
      where: "optimizer.weightDecay",
      expected: "adamw as optimizer.name",
      received: "adam",
      help: "set optimizer.name to adamw, or leave optimizer.weightDecay out",
    });
    expect(await refusal({ optimizer: { name: "adamw", momentum: 0.9 } })).toMatchObject({
      where: "optimizer.momentum",
      expected: "one of sgd, nesterov, rmsprop as optimizer.name",
    });
  });

  it("are checked for their range, and found when they are misspelt", () => {
    expect(() => check({ optimizer: { momentum: 1 } })).toThrow("optimizer.momentum: expected a number below 1");
    expect(() => check({ optimizer: { weightDecay: -1 } })).toThrow("expected a number of at least 0");
    expect(() => check({ optimizer: { name: "adm" } })).toThrow("expected one of adam, adamw, sgd, nesterov, rmsprop");
    expect(() => check({ optimizer: { momentom: 0.9 } })).toThrow('did you mean "optimizer.momentum"?');
    expect(() => check({ optimizer: "sgd" })).toThrow("optimizer: expected optimizer.name");
  });

  it("are merged key by key; later ones win", () => {
    const layers: PartialConfig[] = [
      { optimizer: { name: "sgd", momentum: 0.5 }, schedule: { warmup: 3 } },
      { optimizer: { momentum: 0.8 }, schedule: { shape: "cosine" }, steps: 7 },
    ];
    expect(mergeConfigs(layers)).toEqual({
      optimizer: { name: "sgd", momentum: 0.8 },
      schedule: { warmup: 3, shape: "cosine" },
      steps: 7,
    });
  });
});

describe("the schedule's keys", () => {
  it("are filled in for the shape that uses them", async () => {
    expect((await configOf({ steps: 310, schedule: { shape: "step", warmup: 10 } })).schedule).toEqual({
      shape: "step",
      warmup: 10,
      factor: 0.5,
      every: 100,
    });
    expect(await refusal({ schedule: { shape: "cosine", every: 10 } })).toMatchObject({
      where: "schedule.every",
      help: "set schedule.shape to step, or leave schedule.every out",
    });
    expect(() => check({ schedule: { factor: 2 } })).toThrow("schedule.factor: expected a number of at most 1");
  });

  it("leave steps after the warm-up", async () => {
    expect(await refusal({ steps: 100, schedule: { warmup: 100 } })).toMatchObject({
      where: "schedule.warmup",
      expected: "fewer than the 100 steps of the run",
      help: "use 10, a tenth of the steps",
    });
  });

  it("may differ for one network, which inherits the rest", async () => {
    const { schedule } = await configOf({
      steps: 100,
      schedule: { shape: "cosine", warmup: 4, discriminator: { shape: "step", warmup: 10 } },
    });
    expect(schedule).toEqual({
      shape: "cosine",
      warmup: 4,
      discriminator: { shape: "step", warmup: 10, factor: 0.5, every: 30 },
    });
    const config = await configOf({ steps: 100, schedule });
    expect(await plan(config)).toEqual({ config, reasons: {} });
  });

  it("reach the optimiser of each network", async () => {
    const steps = 40;
    const own = { generator: { shape: "linear" }, discriminator: { warmup: 8 } } as const;
    const [scheduled, constant] = [await configOf({ steps, schedule: own }), await configOf({ steps })];
    const sizeOf = (config: Config, network: string, step: number) => {
      const { scalars } = buildTrainingStep(methodOf(config), { format: formatOf(config), batch: config.batch });
      const named = scalars.find(({ input: { name } }) => name.startsWith(network) && name.endsWith("/stepSize"));
      return named?.value(step, 0) ?? Number.NaN;
    };
    const factor = (network: string, step: number) =>
      sizeOf(scheduled, network, step) / sizeOf(constant, network, step);
    for (const step of [0, 3, 7, 8, 20, 39]) {
      expect(factor("generator", step)).toBeCloseTo(1 - step / steps, 12);
      expect(factor("discriminator", step)).toBeCloseTo(Math.min(1, (step + 1) / 8), 12);
    }
  });

  it.each([
    [{ schedule: { discriminator: { warmup: 100 } } }, "schedule.discriminator.warmup", "fewer than the 100 steps"],
    [{ schedule: { generator: { factor: 0.5 } } }, "schedule.generator.factor", "step as schedule.generator.shape"],
    [{ schedule: { encoder: { warmup: 5 } } }, "schedule.encoder", "one of the networks of model gan"],
  ] satisfies [PartialConfig, string, string][])("%o is refused", async (given, where, expected) => {
    const thrown = await refusal({ steps: 100, ...given });
    expect(thrown).toMatchObject({ kind: "usage", where, expected: expect.stringContaining(expected) });
  });

  it("are checked for single networks as for all", () => {
    expect(() => check({ schedule: { generator: { shape: "cosin" } } })).toThrow("did you mean cosine?");
    expect(() => check({ schedule: { generator: { shap: "cosine" } } })).toThrow(
      'did you mean "schedule.generator.shape"?',
    );
  });

  it("make a schedule of finite factors, whatever they are", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("constant", "linear", "cosine", "step"),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(39),
        async (shape, steps, warmup) => {
          fc.pre(warmup < steps);
          const config = await configOf({ steps, schedule: { shape, warmup } });
          // A run may be resumed with fewer steps than it was planned with, or more.
          for (const length of [steps, 1, warmup, 2 * steps]) {
            const schedule = scheduleOf(config.schedule, length);
            for (let step = 0; step < length; step++) expect(schedule(step) >= 0 && schedule(step) <= 1).toBe(true);
          }
        },
      ),
      { seed: 5, numRuns: 40 },
    );
  });
});

describe("microBatches", () => {
  it.each([
    [64, 6, "use 4 or 8"],
    [64, 64, "use 32"],
    [10, 3, "use 2 or 5"],
    [7, 7, "use 1"],
  ])("of a batch of %i: %i is refused with the nearest that divide it", async (batch, microBatches, help) => {
    expect(await refusal({ batch, microBatches })).toMatchObject({ kind: "usage", where: "microBatches", help });
  });

  it("bend the batch that is chosen for the user, also when it shrinks with the data", async () => {
    const planned = await plan({ microBatches: 6 });
    expect(planned.config.batch).toBe(60);
    const { config, reasons } = fitToData(planned, { images: 50, classes: 0, broken: 3 });
    expect([config.batch, config.averageHalfLife]).toEqual([24, (10_000 * 24) / 32]);
    expect(reasons["batch"]).toContain("50 images");
    expect(() => fitToData(planned, { images: 8, classes: 0, broken: 0 })).toThrow(
      "microBatches: expected a number that divides the batch of 4",
    );
  });

  it("are held against small data", async () => {
    expect(await refusal({ microBatches: 8 }, some(10))).toMatchObject({ where: "microBatches", help: "use 1" });
    expect(await refusal({ microBatches: 1, batch: 11 }, some(10))).toMatchObject({ where: "--batch" });
  });
});

describe("discriminatorNorm", () => {
  it("is the architecture's usual one, and without batch statistics for one-stage updates", async () => {
    const normOf = async (given: PartialConfig) => {
      const config = await configOf(given);
      return config.model === "gan" && config.gan.discriminatorNorm;
    };
    expect(await normOf({ architecture: "mlp" })).toBe("none");
    expect(await normOf({ gan: { updates: "one-stage" } })).toBe("spectral");
    expect(await normOf({ gan: { updates: "one-stage" }, architecture: "mlp" })).toBe("none");
  });

  it("is refused where the updates or the architecture cannot have it", async () => {
    expect(await refusal({ gan: { updates: "one-stage", discriminatorNorm: "batch" } })).toMatchObject({
      kind: "usage",
      where: "gan.discriminatorNorm",
      expected: "one that dcgan with one-stage updates can have: spectral, instance, layer, none",
      received: "batch",
      help: "use spectral, or alternating updates",
    });
    expect(await refusal({ architecture: "mlp", gan: { discriminatorNorm: "layer" } })).toMatchObject({
      expected: "one that mlp can have: none, spectral",
      help: "use none",
    });
  });
});

describe("classes", () => {
  const small = { size: 16, channels: 3, heldOut: 0 } as const;
  const partly = { ...small, labelsPerClass: 5 };

  it("are learned of labelled data, also where few images have a label, and the plan says so", async () => {
    const { config, reasons } = await planTraining(partly, flowers);
    expect(config).toMatchObject({ classes: 4, classifier: { batch: 16, threshold: 0.95 } });
    expect(Object.keys(config.learningRate)).toContain("classifier");
    expect(reasons["classes"]).toContain("20 of 2400 training images have a label, 5 of each class");
    expect(reasons["model"]).toContain("docs/labels.md");
    expect(await planTraining(config, flowers)).toEqual({ config, reasons: {} });
  });

  it("are learned from certain answers where images have no label, and from labels alone where all have one", async () => {
    const answersOf = async (given: PartialConfig) =>
      (await planTraining(given, flowers)).config.classifier?.pseudoLabels;
    expect(await answersOf(partly)).toBeGreaterThan(0);
    expect(await answersOf(small)).toBe(0);
  });

  it.each([
    ["adam", 1e-3],
    ["adamw", 1e-3],
    ["sgd", 0.01],
  ] as const)("are learned by %s at a rate of their own, %f, as no adversary moves the goal", async (name, rate) => {
    const { config } = await planTraining({ ...partly, optimizer: { name } }, flowers);
    expect(config.learningRate.classifier).toBe(rate);
  });

  it("may be left out, and then nothing of them is in the plan", async () => {
    const { config, reasons } = await planTraining({ ...small, classes: 0 }, flowers);
    expect([config.classes, config.classifier]).toEqual([0, undefined]);
    expect(Object.keys(config.learningRate)).toEqual(["generator", "discriminator"]);
    expect(Object.keys(reasons).filter((key) => key.startsWith("class"))).toEqual([]);
    expect(await refusal({ classes: 0, classifier: { threshold: 0.9 } })).toMatchObject({
      where: "classifier.threshold",
    });
    expect(await refusal({ classes: 3 })).toMatchObject({ where: "classes", help: "set classes to 4" });
  });

  it("are refused where labels are no classes, with the place that the labels are from", async () => {
    const records = flowers.records.map((record, index) => ({ ...record, label: `a flower, no. ${index}` }));
    const source: ImageSource = { ...flowers, records };
    expect(await refusal({ classes: undefined }, source)).toMatchObject({
      kind: "data",
      where: "sample:flowers",
      received: expect.stringContaining("2400 labels of one image each"),
    });
    expect(await refusal({ classes: undefined, labels: "x.csv" }, source)).toMatchObject({ where: "x.csv" });
    expect((await plan({}, source)).config.classes).toBe(0);
  });

  it("are as many as have images that can be read, at least two", async () => {
    const planned = await planTraining(partly, flowers);
    const { config, reasons } = fitToData(planned, { images: 1900, classes: 3, broken: 500 });
    expect([config.classes, reasons["classes"]]).toEqual([
      3,
      "those with labelled training images that can be read; 4 if all images could",
    ]);
    expect(fitToData(planned, { images: 2300, classes: 4, broken: 100 })).toEqual(planned);
    for (const classes of [0, 1]) {
      expect(() => fitToData(planned, { images: 1900, classes, broken: 500 })).toThrow(
        `sample:flowers: expected labelled images of two classes or more that can be read, received ${classes} of the 4 classes`,
      );
    }
    expect(fitToData(await plan({}), { images: 1900, classes: 1, broken: 500 }).config.classes).toBe(0);
  });

  it("have a labelled batch that shrinks with the other, unless it was given", async () => {
    const shrunk = async (given: PartialConfig) =>
      fitToData(await planTraining({ ...partly, ...given }, flowers), { images: 50, classes: 4, broken: 9 }).config;
    expect(await shrunk({})).toMatchObject({ batch: 25, classifier: { batch: 7 } });
    expect(await shrunk({ labelsPerClass: undefined })).toMatchObject({ batch: 25, classifier: { batch: 25 } });
    expect(await shrunk({ classifier: { batch: 40 } })).toMatchObject({ batch: 25, classifier: { batch: 40 } });
  });

  it("have a labelled batch that is worked through in parts, too", async () => {
    expect(await refusal({ classes: undefined, microBatches: 4, classifier: { batch: 10 } })).toMatchObject({
      where: "classifier.batch",
      expected: "a multiple of the 4 microBatches",
      help: "use 8 or 12",
    });
    expect(await refusal({ classes: undefined, microBatches: 4, classifier: { batch: 3 } })).toMatchObject({
      help: "use 4",
    });
  });

  it("cannot be changed when a run is resumed", async () => {
    const { config } = await planTraining(partly, flowers);
    assertResumable("run", config, { classes: 4, classifier: { threshold: 0.95 } });
    expect(() => assertResumable("run", config, { classes: 0 })).toThrow(
      "expected the run's own classes, 4, received 0",
    );
    expect(() => assertResumable("run", config, { classifier: { threshold: 0.9 } })).toThrow(
      "classifier.threshold, 0.95",
    );
    expect(() => assertResumable("run", config, { labelsPerClass: 6 })).toThrow("labelsPerClass, 5");
  });
});

describe("the device auto", () => {
  it("is resolved to a device, with the reason", async () => {
    const { config, reasons } = await plan({ device: "auto" });
    expect(deviceNames).toContain(config.device);
    expect(reasons["device"]).toBeTruthy();
  });
});

describe("a resumed run", () => {
  it("may have other threads and its own device, and no other optimiser or scores", async () => {
    const stored = await configOf({});
    assertResumable("run", stored, { threads: 1, device: "auto", steps: 5, optimizer: { name: "adam" } });
    assertResumable("run", stored, { evaluation: { metrics: [...stored.evaluation.metrics] } });
    expect(() => assertResumable("run", stored, { evaluation: { metrics: ["fid"] } })).toThrow(
      'expected the run\'s own evaluation.metrics, ["kid","precision","recall"], received ["fid"]',
    );
    expect(() => assertResumable("run", stored, { optimizer: { name: "sgd" } })).toThrow(
      'expected the run\'s own optimizer.name, "adam", received "sgd"',
    );
    expect(() => assertResumable("run", stored, { optimizer: { momentum: 0.9 } })).toThrow(
      "expected the run's own optimizer.momentum, none, received 0.9",
    );
  });

  it("must have every key in its config.json", async () => {
    const { optimizer: _, ...config } = await configOf({});
    await writeFile(join(folder, "config.json"), JSON.stringify({ config, reasons: {} }));
    await expect(openRun(folder)).rejects.toThrow(
      /config\.optimizer: expected .*optimizer\.name.*, received nothing\nhelp: .*another version/,
    );
  });

  it.each([
    [{ microBatches: 7 }, "microBatches: expected a number that divides the batch of 64"],
    [{ size: 17 }, "--size: expected a multiple of 4"],
    [{ architecture: "mlp" }, "gan.discriminatorNorm: expected one that mlp can have"],
  ])("must have keys in its config.json that go together: %o", async (edit, text) => {
    const config = { ...(await configOf({})), ...edit };
    await writeFile(join(folder, "config.json"), JSON.stringify({ config, reasons: {} }));
    await expect(openRun(folder)).rejects.toThrow(`${join(folder, "config.json")}: ${text}`);
    await expect(openRun(folder)).rejects.toThrow("help: the file was edited");
  });
});
