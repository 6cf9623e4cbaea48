import { AtelierError } from "../foundation/errors.ts";
import { countMultiplyAdds, input } from "../graph/index.ts";
import {
  buildTrainingStep,
  classInput,
  drawnPictures,
  formatOf,
  initialPlayers,
  type MethodConfig,
  methodOf,
  randomSize,
} from "../methods/index.ts";
import type { Reasoned } from "./automatic.ts";
import { MOST_JUDGED } from "./classifier-error.ts";
import { codesFitted } from "./code-mixture.ts";
import { type Config, FEWEST_IMAGES, type PartialConfig, type UnscoredConfig } from "./config.ts";
import type { Plan } from "./defaults.ts";
import { outputsOf } from "./memory.ts";
import { withoutFiles } from "./resources.ts";
import type { Choose } from "./settings/choose.ts";

// What is chosen for the scores during training. It is decided by the configuration alone, never by a clock, so that the
// same configuration gives the same scores on every machine.

/** Share of the training's time that scores may take where nothing else was asked for. */
const SHARE = 0.05;
/** Share that the estimate is held to: machines differ in what a multiply-add of one net costs beside that of another. */
const ESTIMATED_SHARE = 0.035;

/** The scores that are computed: how near the pictures are to real ones, how good each is, how varied all are. */
const METRICS: Config["evaluation"]["metrics"] = ["kid", "precision", "recall"];

/** What a run that learns classes is scored by besides. */
const OWN_ERROR = "own-classifier-error";

/** The usual number of pictures to score. */
const USUAL = 1000;

/** Numbers of pictures to score, and the evaluations that are enough of each: the first that leaves so many is taken. */
const CHOICES = [
  { pictures: USUAL, enough: 8 },
  { pictures: 500, enough: 8 },
  { pictures: 250, enough: 2 },
] as const;

/** Pictures that are scored where the run is too short for two evaluations of more. */
const FEWEST_PICTURES = 100;

/**
 * Costs of scoring a picture, in multiply-adds of training, which takes the same time for them: `features` by the random
 * embedding, or by a user's `network`, taken to be as large as Inception-v3; `comparison` with another image; and what
 * passes of few pictures forward cost more than training. Measured with nets of every kind: from 0.4 to 1 times as much.
 */
const COST = { features: 12e6, network: 6e9, comparison: 5e3, forward: 2 };

/**
 * The evaluation that was given, or one that takes less than a twentieth of the training's time.
 * @param images training images that there are.
 * @param heldOutLabels held-out images whose label training knows; the classifier's error is measured on them. Default: not known.
 * @throws AtelierError (usage) where values do not go together, or not with the data.
 */
export function chosenEvaluation(
  given: PartialConfig["evaluation"] = {},
  config: UnscoredConfig,
  images: number,
  choose: Choose,
  heldOutLabels?: number,
): Config["evaluation"] {
  const { steps, checkpointEvery, sampleEvery } = config;
  const budget = ESTIMATED_SHARE * steps * stepCost(config);
  const made = pictureCost(config, given.features);
  // A mixture that was fitted for the grid of samples of the same step is there already.
  const fixed = checkpointEvery % sampleEvery === 0 ? 0 : mixtureCost(config, images);
  const judged = judgingCost(config, images);
  const fitting = (pictures: number) => Math.floor(budget / (fixed + judged + evaluationCost(made, pictures, images)));
  const affordable = CHOICES.find(({ pictures, enough }) => fitting(pictures) >= enough)?.pictures ?? FEWEST_PICTURES;
  const chosenImages = choose(
    "evaluation.images",
    given.images,
    affordable,
    affordable === USUAL ? "enough for scores that can be followed" : "fewer than the usual 1,000, to take little time",
  );
  const evaluations = fitting(chosenImages);
  const isJudged = config.classes > 0 && heldOutLabels !== 0;
  const metrics = choose<Config["evaluation"]["metrics"]>(
    "evaluation.metrics",
    given.metrics,
    isJudged ? [...METRICS, OWN_ERROR] : METRICS,
    `how near the pictures are to real ones, how good each is, how varied all are${isJudged ? ", and how often the classifier is wrong" : ""}`,
  );
  if (metrics.includes(OWN_ERROR) && !isJudged) throw nothingToJudge(config);
  const every = (): readonly [number, string] => {
    if (images < FEWEST_IMAGES) return [0, tooFewToScore(images)];
    if (evaluations < 1) return [0, "so short a run would be held up by it; see `atelier evaluate`"];
    // The last step is scored too, also where it is no multiple: rounding up counts it.
    const unit = Math.min(checkpointEvery, steps);
    const spacing = unit * Math.ceil(steps / unit / evaluations);
    return [Math.min(steps, spacing), "as often as takes less than 5 % of the training's time, by an estimate"];
  };
  const chosenEvery = choose("evaluation.every", given.every, ...every());
  const patience = choose("evaluation.patience", given.patience, 0, "the run makes all of its steps");
  if (patience > 0 && chosenEvery === 0) throw patienceWithoutScores(patience, images);
  return {
    every: chosenEvery,
    images: chosenImages,
    metrics: [...metrics],
    best: choose("evaluation.best", given.best, ...usualBest(config.model, metrics, heldOutLabels)),
    patience,
    ...(given.features !== undefined && { features: given.features }),
  };
}

function usualBest(
  model: Config["model"],
  metrics: Config["evaluation"]["metrics"],
  heldOutLabels = 0,
): Reasoned<Config["evaluation"]["best"]> {
  const [first = "kid"] = metrics;
  // Fewer images could not tell one step from another.
  if (model === "feature-matching" && metrics.includes(OWN_ERROR) && heldOutLabels >= FEWEST_IMAGES) {
    return [OWN_ERROR, "the classifier is what this model is for"];
  }
  return metrics.includes("kid") ? ["kid", "the one that few images do not bias"] : [first, "the first of the metrics"];
}

