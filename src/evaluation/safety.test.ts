import { describe, expect, it } from "vitest";
import { type Circumstances, doubtsAbout, markBias } from "./safety.ts";
import type { Score } from "./score-card.ts";

const extractor = {
  kind: "random",
  name: "random embedding",
  sha256: "0",
  layer: "all",
  features: 400,
  input: { height: 64, width: 64, channels: 3 },
  resize: "none",
  pixels: "RGB",
} as const;

const harmless: Circumstances = {
  metric: "kid",
  extractor,
  reference: "heldOut",
  real: 5000,
  generated: 5000,
  content: "data",
  shared: 0,
  trained: true,
  drawnHere: false,
  chosen: false,
};

const doubts = (more: Partial<Circumstances>) => doubtsAbout({ ...harmless, ...more });

describe("what speaks against a score", () => {
  it.each(["kid", "fid", "fid-infinity", "precision", "coverage", "copies"] as const)(
    "%s of many images against held-out ones is safe",
    (metric) => expect(doubts({ metric })).toEqual({ unsafe: [], rough: [] }),
  );

  it("a rank-deficient FID is unsafe, KID of as many images only rough", () => {
    expect(doubts({ metric: "fid", real: 400 }).unsafe).toEqual([
      "400 images cannot fix the covariance of 400 features: biased upward; KID is not",
    ]);
    expect(doubts({ metric: "fid", real: 401 }).unsafe).toEqual([]);
    expect(doubts({ metric: "fid-infinity", real: 799 }).unsafe).toHaveLength(1);
    expect(doubts({ metric: "kid", generated: 60 })).toEqual({
      unsafe: [],
      rough: ["only 60 images a side: compare at equal counts only"],
    });
    expect(doubts({ metric: "kid", real: 20 }).unsafe).toHaveLength(1);
  });

  it("neighbourhoods of few images are rough, and of very few unsafe", () => {
    expect(doubts({ metric: "recall", real: 240 }).rough).toHaveLength(1);
    expect(doubts({ metric: "recall", real: 49 }).unsafe).toHaveLength(1);
  });

  it("images that were learned from, or are compared with themselves, are unsafe", () => {
    expect(doubts({ reference: "train" }).unsafe.join()).toContain("a generator that copies them wins");
    expect(doubts({ reference: "train", trained: false }).unsafe).toEqual([]);
    expect(doubts({ reference: "heldOut", drawnHere: true, trained: false }).unsafe.join()).toContain("only now");
    expect(doubts({ shared: 300 }).unsafe.join()).toContain("300 of the 5000 images are also among");
    expect(doubts({ shared: 3 }).unsafe).toEqual([]);
    expect(doubts({ metric: "duplicates", shared: 300 }).unsafe).toEqual([]);
  });

  it("an extractor that was trained on the same images is unsafe on them, not on held-out ones", () => {
    const trained = { ...extractor, trainedOn: "data" };
    expect(doubts({ extractor: trained, reference: "all", trained: false }).unsafe.join()).toContain("the extractor");
    expect(doubts({ extractor: trained }).unsafe).toEqual([]);
    expect(doubts({ extractor: { ...trained, trainedOn: "other" }, reference: "all", trained: false }).unsafe).toEqual(
      [],
    );
  });

  it("JPEG on one side, and a checkpoint chosen by these images, make a score rough", () => {
    expect(doubts({ compressed: "real" }).rough.join()).toContain("only the real images have been through JPEG");
    expect(doubts({ chosen: true }).rough.join()).toContain("chosen");
  });

  it("FID is rough where much of it is bias", () => {
    const fid: Score = {
      metric: "fid",
      extractor: 0,
      reference: "heldOut",
      value: 10,
      real: 500,
      generated: 500,
      unsafe: [],
      rough: [],
    };
    const [biased] = markBias([fid, { ...fid, metric: "fid-infinity", value: 5 }]);
    expect(biased?.rough).toEqual(["biased upward by too few images, by about 50 %: compare at equal counts only"]);
    expect(markBias([fid, { ...fid, metric: "fid-infinity", value: 9.5 }])[0]).toEqual(fid);
  });
});
