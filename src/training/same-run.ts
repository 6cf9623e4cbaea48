import { locationText } from "../data/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import type { Checkpoint, ScoringNetwork } from "./checkpoints.ts";
import type { Config } from "./config.ts";
import { leaves } from "./parse-config.ts";

// What must be the same when a run goes on, wherever it lies now.

/** What a resumed run found. */
export interface Found {
  /** Identity of the training images. */
  readonly images: string;
  readonly trainImages: number;
  /** What the generator is scored with; undefined: it is not scored. */
  readonly extractor: ScoringNetwork | undefined;
}

/** @throws AtelierError (data or file) when the run began with other images, or was scored with another network. */
export function assertSameRun(checkpoint: Checkpoint, found: Found, config: Pick<Config, "data" | "evaluation">): void {
  if (checkpoint.data !== found.images) {
    throw new AtelierError({
      kind: "data",
      where: locationText({ location: config.data }),
      expected: "the training images that the run began with",
      received: `others: images were changed, added, removed, renamed or given other labels (now ${found.trainImages})`,
      help: "restore the data, or start a new run",
    });
  }
  const { extractor: own } = checkpoint;
  const { extractor: given } = found;
  if (own === undefined || given === undefined) return;
  if (own.sha256 === given.sha256 && own.layer === given.layer) return;
  throw new AtelierError({
    kind: "file",
    where: config.evaluation.features ?? "evaluation.features",
    expected: `the network that the run has been scored with, ${described(own)}`,
    received: described(given),
    help: "scores by another network cannot be compared with earlier ones: give the file again, such as --set evaluation.features=FILE, or start a new run",
  });
}

function described({ name, sha256, layer }: ScoringNetwork): string {
  return `${name} (SHA-256 ${sha256.slice(0, 12)}…, layer ${layer})`;
}

/** Keys that a resumed run may be given other values of; that it is the same data and network, the checkpoint tells. */
const changeable: ReadonlySet<string> = new Set([
  "data",
  "labels",
  "steps",
  "threads",
  "features",
  "autoencoder.corruptionImages",
  "evaluation.features",
  "evaluation.patience",
]);

/**
 * What must be equal when a run is resumed: all but how long it goes on, which may grow, and how patiently, where the data, its labels and the network
 * of its scores lie, which may have moved, and the threads, which do not change the result. The device `auto` is the run's own.
 * @throws AtelierError (usage) that names the key that differs.
 */
export function assertResumable(path: string, stored: Config, given: Readonly<Record<string, unknown>>): void {
  const keptValues = new Map(leaves(stored));
  for (const [key, value] of leaves(given)) {
    const kept = keptValues.get(key);
    const equal = JSON.stringify(kept) === JSON.stringify(value);
    if (changeable.has(key) || value === undefined || equal || (key === "device" && value === "auto")) continue;
    throw new AtelierError({
      kind: "usage",
      where: `--resume ${path}`,
      expected: `the run's own ${key}, ${kept === undefined ? "none" : JSON.stringify(kept)}`,
      received: JSON.stringify(value),
      help: `leave ${key} out, or start a new run with another --out`,
    });
  }
}
