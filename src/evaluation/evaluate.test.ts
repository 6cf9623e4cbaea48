import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Dataset, type ImageSet, type Split, usualFitting } from "../data/index.ts";
import { drawnFlowers } from "../data/testing/drawn-flowers.ts";
import { evaluate } from "./evaluate.ts";
import type { MetricName } from "./metric-names.ts";
import type { ScoreCard } from "./score-card.ts";
import { scoreCardSchema } from "./score-card.ts";
import type { EvaluateOptions } from "./subject.ts";
import { blurred, imagesFrom, mirrored, noised, upTo, withUnseen } from "./testing/fake-generators.ts";

const format = { height: 24, width: 24, channels: 3 } as const;
const cacheFolder = await mkdtemp(join(tmpdir(), "atelier-evaluate-"));

let reference: Dataset;
let unseen: Split;
/** What each generator gets, by its name. */
const cards = new Map<string, ScoreCard>();

const distances = ["fid", "kid", "precision", "recall", "density", "coverage"] as const;

function optionsFor(images: ImageSet, more: Partial<EvaluateOptions> = {}): EvaluateOptions {
  return {
    subject: { kind: "images", place: "generated", sha256: "0", images, classNames: [], compressed: false },
    reference: { dataset: reference, place: "sample:flowers", fitting: usualFitting, trained: true, compressed: false },
    intervals: false,
    cacheFolder,
    ...more,
  };
}

async function cardOf(images: ImageSet, metrics: readonly MetricName[], more: Partial<EvaluateOptions> = {}) {
  return (await evaluate(optionsFor(images, { metrics, ...more }))).card;
}

/** The value of a score, against training images only where that is asked for. */
function valueOf(card: ScoreCard | undefined, wanted: MetricName, against?: "train"): number {
  const isWanted = (split: string | undefined) => (against === "train") === (split === "train");
  return card?.scores.find(({ metric, reference: split }) => metric === wanted && isWanted(split))?.value ?? Number.NaN;
}

const score = (generator: string, metric: MetricName) => valueOf(cards.get(generator), metric);

beforeAll(async () => {
  ({ reference, unseen } = withUnseen(await drawnFlowers(format, { train: 500, heldOut: 1008 })));
  const all = upTo(unseen.count);
  const ofOneClass = all.filter((row) => unseen.labels[row] === 0);
  const generators = {
    perfect: imagesFrom(unseen, format, all),
    blurred: imagesFrom(unseen, format, all, blurred(format, 1)),
    blurredMore: imagesFrom(unseen, format, all, blurred(format, 2)),
    noisy: imagesFrom(unseen, format, all, noised(25)),
    collapsed: imagesFrom(
      unseen,
      format,
      all.map((row) => row % 4),
      noised(2),
    ),
    oneClass: imagesFrom(
      unseen,
      format,
      all.map((row) => ofOneClass[row % ofOneClass.length] ?? 0),
    ),
  };
  for (const [name, images] of Object.entries(generators)) cards.set(name, await cardOf(images, distances));
}, 120_000);

afterAll(async () => {
  await rm(cacheFolder, { recursive: true });
});

describe("a table of broken generators", () => {
  it("finds unseen real images as good as real", () => {
    expect(score("perfect", "kid")).toBeLessThan(0.1 * score("blurred", "kid"));
    expect(score("perfect", "precision")).toBeGreaterThan(0.6);
    expect(score("perfect", "recall")).toBeGreaterThan(0.6);
    expect(score("perfect", "density")).toBeGreaterThan(0.85);
    expect(score("perfect", "coverage")).toBeGreaterThan(0.85);
  });

  it.each(["fid", "kid"] as const)("%s grows with every fault, and with its strength", (metric) => {
    for (const fault of ["blurred", "noisy", "collapsed", "oneClass"]) {
      expect(score(fault, metric), fault).toBeGreaterThan(2 * Math.max(0, score("perfect", metric)));
    }
    expect(score("blurredMore", metric)).toBeGreaterThan(score("blurred", metric));
  });

  it("precision falls where pictures are not like real ones, and not where they are few", () => {
    expect(score("blurredMore", "precision")).toBeLessThan(0.5 * score("perfect", "precision"));
    expect(score("noisy", "precision")).toBeLessThan(0.8 * score("perfect", "precision"));
    expect(score("oneClass", "precision")).toBeGreaterThan(0.8 * score("perfect", "precision"));
  });

  it("recall and coverage fall where pictures are missing", () => {
    for (const metric of ["recall", "coverage"] as const) {
      expect(score("collapsed", metric), metric).toBeLessThan(0.2 * score("perfect", metric));
      expect(score("oneClass", metric), metric).toBeLessThan(0.8 * score("perfect", metric));
    }
  });

  it("gives the same card for the same seed", async () => {
    const again = await cardOf(imagesFrom(unseen, format, upTo(unseen.count)), distances);
    expect(again.scores).toEqual(cards.get("perfect")?.scores);
  });
});

