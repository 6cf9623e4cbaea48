import { locationText } from "../data/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import type { Checkpoint, ScoringNetwork } from "./checkpoints.ts";
import type { Config } from "./config.ts";

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
