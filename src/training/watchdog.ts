import { metricDescriptions } from "../evaluation/index.ts";
import type { GanSettings } from "../methods/index.ts";
import type { Config } from "./config.ts";
import type { TrainingEvent } from "./events.ts";
import { movingMeans, noiseOf, worsening } from "./trends.ts";

type Step = Extract<TrainingEvent, { type: "step" }>;
type Evaluation = Extract<TrainingEvent, { type: "evaluation" }>;
type Warning = Extract<TrainingEvent, { type: "warning" }>;

/** What is wrong in words, and what to do about it. */
type Finding = Pick<Warning, "text" | "help">;

/** What can be said of a bad state: it is there, it is over, or neither for certain. */
type Verdict = Finding | "over" | "unclear";

/** What of the configuration decides which advice makes sense. */
export type WatchdogConfig = Pick<Config, "mirror" | "learningRate" | "width"> & {
  /** Of a GAN. */
  readonly gan?: Partial<Pick<GanSettings, "discriminatorNorm" | "loss">> | undefined;
  readonly evaluation: Pick<Config["evaluation"], "best">;
};

/** Logged steps and steps that the discriminator is watched over: a young run passes through phases that look broken. */
const WATCHED = { logged: 20, steps: 400 };

/** A step whose discriminator is certain of every image, and the share of such steps that is too many, or few enough. */
const CERTAIN = { real: 0.98, generated: 0.02, tooMany: 0.75, fewEnough: 0.5 };

/** Steps in which the averaged weights leave those of the beginning: all pictures look alike until then. */
const SETTLED = 500;

/** Diversity below `low`, and below `fallen` of the best, is a collapse; `recovered` ends it; `none` is one picture. */
const DIVERSITY = { low: 0.5, fallen: 0.6, recovered: 0.6, none: 0.1 };

/** Evaluations that are averaged, and those that the score has not improved for when overfitting is looked for. */
const PATIENCE = { averaged: 5, evaluations: 4 };

/**
 * What the gap between both distances has grown by, over the distance to held-out images, and over its own noise: 3.3 keeps
 * false alarms below 1 in 100 runs of 100 evaluations where each is off by 20 to 30 %.
 */
const GAP = { grown: 0.3, closed: 0.15, noise: 3.3 };

/**
 * Mean sign of the discriminator's verdicts on training images: 1 where it knows each of them. Karras et al. 2020 steer
 * towards 0.6; plain DCGANs that learn well from 2,000 images are at 0.5 to 0.99, so only certainty counts here.
 */
const SIGN = { certain: 0.998, open: 0.98, after: 1000 };

/**
 * Looks at the events of a run for states that do not mend themselves and says so once for each time that the run is in one:
 * a discriminator that is certain of everything, pictures that become alike, training images that are learned by heart,
 * scores that become worse.
 * What it says depends on the events alone: a run that is resumed or goes back shows a new one the events that still hold.
 */
export class Watchdog {
  readonly #config: WatchdogConfig;
  readonly #warned = new Set<Warning["warning"]>();
  #steps: readonly Step[] = [];
  #evaluations: readonly Evaluation[] = [];

  constructor(config: WatchdogConfig) {
    this.#config = config;
  }

  /** @returns warnings that the event gives reason for: none for most. */
  observe(event: TrainingEvent): readonly Warning[] {
    if (event.type === "step") {
      this.#steps = watched([...this.#steps, event]);
      return this.#warn(event.step, "saturated", this.#saturation());
    }
    if (event.type === "evaluation") {
      this.#evaluations = [...this.#evaluations, event];
      const causes = [
        ...this.#warn(event.step, "collapse", this.#collapse(event)),
        ...this.#warn(event.step, "overfitting", event.trainGap === null ? this.#certainty(event) : this.#growingGap()),
      ];
      // A cause that is named says more.
      const isNamed = this.#warned.has("collapse") || this.#warned.has("overfitting");
      return [...causes, ...this.#warn(event.step, "worse", isNamed ? "unclear" : this.#worse(event))];
    }
    return [];
  }

  #warn(step: number, warning: Warning["warning"], verdict: Verdict): readonly Warning[] {
    if (verdict === "over") this.#warned.delete(warning);
    if (typeof verdict === "string" || this.#warned.has(warning)) return [];
    this.#warned.add(warning);
    return [{ type: "warning", step, warning, ...verdict }];
  }

  /** A critic's outputs are no verdicts: that they are far apart is what it is for. */
  get #isCritic(): boolean {
    return this.#config.gan?.loss === "wasserstein";
  }

