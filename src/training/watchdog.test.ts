import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import type { TrainingEvent } from "./events.ts";
import { Watchdog, type WatchdogConfig } from "./watchdog.ts";

const config: WatchdogConfig = {
  mirror: false,
  gan: { discriminatorNorm: "batch" },
  learningRate: { generator: 0.0002, discriminator: 0.0002 },
  width: 64,
  evaluation: { best: "kid" },
};

const steps = (count: number, every = 10) => Array.from({ length: count }, (_, index) => every * (index + 1));

function step(number: number, realScore: number, generatedScore: number, realSign = 0.9): TrainingEvent {
  const report = { discriminatorLoss: 0.5, generatorLoss: 3, realScore, generatedScore, realSign };
  return { type: "step", step: number, report, stepsPerSecond: 5, secondsLeft: 1, residentMemory: 1e8 };
}

interface Evaluated {
  readonly kid?: number;
  readonly gap?: number | null;
  readonly diversity?: number;
}

function evaluation(number: number, { kid = 0.05, gap = 0, diversity = 0.95 }: Evaluated): TrainingEvent {
  return {
    type: "evaluation",
    step: number,
    scores: { kid },
    reference: gap === null ? "train" : "heldOut",
    generated: 1000,
    real: 240,
    diversity,
    trainGap: gap,
    best: false,
    seconds: 1,
  };
}

function warningsOf(events: readonly TrainingEvent[], changes: Partial<WatchdogConfig> = {}) {
  const watchdog = new Watchdog({ ...config, ...changes });
  return events.flatMap((event) => watchdog.observe(event));
}

function kindsOf(events: readonly TrainingEvent[]) {
  return warningsOf(events).map(({ warning, step: at }) => `${warning} at ${at}`);
}

