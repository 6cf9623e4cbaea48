import { createHash } from "node:crypto";
import { readdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { AtelierError, systemCodeOf } from "../foundation/errors.ts";
import { makeFolder, writeFileWhole } from "../foundation/files.ts";
import { broken, bytesOf, decodeTensors, encodeTensors, type TensorMap } from "./safetensors.ts";

/** Everything needed to go on as if never stopped: random numbers and the order of data follow from seed and step. */
export interface Checkpoint {
  /** Number of steps that have been made. */
  readonly step: number;
  /** Identity of the training images, see {@link identityOf}: their order must be the same when the run goes on. */
  readonly data: string;
  /** What the other files hold that the method learns from, by the key that names them; absent: there are none. */
  readonly resources?: Readonly<Record<string, string>>;
  /** The form that each convolution of the compiled step had, by its key: other forms round otherwise. */
  readonly forms: ReadonlyMap<string, string>;
  /** How often the run has gone back to a checkpoint with lower learning rates, see recovery.ts. */
  readonly recoveries: number;
  /** What the generator is scored with; absent: it is not scored. */
  readonly extractor?: ScoringNetwork;
  readonly state: TensorMap;
}

/** Of an extractor of features, what its name is and what makes two of them the same: all but the name. */
export type ScoringNetwork = z.infer<typeof extractorSchema>;

/** A checkpoint that is in a folder. */
export interface ListedCheckpoint {
  readonly step: number;
  readonly path: string;
}

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue("not JSON");
    return z.NEVER;
  }
});
const formsSchema = json.pipe(z.record(z.string(), z.string()));
const resourcesSchema = formsSchema.optional();
const extractorSchema = z.object({ name: z.string(), sha256: z.string(), layer: z.string() });

const KEPT = 2;
const PATTERN = /^step-(\d{6,})\.safetensors$/;

/** Writes a checkpoint whole or not at all, then deletes all but the newest two. Returns its path. */
export async function saveCheckpoint(folder: string, checkpoint: Checkpoint): Promise<string> {
  const { step } = checkpoint;
  const path = join(folder, `step-${String(step).padStart(6, "0")}.safetensors`);
  await writeCheckpoint(path, checkpoint);
  const older = (await listCheckpoints(folder)).filter((found) => found.step <= step).slice(0, -KEPT);
  for (const found of older) await rm(found.path, { force: true });
  // What a kill left half-written; the run's lock makes sure that no other process is writing it.
  for (const name of await readdir(folder)) if (name.endsWith(".tmp")) await rm(join(folder, name), { force: true });
  return path;
}

/** Writes a checkpoint whole or not at all to a place of its own, where no later one takes it away. */
export async function writeCheckpoint(
  path: string,
  { step, data, resources, forms, recoveries, extractor, state }: Checkpoint,
): Promise<void> {
  await makeFolder(dirname(path));
  const metadata = {
    format: "atelier-checkpoint-1",
    step: String(step),
    data,
    ...(resources && { resources: JSON.stringify(resources) }),
    forms: JSON.stringify(Object.fromEntries(forms)),
    recoveries: String(recoveries),
    ...(extractor && { extractor: JSON.stringify(extractor) }),
    sha256: digest(state),
  };
  await writeFileWhole(path, encodeTensors({ tensors: state, metadata }));
}

/** The checkpoints of a run, earliest first. */
export async function listCheckpoints(folder: string): Promise<readonly ListedCheckpoint[]> {
  const names = await readdir(folder).catch((cause: unknown): string[] => {
    if (systemCodeOf(cause) === "ENOENT") return [];
    throw cause;
  });
  return names
    .flatMap((name) => {
      const digits = PATTERN.exec(name)?.[1];
      return digits === undefined ? [] : [{ step: Number(digits), path: join(folder, name) }];
    })
    .sort((left, right) => left.step - right.step);
}

/**
 * The newest checkpoint of a run.
 * @throws AtelierError (file) when there is none or the newest one is damaged: an older one is never taken silently.
 */
export async function loadLatestCheckpoint(folder: string): Promise<Checkpoint> {
  const latest = (await listCheckpoints(folder)).at(-1);
  if (latest !== undefined) return await loadCheckpoint(latest);
  throw new AtelierError({
    kind: "file",
    where: folder,
    expected: "a checkpoint to resume from",
    received: "none: the run stopped before its first checkpoint",
    help: "delete the run's folder and train again without --resume",
  });
}

/** @throws AtelierError (file) when it is damaged. */
export async function loadCheckpoint({ step, path }: ListedCheckpoint): Promise<Checkpoint> {
  const { tensors, metadata } = decodeTensors(path, await readFile(path));
  if (metadata["sha256"] !== digest(tensors)) throw broken(path, "contents that do not match their checksum");
  const forms = formsSchema.safeParse(metadata["forms"] ?? "{}");
  if (!forms.success) throw broken(path, "forms of convolutions that cannot be read");
  const resources = resourcesSchema.safeParse(metadata["resources"]);
  if (!resources.success) throw broken(path, "identities of files that cannot be read");
  const recoveries = Number(metadata["recoveries"] ?? 0);
  if (!Number.isSafeInteger(recoveries) || recoveries < 0) throw broken(path, "no number of recoveries");
  const extractor = json.pipe(extractorSchema).optional().safeParse(metadata["extractor"]);
  if (!extractor.success) throw broken(path, "a network of scores that cannot be read");
  return {
    step,
    data: metadata["data"] ?? "",
    ...(resources.data && { resources: resources.data }),
    forms: new Map(Object.entries(forms.data)),
    recoveries,
    ...(extractor.data && { extractor: extractor.data }),
    state: tensors,
  };
}

/** SHA-256 over the pixels of a data set and the names and labels of its training images in their order. */
export function identityOf({ content, train: { names, labels } }: IdentifiedData): string {
  const hash = createHash("sha256").update(`${content}\n`);
  names.forEach((name, index) => hash.update(`${labels[index]} ${name}\n`));
  return hash.digest("hex");
}

/** What makes a data set the one that a run began with. */
export interface IdentifiedData {
  /** Hash of all images. */
  readonly content: string;
  readonly train: { readonly names: readonly string[]; readonly labels: Int32Array };
}

/** SHA-256 over names, shapes and numbers. */
function digest(tensors: TensorMap): string {
  const hash = createHash("sha256");
  for (const [name, { shape, data }] of tensors) {
    hash.update(`${name} ${shape.join()}\n`);
    hash.update(bytesOf(data));
  }
  return hash.digest("hex");
}
