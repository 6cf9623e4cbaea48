import { sidesOf } from "../../data/index.ts";
import { AtelierError, type ErrorDetails } from "../../foundation/errors.ts";
import {
  type GanSettings,
  isOneStageLoss,
  LECAM_START,
  type MethodConfig,
  oneStageLosses,
} from "../../methods/index.ts";
import { type ArchitectureName, architectures, usesBatchStatistics } from "../../models/index.ts";

// What must hold between the settings of a GAN.

/** Settings with which the discriminator must judge each picture by itself. */
export type JudgedApart = Pick<GanSettings, "updates" | "r1" | "gradientPenalty">;

/** What of the settings needs that, and how to do without. */
export function judgedApart({ updates, r1, gradientPenalty }: JudgedApart) {
  if (updates === "one-stage") return { text: "one-stage updates", instead: "alternating updates" };
  if (r1 > 0) return { text: "penalties on slopes", instead: "gan.r1 = 0" };
  if (gradientPenalty > 0) return { text: "penalties on slopes", instead: "gan.gradientPenalty = 0" };
  return undefined;
}

/** What a GAN's settings must agree with, where it is known. */
type GanSurroundings = Partial<Pick<MethodConfig, "size" | "steps" | "classes">>;

type Contradiction = Omit<ErrorDetails, "kind">;
type Rule = (
  settings: GanSettings,
  architecture: ArchitectureName,
  surroundings: GanSurroundings,
) => Contradiction | undefined;

/** @throws AtelierError (usage) when settings do not go together. */
export function assertGanFits(
  settings: GanSettings,
  architecture: ArchitectureName,
  surroundings: GanSurroundings = {},
): void {
  for (const rule of rules) {
    const contradiction = rule(settings, architecture, surroundings);
    if (contradiction !== undefined) throw new AtelierError({ kind: "usage", ...contradiction });
  }
}

const rules: readonly Rule[] = [
  function normOfArchitecture({ discriminatorNorm, ...settings }, architecture) {
    const cause = judgedApart(settings);
    const possible = architectures[architecture].discriminatorNorms.filter(
      (norm) => cause === undefined || !usesBatchStatistics(norm),
    );
    if (possible.includes(discriminatorNorm)) return undefined;
    return {
      where: "gan.discriminatorNorm",
      expected: `one that ${architecture}${cause === undefined ? "" : ` with ${cause.text}`} can have: ${possible.join(", ")}`,
      received: discriminatorNorm,
      help: `use ${possible[0] ?? "another architecture"}${cause === undefined ? "" : `, or ${cause.instead}`}`,
    };
  },

  function lossInOneStage({ updates, loss }) {
    if (updates === "alternating" || isOneStageLoss(loss)) return undefined;
    return {
      where: "gan.loss",
      expected: `one whose slopes for both players have a ratio, for one-stage updates: ${oneStageLosses().join(", ")}`,
      received: loss,
      help: "use one of these, or alternating updates",
    };
  },

  function stepsInOneStage({ updates, discriminatorSteps }) {
    if (updates === "alternating" || discriminatorSteps === 1) return undefined;
    return {
      where: "gan.discriminatorSteps",
      expected: "1 with one-stage updates, which move both networks at once",
      received: String(discriminatorSteps),
      help: "leave it out, or use alternating updates",
    };
  },

  function picturesApartInOneStage({ updates, minibatchDeviation }) {
    if (updates === "alternating" || !minibatchDeviation) return undefined;
    return {
      where: "gan.minibatchDeviation",
      expected: "false with one-stage updates, for which the discriminator must judge each picture by itself",
      received: "true",
      help: "leave it out, or use alternating updates",
    };
  },

  function smoothedTarget({ labelSmoothing, loss }) {
    if (labelSmoothing === 0 || !["hinge", "wasserstein"].includes(loss)) return undefined;
    return {
      where: "gan.labelSmoothing",
      expected: `0 with the loss ${loss}, which has no target for real images`,
      received: String(labelSmoothing),
      help: "leave it out, or use the loss nonSaturating, minimax or leastSquares",
    };
  },

  function boundedCritic({ loss, gradientPenalty, r1, discriminatorNorm }) {
    if (loss !== "wasserstein" || gradientPenalty > 0 || r1 > 0 || discriminatorNorm === "spectral") return undefined;
    return {
      where: "gan.gradientPenalty",
      expected: "a weight above 0 with the loss wasserstein, which grows without end unless something bounds the slope",
      received: String(gradientPenalty),
      help: "leave it out for the usual 10, or set gan.discriminatorNorm to spectral",
    };
  },

  function signOfCritic({ loss, augmentation }) {
    if (loss !== "wasserstein" || augmentation !== "ada") return undefined;
    return {
      where: "gan.augmentation",
      expected:
        "none or diffaugment with the loss wasserstein: the sign of its values, which ada goes by, means nothing",
      received: augmentation,
      help: "use diffaugment, or another loss",
    };
  },

  function squareForTurns({ augmentation, transforms }, _, { size }) {
    if (size === undefined || augmentation === "none" || !transforms.includes("quarterTurn")) return undefined;
    const { height, width } = sidesOf(size);
    if (height === width) return undefined;
    return {
      where: "gan.transforms",
      expected: "no quarterTurn where pictures are not square",
      received: `${transforms.join(", ")}, with --size ${size}`,
      help: "leave quarterTurn out, or choose square pictures",
    };
  },

  function classesForThem({ conditioning, rotation }, _, { classes }) {
    const given = conditioning ?? rotation;
    if (classes !== 0 || given === undefined) return undefined;
    return {
      where: conditioning === undefined ? "gan.rotation" : "gan.conditioning",
      expected: "labels of two classes or more, of which pictures can be asked for",
      received: `${given}, in a run that learns no classes`,
      help: "leave it out, or give labels: class folders, labels.csv or --labels FILE",
    };
  },

  function squareToBeTurned({ rotation = 0 }, _, { size }) {
    if (size === undefined || rotation === 0) return undefined;
    const { height, width } = sidesOf(size);
    if (height === width) return undefined;
    return {
      where: "gan.rotation",
      expected: "0 where pictures are not square",
      received: `${rotation}, with --size ${size}`,
      help: "leave it out, or choose square pictures",
    };
  },

  function turnsThatCanBeSeen({ rotation = 0, augmentation, transforms }) {
    if (rotation === 0 || augmentation === "none" || !transforms.includes("quarterTurn")) return undefined;
    return {
      where: "gan.rotation",
      expected: "0 with quarterTurn in gan.transforms, after which nothing tells by how much a picture is turned",
      received: String(rotation),
      help: "leave either of them out",
    };
  },

  function takesEffect({ discriminatorSteps, r1, r1Every, lecam }, _, { steps = Number.POSITIVE_INFINITY }) {
    const late = [
      { where: "gan.discriminatorSteps", first: discriminatorSteps, what: "the generator moves" },
      { where: "gan.r1Every", first: r1 > 0 ? r1Every : 0, what: "there is a penalty" },
      { where: "gan.lecam", first: lecam > 0 ? LECAM_START + 1 : 0, what: "the regulariser begins" },
    ].find(({ first }) => first > steps);
    if (late === undefined) return undefined;
    return {
      where: late.where,
      expected: `settings with which ${late.what} before the end of the run, not first in step ${late.first}`,
      received: `--steps ${steps}`,
      help: `use --steps ${late.first} or more, or leave ${late.where} out`,
    };
  },
];
