import { isDeepStrictEqual } from "node:util";
import { metricDescriptions } from "../evaluation/index.ts";
import { leaves } from "./parse-config.ts";
import type { RunSummary } from "./run-summary.ts";

/** Runs side by side. */
export interface RunComparison {
  readonly runs: readonly RunSummary[];
  /** The keys of the configuration that are not the same in all runs, with each run's value; undefined: it has none. */
  readonly differences: readonly { readonly key: string; readonly values: readonly unknown[] }[];
  /** Number of the run with the best score; undefined: the scores cannot be compared, or there are none. */
  readonly best: number | undefined;
  /** What a reader of the scores must know, as sentences. */
  readonly warnings: readonly string[];
}

/** Keys that decide what a score is measured with: the real images, their form, the features, the counts. */
const MEASURE = [
  "data",
  "size",
  "channels",
  "fit",
  "crop",
  "pad",
  "filter",
  "heldOut",
  "evaluation.images",
  "evaluation.features",
] as const;

/** Keys that change which training images there are, or their labels, and not what scores are measured with. */
const OF_IMAGES = ["seed", "labels", "labelsPerClass", "mirror"] as const;

/** What differs between runs, and which one scored best. @param runs at least one. */
export function compareRuns(runs: readonly RunSummary[]): RunComparison {
  const values = runs.map(({ config }) => new Map(leaves(config)));
  const keys = [...new Set(values.flatMap((map) => [...map.keys()]))];
  const differences = keys
    .map((key) => ({ key, values: values.map((map) => map.get(key)) }))
    .filter(({ values: [first, ...others] }) => others.some((other) => !isDeepStrictEqual(first, other)));
  const differing = new Set(differences.map(({ key }) => key));
  const obstacle = obstacleTo(runs, differing);
  const warnings = [
    ...(obstacle === undefined ? [] : [`The scores cannot be compared: ${obstacle}.`]),
    ...(obstacle === undefined && differing.has("seed")
      ? ["The seeds differ, and with them which images are held out: small differences of scores say little."]
      : []),
    ...(runs.some(({ outcome }) => outcome !== "finished") ? ["Not all runs are finished."] : []),
  ];
  const best = obstacle === undefined && !differing.has("evaluation.best") ? bestOf(runs) : undefined;
  return { runs, differences, best, warnings };
}

/** Why scores of the runs cannot be compared, as a part of a sentence. */
function obstacleTo(runs: readonly RunSummary[], differing: ReadonlySet<string>): string | undefined {
  const identities = runs.flatMap(({ images }) => images ?? []);
  const areSame = identities.length === runs.length && new Set(identities).size === 1;
  // The same images may lie in another place.
  const measure = MEASURE.filter((key) => differing.has(key) && !(key === "data" && areSame));
  if (measure.length > 0) return `they are measured in different ways, as the runs differ in ${measure.join(", ")}`;
  const explained = OF_IMAGES.some((key) => differing.has(key));
  if (new Set(identities).size > 1 && !explained) return "the images of the data were changed from one run to another";
  const references = runs.flatMap(({ last }) => last?.reference ?? []);
  if (new Set(references).size > 1) return "some are against held-out images and some against training images";
  return undefined;
}

function bestOf(runs: readonly RunSummary[]): number | undefined {
  const metric = runs[0]?.config.evaluation.best ?? "kid";
  const scores = runs.flatMap(({ best }, index) => {
    const score = best?.scores[metric];
    return typeof score === "number" ? [{ index, score }] : [];
  });
  const sign = metricDescriptions[metric].better === "lower" ? 1 : -1;
  return scores.toSorted((one, other) => sign * (one.score - other.score))[0]?.index;
}
