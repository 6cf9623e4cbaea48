import { rm, stat } from "node:fs/promises";
import { type Evaluation, evaluate } from "../../evaluation/index.ts";
import { makeFolder, writeFileWhole } from "../../foundation/files.ts";
import { RunFolder } from "../run-folder.ts";
import { writeRunReport } from "../run-report.ts";
import { badRequest, type EvaluationControl, type EvaluationRequest } from "./request.ts";
import { openSides } from "./sides.ts";

/** A score card, and the files that were written. */
export interface SubjectEvaluation extends Evaluation {
  readonly written: readonly string[];
}

/**
 * Scores a run's generator, a generator's file or images against real images.
 * @throws AtelierError (usage) when something is named that is not there or does not go together, (data) when there are too few
 * images, or images of different forms; the signal's reason when it aborts. Nothing is then written.
 */
export async function evaluateSubject(
  request: EvaluationRequest,
  control: EvaluationControl = {},
): Promise<SubjectEvaluation> {
  await assertFolder(request.out);
  const sides = await openSides(request, control);
  try {
    const { subject, reference, run } = sides;
    const split = request.split ?? sides.split;
    const evaluation = await evaluate({ ...request, ...control, subject, reference, split });
    control.signal?.throwIfAborted();
    // Some scores alone must not replace the run's whole card.
    const own = request.metrics === undefined ? run : undefined;
    return { ...evaluation, written: await write(evaluation, own, request.out) };
  } finally {
    await sides.close();
  }
}

/** @throws AtelierError (usage) when the place to write to is no folder: not after all the work, but before. */
async function assertFolder(out: string | undefined): Promise<void> {
  if (out === undefined) return;
  const found = await stat(out).catch(() => undefined);
  if (out !== "" && (found === undefined || found.isDirectory())) return;
  throw badRequest(`--out ${out}`, "a folder", out === "" ? "no name" : "a file", "name a folder");
}

async function write(
  { card, copies }: Evaluation,
  run: RunFolder | undefined,
  out: string | undefined,
): Promise<readonly string[]> {
  const folder = out ?? run?.path;
  if (folder === undefined) return [];
  await makeFolder(folder);
  const files = new RunFolder(folder);
  const written = [files.scores];
  await writeFileWhole(files.scores, `${JSON.stringify(card, null, 2)}\n`);
  // A picture of another evaluation would belong to no score card.
  if (copies === undefined) await rm(files.copiesPicture, { force: true });
  else {
    await writeFileWhole(files.copiesPicture, copies);
    written.push(files.copiesPicture);
  }
  if (run !== undefined && folder === run.path) {
    await writeRunReport(run);
    written.push(run.report);
  }
  return written;
}