describe("the copy check of a score card", () => {
  const copiesOf = async (images: ImageSet) => await cardOf(images, ["copies", "authentic", "copying-z", "duplicates"]);
  const some = upTo(60);

  it("names the training image that a copy is of, mirrored here, and is quiet about unseen images", async () => {
    const { copying, scores } = await copiesOf(imagesFrom(reference.train, format, some, mirrored(format)));
    expect(copying?.alarm).toBe(true);
    expect(scores.find(({ metric }) => metric === "copies")?.value).toBeGreaterThan(0.9);
    const [suspect] = copying?.suspects ?? [];
    expect(suspect?.training).toBe(reference.train.names[suspect?.generated ?? -1]);
    expect((await copiesOf(imagesFrom(unseen, format, some))).copying?.alarm).toBe(false);
  });

  it("shows that copies win against training images and not against held-out ones", async () => {
    const card = await cardOf(imagesFrom(reference.train, format, upTo(unseen.count)), ["fid"]);
    expect(valueOf(card, "fid", "train")).toBeLessThan(0.9 * valueOf(card, "fid"));
    const [trained] = card.scores.filter(({ reference: split }) => split === "train");
    expect(trained?.unsafe.join()).toContain("a generator that copies them wins");
  });
});

describe("scores by class", () => {
  it("mark the FID within a class when much of it is bias", async () => {
    const labels = (count: number) => new Int32Array(count);
    const images = { ...imagesFrom(unseen, format, upTo(unseen.count)), labels: labels(unseen.count) };
    const base = optionsFor(images);
    const classNames = ["all", "none"];
    const heldOut = { ...reference.heldOut, labels: labels(reference.heldOut.count) };
    const { scores, refused } = await cardOf(images, ["fid"], {
      subject: { ...base.subject, classNames },
      reference: { ...base.reference, dataset: { ...reference, classNames, heldOut } },
    });
    const within = scores.filter(({ className }) => className !== undefined);
    expect(within.map(({ className }) => className)).toEqual(["all"]);
    expect(within[0]?.unsafe.join()).toContain("biased upward by too few images");
    expect(refused.map(({ reason }) => reason).join()).toContain("within 1 of 2 classes");
  }, 60_000);

  it("judge what each image should show, and learn from generated images alone", async () => {
    const all = upTo(unseen.count);
    const subject = (images: ImageSet) => ({
      subject: { ...optionsFor(images).subject, classNames: reference.classNames, sha256: "generated by class" },
    });
    const right = imagesFrom(unseen, format, all);
    const card = await cardOf(right, ["classifier-error", "label-accuracy", "classification-accuracy"], subject(right));
    expect(valueOf(card, "classifier-error")).toBeLessThan(0.1);
    expect(valueOf(card, "label-accuracy")).toBeGreaterThan(0.9);
    expect(valueOf(card, "classification-accuracy")).toBeGreaterThan(0.8);
    expect(card.confusion).toMatchObject({ classNames: reference.classNames, labels: reference.train.count });
    expect(card.confusion).not.toHaveProperty("hiddenLabels");
    expect(card.confusion?.counts.flat().reduce((sum, count) => sum + count, 0)).toBe(card.confusion?.images);

    const turned = { ...right, labels: right.labels?.map((label) => (label + 1) % 4) ?? new Int32Array() };
    const wrong = await cardOf(turned, ["label-accuracy"], subject(turned));
    expect(valueOf(wrong, "label-accuracy")).toBeLessThan(0.1);
  }, 120_000);

  it("are refused, with what to do, where classes are not known", async () => {
    const card = await cardOf(imagesFrom(unseen, format, upTo(50)), ["label-accuracy", "inception-score"]);
    expect(card.refused.map(({ metric }) => metric).sort()).toEqual(["inception-score", "label-accuracy"]);
    for (const { reason, help } of card.refused) expect(reason.length * help.length).toBeGreaterThan(0);
  }, 60_000);
});

