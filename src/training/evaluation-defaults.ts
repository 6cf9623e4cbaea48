import { countMultiplyAdds, input } from "../graph/index.ts";
import { buildTrainingStep, formatOf, initialPlayers, type MethodConfig, methodOf } from "../methods/index.ts";
import { type Config, FEWEST_IMAGES, type PartialConfig, type UnscoredConfig } from "./config.ts";
import type { Plan } from "./defaults.ts";
import { outputsOf } from "./memory.ts";
import type { Choose } from "./settings/choose.ts";

// What is chosen for the scores during training. It is decided by the configuration alone, never by a clock, so that the
// same configuration gives the same scores on every machine.

/** Share of the training's time that scores may take where nothing else was asked for. */
const SHARE = 0.05;
/** Share that the estimate is held to: machines differ in what a multiply-add of one net costs beside that of another. */
const ESTIMATED_SHARE = 0.035;

/** The scores that are computed: how near the pictures are to real ones, how good each is, how varied all are. */
const METRICS: Config["evaluation"]["metrics"] = ["kid", "precision", "recall"];

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
 */
export function chosenEvaluation(
  given: PartialConfig["evaluation"] = {},
  config: UnscoredConfig,
  images: number,
  choose: Choose,
): Config["evaluation"] {
  const { steps, checkpointEvery } = config;
  const budget = ESTIMATED_SHARE * steps * stepCost(config);
  const made = pictureCost(config, given.features);
  const fitting = (pictures: number) => {
    const compared = pictures + Math.min(pictures, images);
    return Math.floor(budget / (pictures * (made + COST.comparison * compared)));
  };
  const affordable = CHOICES.find(({ pictures, enough }) => fitting(pictures) >= enough)?.pictures ?? FEWEST_PICTURES;
  const chosenImages = choose(
    "evaluation.images",
    given.images,
    affordable,
    affordable === USUAL ? "enough for scores that can be followed" : "fewer than the usual 1,000, to take little time",
  );
  const evaluations = fitting(chosenImages);
  const metrics = choose(
    "evaluation.metrics",
    given.metrics,
    METRICS,
    "how near the pictures are to real ones, how good each is, how varied all are",
  );
  const [first = "kid"] = metrics;
  const every = (): readonly [number, string] => {
    if (images < FEWEST_IMAGES) return [0, tooFewToScore(images)];
    if (evaluations < 1) return [0, "so short a run would be held up by it; see `atelier evaluate`"];
    // The last step is scored too, also where it is no multiple: rounding up counts it.
    const unit = Math.min(checkpointEvery, steps);
    const spacing = unit * Math.ceil(steps / unit / evaluations);
    return [Math.min(steps, spacing), "as often as takes less than 5 % of the training's time, by an estimate"];
  };
  return {
    every: choose("evaluation.every", given.every, ...every()),
    images: chosenImages,
    metrics: [...metrics],
    best: choose(
      "evaluation.best",
      given.best,
      metrics.includes("kid") ? "kid" : first,
      metrics.includes("kid") ? "the one that few images do not bias" : "the first of the metrics",
    ),
    ...(given.features !== undefined && { features: given.features }),
  };
}

/** Why a run is not scored that has fewer images than a score takes, and what to do about it. */
export function tooFewToScore(images: number): string {
  return `scores take ${FEWEST_IMAGES} training images, and there are ${images}: add more`;
}

/** Multiply-adds of a training step. */
function stepCost(config: MethodConfig): number {
  const { batch, microBatches } = config;
  const step = buildTrainingStep(methodOf(config), { format: formatOf(config), batch, parts: microBatches });
  return step.stages.reduce((total, stage) => {
    const times = stage.runs === "once" ? 1 : step.parts;
    return total + times * countMultiplyAdds(Object.values(outputsOf(stage)));
  }, 0);
}

/** What making a picture and looking at it costs, in multiply-adds of training. */
function pictureCost(config: MethodConfig, features: string | undefined): number {
  const method = methodOf(config);
  const made = method.sample(input("latent", [1, method.latent]), initialPlayers(method));
  const seen = features === undefined ? COST.features : COST.network;
  return COST.forward * (countMultiplyAdds([made]) + seen);
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