describe("the watchdog", () => {
  it("is silent in healthy runs, however noisy", () => {
    // Ranges of plain runs on flowers and on Fashion-MNIST: the discriminator leads, and leads most at the beginning.
    const healthy = fc.record({
      seed: fc.integer({ min: 0, max: 1e6 }),
      real: fc.double({ min: 0.8, max: 0.97, noNaN: true }),
      generated: fc.double({ min: 0.04, max: 0.3, noNaN: true }),
      noise: fc.double({ min: 0, max: 0.15, noNaN: true }),
      end: fc.double({ min: 0.005, max: 0.2, noNaN: true }),
      diversity: fc.double({ min: 0.6, max: 1.1, noNaN: true }),
    });
    fc.assert(
      fc.property(healthy, ({ seed, real, generated, noise, end, diversity }) => {
        const random = randomStream(seed, "healthy run");
        const share = (value: number) => Math.min(1, Math.max(0, value));
        const events = steps(300).flatMap((number) => {
          const early = 0.03 * Math.exp(-number / 100);
          const logged = step(
            number,
            share(real + early + 0.05 * random.normal()),
            share(generated - early + 0.07 * random.normal()),
            share(0.95 + 0.03 * random.normal()),
          );
          if (number % 60 !== 0) return [logged];
          // Averaged weights leave the beginning slowly; then the distance falls to where it stays.
          const level = end + 0.5 * Math.exp(-number / 300);
          const gap = noise * level * random.normal();
          const kid = level * (1 + noise * random.normal()) + gap;
          const grown = diversity * (1 - Math.exp(-number / 250)) + 0.04 * random.normal();
          return [logged, evaluation(number, { kid, gap, diversity: grown })];
        });
        expect(warningsOf(events)).toEqual([]);
      }),
      { seed: 5, numRuns: 60 },
    );
  });

  it("names a discriminator that is certain of everything, once, and again only after it was not", () => {
    const certain = steps(100).map((number) => step(number, 0.995, 0.004));
    const recovered = steps(60).map((number) => step(1000 + number, 0.9, 0.1));
    const again = steps(60).map((number) => step(1600 + number, 0.995, 0.004));
    const warnings = warningsOf([...certain, ...recovered, ...again]);
    expect(warnings.map(({ warning }) => warning)).toEqual(["saturated", "saturated"]);
    expect(warnings[0]?.step).toBeLessThanOrEqual(500);
    expect(warnings[1]?.step).toBeGreaterThan(1600);
    expect(warnings[0]?.text).toContain("certain of nearly every image");
    expect(warnings[0]?.help).toBe(
      "lower learningRate.discriminator (0.0002 now), set gan.discriminatorNorm to spectral, train with more images or train with --mirror",
    );
  });

  it("gives no advice that the run follows already", () => {
    const certain = steps(100).map((number) => step(number, 0.995, 0.004));
    const [warning] = warningsOf(certain, { mirror: true, gan: { discriminatorNorm: "spectral" } });
    expect(warning?.help).toBe("lower learningRate.discriminator (0.0002 now) or train with more images");
  });

  it("says nothing of a discriminator that is certain for a short time only, or of some batches", () => {
    const start = steps(30).map((number) => step(number, 0.999, 0.001));
    const later = steps(100).map((number) => step(300 + number, 0.9, 0.1));
    expect(kindsOf([...start, ...later])).toEqual([]);
    const half = steps(200).map((number) => (number % 20 === 0 ? step(number, 0.999, 0.001) : step(number, 0.9, 0.3)));
    expect(kindsOf(half)).toEqual([]);
  });

  it("names pictures that become alike, once, and pictures that never differed", () => {
    const diversities = [0.05, 0.4, 0.8, 0.9, 0.85, 0.3, 0.2, 0.25, 0.9, 0.95, 0.3];
    const fallen = diversities.map((diversity, index) => evaluation(300 * (index + 1), { diversity }));
    expect(kindsOf(fallen)).toEqual(["collapse at 1800", "collapse at 3300"]);
    const alike = steps(20, 100).map((number) => evaluation(number, { diversity: 0.02 }));
    const warnings = warningsOf(alike);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.step).toBe(600);
    expect(warnings[0]?.help).toMatch(/learningRate\.generator \(0\.0002 now\).*best checkpoint/);
  });

  it("takes one that is less varied than real images, but not less than before, for healthy", () => {
    const blurred = [0.1, 0.35, 0.42, 0.48, 0.45, 0.4, 0.44].map((diversity, index) =>
      evaluation(300 * (index + 1), { diversity }),
    );
    expect(kindsOf(blurred)).toEqual([]);
  });

  it("names overfitting: nearer to training images, no nearer to held-out ones", () => {
    const random = randomStream(1, "overfitting");
    const events = steps(40, 100).map((number) => {
      const late = Math.max(0, number - 1500) / 1000;
      const level = 0.04 + 0.4 * Math.exp(-number / 300);
      const gap = 0.03 * late + 0.003 * random.normal();
      return evaluation(number, { kid: level + 0.01 * late + 0.003 * random.normal(), gap });
    });
    const warnings = warningsOf(events);
    expect(warnings.map(({ warning }) => warning)).toEqual(["overfitting"]);
    expect(warnings[0]?.step).toBeGreaterThan(1500);
    expect(warnings[0]?.step).toBeLessThan(3000);
    expect(warnings[0]?.help).toMatch(/--mirror.*fewer steps.*width \(64 now\).*--best/);
  });

  it("does not take a run that gets worse by both distances for overfitting, nor a test set unlike the training set", () => {
    const worse = steps(40, 100).map((number) =>
      evaluation(number, { kid: number < 2000 ? 0.05 : 0.05 + number / 2e4, gap: 0.001 }),
    );
    expect(kindsOf(worse)).toEqual(["worse at 2400"]);
    const unlike = steps(40, 100).map((number) =>
      evaluation(number, { kid: 0.1 + 0.5 * Math.exp(-number / 500), gap: 0.09 }),
    );
    expect(kindsOf(unlike)).toEqual([]);
  });

  it("names scores that become worse, whatever makes them so, once, and where no cause is named", () => {
    const kids = [2.9, 2, 1.5, 1.4, 1.5, 2.6, 3.4, 4.1, 4.8, 5.2, 5.2, 5.2];
    const events = kids.map((kid, index) => evaluation(1000 * (index + 1), { kid, gap: null, diversity: 0.7 }));
    const warnings = warningsOf(events);
    expect(warnings.map(({ warning, step: at }) => [warning, at])).toEqual([["worse", 10_000]]);
    expect(warnings[0]?.text).toContain("become worse since about step 4000: KID was 1.47 then and is 4.02 now.");
    expect(warnings[0]?.help).toBe(
      "stop here: generator-best.onnx, which `--best` generates with, has the best pictures; or start again with more images, --mirror or a lower width (64 now)",
    );
    // Before the averaged weights have settled, and where the collapse is named, it is silent.
    expect(kindsOf(kids.map((kid, index) => evaluation(40 * (index + 1), { kid, gap: null })))).toEqual([]);
    const fallen = kids.map((kid, index) => {
      return evaluation(1000 * (index + 1), { kid, gap: null, diversity: index < 5 ? 0.9 : 0.3 });
    });
    expect(kindsOf(fallen)).toEqual(["collapse at 6000"]);
  });

  it("goes by the score that decides, also where higher is better", () => {
    const events = [0.2, 0.5, 0.6, 0.6, 0.6, 0.3, 0.2, 0.2, 0.2, 0.2, 0.2].map((recall, index) => ({
      ...evaluation(1000 * (index + 1), { gap: null }),
      scores: { kid: 0.1, recall },
    }));
    expect(kindsOf(events)).toEqual([]);
    const byRecall = warningsOf(events, { evaluation: { best: "recall" } });
    expect(byRecall.map(({ text }) => text)).toEqual([
      "The pictures have become worse since about step 4000: Recall was 0.600 then and is 0.220 now.",
    ]);
  });

  it("goes by the discriminator's certainty of training images where too few are held out", () => {
    const events = (sign: number) =>
      steps(200).flatMap((number) => [
        step(number, 0.97, 0.05, sign),
        ...(number % 200 === 0 ? [evaluation(number, { gap: null })] : []),
      ]);
    expect(kindsOf(events(1))).toEqual(["overfitting at 1000"]);
    expect(kindsOf(events(0.95))).toEqual([]);
    const measured = steps(200).flatMap((number) => [step(number, 0.97, 0.05, 1), evaluation(number, {})]);
    expect(kindsOf(measured)).toEqual([]);
  });

  it("says nothing of values that are missing or not finite", () => {
    const events = [
      ...steps(60).map((number) => step(number, Number.NaN, Number.NaN, Number.NaN)),
      ...steps(60).map((number) => ({ ...step(600 + number, 1, 0), report: { loss: 1 } })),
      ...steps(20, 100).map((number) =>
        evaluation(number, { kid: Number.NaN, gap: Number.NaN, diversity: Number.NaN }),
      ),
      ...steps(20, 100).map((number) => ({ ...evaluation(number, { gap: 0.1 }), scores: { fid: 1 } })),
    ];
    expect(kindsOf(events)).toEqual([]);
  });
});