  #saturation(): Verdict {
    if (this.#isCritic) return "unclear";
    const known = this.#steps.filter(({ report }) => "realScore" in report && "generatedScore" in report);
    const first = known[0]?.step ?? 0;
    const last = known.at(-1)?.step ?? 0;
    if (known.length < WATCHED.logged || last - first < WATCHED.steps) return "unclear";
    const certain = known.filter(
      ({ report }) => (report["realScore"] ?? 0) > CERTAIN.real && (report["generatedScore"] ?? 1) < CERTAIN.generated,
    );
    const share = certain.length / known.length;
    if (share < CERTAIN.tooMany) return share < CERTAIN.fewEnough ? "over" : "unclear";
    return {
      text: `The discriminator is certain of nearly every image, real or generated, in ${percent(share)} of the last ${last - first} steps: the generator learns little from it.`,
      help: anyOf([
        `lower learningRate.discriminator (${this.#config.learningRate.discriminator} now)`,
        ...this.#spectralNorm(),
        ...this.#moreImages().map((more) => `train with ${more}`),
      ]),
    };
  }

  #spectralNorm(): readonly string[] {
    const norm = this.#config.gan?.discriminatorNorm ?? "spectral";
    return norm === "spectral" ? [] : ["set gan.discriminatorNorm to spectral"];
  }

  /** Of the network that makes pictures. */
  #lowerRate(): readonly string[] {
    const { generator, decoder } = this.#config.learningRate;
    if (generator !== undefined) return [`lower learningRate.generator (${generator} now)`];
    return decoder === undefined ? [] : [`lower learningRate.decoder (${decoder} now)`];
  }

  #collapse({ step, diversity }: Evaluation): Verdict {
    if (step < SETTLED || !Number.isFinite(diversity)) return "unclear";
    const earlier = this.#evaluations.filter((other) => other.step >= SETTLED).map((other) => other.diversity);
    const best = Math.max(...earlier.filter(Number.isFinite));
    const fallen = diversity < DIVERSITY.low && diversity < DIVERSITY.fallen * best;
    const none = earlier.length > 1 && earlier.slice(-2).every((one) => one < DIVERSITY.none);
    if (!fallen && !none) return diversity > DIVERSITY.recovered || diversity > 0.8 * best ? "over" : "unclear";
    return {
      text: none
        ? "The generated pictures all look alike, whatever they are made from."
        : `The generated pictures become alike: they differ ${percent(diversity)} as much as real images do, after ${percent(best)}.`,
      help: `${anyOf([
        ...this.#lowerRate(),
        ...this.#spectralNorm(),
        "use a larger batch",
      ])}; the best checkpoint from before is kept`,
    };
  }

  /** Whether the pictures come no nearer to held-out images while they still do to training images. */
  #growingGap(): Verdict {
    const measured = this.#evaluations.flatMap(({ step, reference, scores, trainGap }) => {
      const { kid: heldOut = Number.NaN } = scores;
      return reference === "heldOut" && Number.isFinite(heldOut) && trainGap !== null && Number.isFinite(trainGap)
        ? [{ step, heldOut, gap: trainGap }]
        : [];
    });
    const heldOut = movingMeans(
      measured.map((one) => one.heldOut),
      PATIENCE.averaged,
    );
    const gaps = movingMeans(
      measured.map(({ gap }) => gap),
      PATIENCE.averaged,
    );
    const best = heldOut.indexOf(Math.min(...heldOut));
    const [distance, gap, gapAtBest] = [heldOut.at(-1), gaps.at(-1), gaps[best]];
    if (distance === undefined || gap === undefined || gapAtBest === undefined) return "unclear";
    const grown = gap - gapAtBest;
    if (distance <= 0 || grown < GAP.closed * distance) return "over";
    const noise = noiseOf(measured.slice(best).map((one) => one.gap));
    const waited = heldOut.length - 1 - best >= PATIENCE.evaluations;
    if (!waited || grown < GAP.grown * distance || grown < GAP.noise * noise) return "unclear";
    const since = measured[best + Math.floor(PATIENCE.averaged / 2)]?.step ?? 0;
    return {
      text: `The generator learns its training images by heart: since about step ${since} its pictures come nearer to them and no nearer to images held out.`,
      help: this.#lessByHeart(),
    };
  }

  /** Whether the score that decides has long been much worse than it was: what learning by heart and falling apart share. */
  #worse({ step }: Evaluation): Verdict {
    const { best: metric } = this.#config.evaluation;
    const measured = this.#evaluations.flatMap(({ step: at, scores: { [metric]: score = Number.NaN } }) =>
      Number.isFinite(score) ? [{ at, score }] : [],
    );
    const { title, better } = metricDescriptions[metric];
    const verdict = worsening(
      measured.map(({ score }) => score),
      better === "lower" ? "lower" : "higher",
    );
    if (typeof verdict === "string") return verdict;
    if (step < SETTLED) return "unclear";
    const { since, best, now } = verdict;
    const [what, file] =
      metric === "own-classifier-error"
        ? ["The classifier has", "classifier-best.onnx, which `--best` classifies with, errs least"]
        : ["The pictures have", "generator-best.onnx, which `--best` generates with, has the best pictures"];
    return {
      text: `${what} become worse since about step ${measured[since]?.at ?? 0}: ${title} was ${best.toPrecision(3)} then and is ${now.toPrecision(3)} now.`,
      help: `stop here: ${file}; or start again with ${anyOf([
        ...this.#moreImages(),
        `a lower width (${this.#config.width} now)`,
      ])}`,
    };
  }

  /** Whether the discriminator knows every training image: all that can be seen where too few images are held out. */
  #certainty({ step }: Evaluation): Verdict {
    const signs = this.#steps.flatMap(({ report: { realSign } }) => (realSign === undefined ? [] : [realSign]));
    if (this.#isCritic || step < SIGN.after || signs.length < WATCHED.logged) return "unclear";
    const sign = signs.reduce((total, one) => total + one, 0) / signs.length;
    if (!(sign >= SIGN.certain)) return sign < SIGN.open ? "over" : "unclear";
    return {
      text: `The discriminator knows the training images by heart (it takes ${percent((1 + sign) / 2)} of them for real), and the generator may follow; too few images are held out to measure it.`,
      help: this.#lessByHeart(),
    };
  }

  #lessByHeart(): string {
    const knobs = anyOf([...this.#moreImages(), "fewer steps", `a lower width (${this.#config.width} now)`]);
    return `try ${knobs}; \`--best\` generates with the checkpoint that scored best`;
  }

  #moreImages(): readonly string[] {
    return ["more images", ...(this.#config.mirror ? [] : ["--mirror"])];
  }
}

/** The newest steps, as few as show `WATCHED`. */
function watched(steps: readonly Step[]): readonly Step[] {
  const last = steps.at(-1)?.step ?? 0;
  const first = steps.findLastIndex(({ step }, index) => {
    return last - step >= WATCHED.steps && steps.length - index >= WATCHED.logged;
  });
  return first > 0 ? steps.slice(first) : steps;
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** `a, b or c`. */
function anyOf(choices: readonly (string | false)[]): string {
  const given = choices.filter((choice) => choice !== false);
  return [given.slice(0, -1).join(", "), ...given.slice(-1)].filter((part) => part !== "").join(" or ");
}
