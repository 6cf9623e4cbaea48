import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { inceptionScore } from "./inception-score.ts";
import { grid, mapped } from "./testing/drawn-features.ts";

const golden = z
  .object({ inception: z.array(z.object({ count: z.number(), classes: z.number(), value: z.number() })) })
  .parse(JSON.parse(readFileSync(new URL("testing/kernel_golden.json", import.meta.url), "utf8")));

/** Logits of images that a classifier is certain about. */
function certain(classOf: readonly number[], classes: number): Float32Array {
  return Float32Array.from(
    classOf.flatMap((own) => Array.from({ length: classes }, (_, i) => (i === own ? 500 : -500))),
  );
}

describe("inceptionScore", () => {
  it.each(golden.inception)("is numpy's for $count images and $classes classes", ({ count, classes, value }) => {
    const logits = mapped(grid(count, classes, 3), (logit) => logit / 4).values;
    expect(inceptionScore(logits, classes, { splits: 1 }).value).toBeCloseTo(value, 10);
    // A constant added to all logits of an image changes no probability.
    const raised = logits.map((logit) => logit + 100);
    expect(inceptionScore(raised, classes, { splits: 1 }).value).toBeCloseTo(value, 10);
  });

  it("is 1 where every class is as likely, and where every image is of one class", () => {
    expect(inceptionScore(new Float32Array(400), 8)).toEqual({ value: 1, deviation: 0 });
    expect(
      inceptionScore(
        certain(
          Array.from({ length: 50 }, () => 3),
          8,
        ),
        8,
      ),
    ).toEqual({ value: 1, deviation: 0 });
  });

  it("is the number of classes where images are certain and balanced", () => {
    const classOf = Array.from({ length: 60 }, (_, image) => image % 6);
    expect(inceptionScore(certain(classOf, 6), 6, { splits: 1 }).value).toBeCloseTo(6, 12);
  });

  it("does not depend on whether images come sorted by class", () => {
    const alternating = Array.from({ length: 3000 }, (_, image) => image % 10);
    const sorted = alternating.toSorted((one, other) => one - other);
    for (const classOf of [alternating, sorted]) {
      const { value, deviation } = inceptionScore(certain(classOf, 10), 10);
      expect(value).toBeGreaterThan(9.7);
      expect(value).toBeLessThan(10);
      expect(deviation).toBeGreaterThan(0);
      expect(deviation).toBeLessThan(0.2);
    }
  });

  it("refuses fewer images than splits and logits that are not numbers", () => {
    expect(() => inceptionScore(new Float32Array(27), 3)).toThrow("expected at least 10 images, received 9");
    expect(() => inceptionScore(Float32Array.of(0, Number.NaN), 2, { splits: 1 })).toThrow("expected finite logits");
  });
});