function nothingToJudge({ classes }: UnscoredConfig): AtelierError {
  return new AtelierError({
    kind: "usage",
    where: "evaluation.metrics",
    expected: `no ${OWN_ERROR} ${classes === 0 ? "without a classifier" : "without labels to measure it by"}`,
    received: OWN_ERROR,
    help:
      classes === 0
        ? "leave it out, or train with labels of two classes or more"
        : "leave it out, or keep labelled images out of training: a larger heldOut, or a test/ folder with classes",
  });
}

function patienceWithoutScores(patience: number, images: number): AtelierError {
  return new AtelierError({
    kind: "usage",
    where: "evaluation.patience",
    expected: "a run that is scored while it learns",
    received: `patience of ${patience}, and no scores`,
    help:
      images < FEWEST_IMAGES
        ? `leave it out: ${tooFewToScore(images)}`
        : "set evaluation.every to a number of steps, or leave evaluation.patience out",
  });
}

/** Why a run is not scored that has fewer images than a score takes, and what to do about it. */
export function tooFewToScore(images: number): string {
  return `scores take ${FEWEST_IMAGES} training images, and there are ${images}: add more`;
}

/** Multiply-adds of a training step, in the mean over the steps. */
function stepCost(config: MethodConfig): number {
  const { batch, microBatches } = config;
  const step = buildTrainingStep(methodOf(withoutFiles(config)), {
    format: formatOf(config),
    batch,
    parts: microBatches,
  });
  return step.stages.reduce((total, stage) => {
    const times = stage.runs === "once" ? 1 : step.parts;
    return total + (times * countMultiplyAdds(Object.values(outputsOf(stage)))) / stage.every;
  }, 0);
}

/** What an evaluation costs, in multiply-adds of training. @param made cost of making a picture and looking at it. */
function evaluationCost(made: number, pictures: number, images: number): number {
  return pictures * (made + COST.comparison * (pictures + Math.min(pictures, images)));
}

/** What a multiply-add of scoring costs beside one of training after all, in the mean over nets of every kind. */
const TYPICAL = 0.7;

/**
 * What a training step, an evaluation, making a picture, and fitting a mixture to codes (once for each step after which
 * there are pictures) are expected to cost, in multiply-adds of training.
 * @param images training images that there are.
 */
export function expectedCosts(
  config: Config,
  images: number,
): Readonly<Record<"step" | "evaluation" | "picture" | "mixture", number>> {
  const { features, images: pictures } = config.evaluation;
  return {
    step: stepCost(config),
    evaluation:
      TYPICAL * (evaluationCost(pictureCost(config, features), pictures, images) + judgingCost(config, images)),
    picture: TYPICAL * makingCost(config),
    mixture: TYPICAL * mixtureCost(config, images),
  };
}

/** What making a picture and looking at it costs, in multiply-adds of training. */
function pictureCost(config: MethodConfig, features: string | undefined): number {
  return makingCost(config) + COST.forward * (features === undefined ? COST.features : COST.network);
}

function makingCost(config: MethodConfig): number {
  const method = methodOf(config);
  const made = drawnPictures(
    method,
    input("latent", [1, randomSize(method)]),
    initialPlayers(method),
    classInput(method, 1),
  );
  return COST.forward * countMultiplyAdds([made]);
}

/** What asking the classifier about held-out images costs at most, in multiply-adds of training; 0 where there is none. */
function judgingCost(config: UnscoredConfig, images: number): number {
  const method = methodOf(config);
  if (method.classes === undefined) return 0;
  const { channels, height, width } = formatOf(config);
  const logits = method.classes.classify(input("images", [1, channels, height, width]), initialPlayers(method));
  const asked = Math.min(MOST_JUDGED, Math.ceil(config.heldOut * images));
  return asked * COST.forward * countMultiplyAdds([logits]);
}

/** Passes over the codes in which a mixture is fitted, and what a multiply-add of float64 costs beside one of training. */
const FITTING = { passes: 20, double: 2 };

/** What fitting a mixture to the codes of training images costs, in multiply-adds of training; 0 where there is none. */
function mixtureCost(config: UnscoredConfig, images: number): number {
  const method = methodOf(config);
  if (method.coding?.mixture === undefined) return 0;
  const { channels, height, width } = formatOf(config);
  const code = method.coding.encode(input("images", [1, channels, height, width]), initialPlayers(method));
  const fitted = FITTING.passes * FITTING.double * 2 * method.coding.mixture * method.latent ** 2;
  return codesFitted(config, images) * (COST.forward * countMultiplyAdds([code]) + fitted);
}

/** Seconds that scores take altogether before anyone minds. */
const NOTICED = 10;

/**
 * What to say where scores that were chosen for the user take longer than they should.
 * @param spent seconds that scores took in this session.
 * @param passed seconds of the session.
 */
export function slowEvaluation(
  { config: { evaluation }, reasons }: Plan,
  spent: number,
  passed: number,
): { readonly text: string; readonly help: string } | undefined {
  const chosen = reasons["evaluation.every"] !== undefined;
  if (!chosen || spent < NOTICED || spent <= SHARE * passed) return undefined;
  return {
    text: `Scoring the generator takes ${Math.round((100 * spent) / passed)} % of the training's time here.`,
    help: `score it less often, such as --set evaluation.every=${2 * evaluation.every}, or fewer pictures, such as --set evaluation.images=${Math.ceil(evaluation.images / 2)}`,
  };
}