describe("the protocol of a score card", () => {
  it("says how everything was measured, and is read back as it was written", () => {
    const card = cards.get("perfect");
    expect(scoreCardSchema.parse(JSON.parse(JSON.stringify(card)))).toEqual(card);
    expect(card?.extractors[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(card?.reference).toMatchObject({ split: "heldOut", train: 500, heldOut: 504 });
    expect(card?.headline).toBe("kid");
  });

  it("shows beside each score what real training images get in place of the generated ones", () => {
    for (const [generator, metric] of [
      ["blurredMore", "kid"],
      ["noisy", "precision"],
      ["oneClass", "coverage"],
    ] as const) {
      const found = cards.get(generator)?.scores.find((each) => each.metric === metric && each.reference === "heldOut");
      expect(found?.ruler).toBeDefined();
      expect(found?.ruler).toBeCloseTo(score("perfect", metric), 1);
    }
  });

  it("marks images that are among those they are compared with, and those that a generator learned from", async () => {
    const mixed = imagesFrom(reference.heldOut, format, upTo(40));
    const { scores } = await cardOf(mixed, ["kid", "coverage"]);
    for (const { unsafe } of scores.filter(({ reference: split }) => split === "heldOut")) {
      expect(unsafe).toContain("40 of the 40 images are also among those that they are compared with");
    }
    const trained = await cardOf(imagesFrom(unseen, format, upTo(40)), ["recall"], { split: "train" });
    for (const { unsafe } of trained.scores) expect(unsafe.join()).toContain("the images it was trained on");
  });

  it("alarms where pictures repeat each other", async () => {
    const repeated = await cardOf(
      imagesFrom(
        unseen,
        format,
        upTo(60).map((row) => row % 3),
      ),
      ["duplicates"],
    );
    expect(repeated.alarms).toEqual(["100 % of the images repeat another one."]);
    expect((await cardOf(imagesFrom(unseen, format, upTo(60)), ["duplicates"])).alarms).toEqual([]);
  });

  it("refuses to compare too few images, and says what to do", async () => {
    await expect(cardOf(imagesFrom(unseen, format, upTo(3)), ["kid"])).rejects.toThrow(
      "generated: expected at least 10 images to compare, received 3\nhelp: give or generate more images, with -n",
    );
  });

  it("ends when it is interrupted", async () => {
    const stop = new AbortController();
    const images = imagesFrom(unseen, format, upTo(600));
    const ending = evaluate(
      optionsFor(images, {
        signal: stop.signal,
        onProgress: (_task, done) => {
          if (done > 0) stop.abort(new Error("enough"));
        },
      }),
    );
    await expect(ending).rejects.toThrow("enough");
  });
});

describe("scores of models that encode images", () => {
  const perfect = () => imagesFrom(unseen, format, upTo(100));
  const wanted = ["mse", "psnr", "ssim", "bound", "likelihood"] as const;

  it("are of held-out images, and of no others without a mark", async () => {
    const options = optionsFor(perfect(), { metrics: wanted });
    const likelihood = { bound: 90, importanceWeighted: 87, standardError: 0.5, of: "pixels", images: 50, draws: 200 };
    const subject = {
      ...options.subject,
      reconstruct: (images: Uint8Array) => Promise.resolve(images.map((value) => value ^ 1)),
      likelihood: () => Promise.resolve(likelihood),
    };
    const { card } = await evaluate({ ...options, subject });
    expect(scoreCardSchema.parse(card).scores.map(({ metric }) => metric)).toEqual(wanted);
    expect(valueOf(card, "mse")).toBeCloseTo(1 / 255 ** 2, 12);
    expect(valueOf(card, "psnr")).toBeCloseTo(20 * Math.log10(255), 9);
    expect([valueOf(card, "bound"), valueOf(card, "likelihood")]).toEqual([90, 87]);
    expect(card.scores.flatMap(({ unsafe }) => unsafe)).toEqual([]);
    const learned = await evaluate({ ...options, subject, split: "train" });
    expect(learned.card.scores.every(({ unsafe }) => /learned from/.test(unsafe.join()))).toBe(true);
  });

  it("are refused where there is no encoder, if they were asked for", async () => {
    const card = await cardOf(perfect(), ["recall", ...wanted]);
    expect(new Set(card.scores.map(({ metric }) => metric))).toEqual(new Set(["recall"]));
    expect(card.refused.map(({ metric }) => metric)).toEqual(wanted);
  });

  /** A generator whose images must not be made. */
  const unseenImages: ImageSet = { format, count: 100, read: () => Promise.reject(new Error("made an image")) };

  it("are an error before any image is made, where nothing else was asked for and there is no encoder", async () => {
    await expect(cardOf(unseenImages, ["mse", "psnr", "ssim"])).rejects.toMatchObject({
      exitStatus: 2,
      message: expect.stringMatching(
        /^--metrics: expected scores that can be computed of generated, received MSE, PSNR, SSIM\nhelp: only models that encode/,
      ),
    });
    await expect(cardOf(unseenImages, ["likelihood"])).rejects.toThrow("score the run of a VAE");
  });

  it("take no image of the generator, and no features", async () => {
    const options = optionsFor(unseenImages, { metrics: ["mse"] });
    const subject = { ...options.subject, reconstruct: (images: Uint8Array) => Promise.resolve(images) };
    const { card } = await evaluate({ ...options, subject });
    expect(card.scores.map(({ metric, value }) => [metric, value])).toEqual([["mse", 0]]);
    expect(card.extractors).toEqual([]);
    expect(card.subject.images).toBe(0);
  });
});
