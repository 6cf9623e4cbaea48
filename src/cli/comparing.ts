import { readFile, stat } from "node:fs/promises";
import { dirname, extname } from "node:path";
import { encodeComparison } from "../export/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { makeFolder, writeFileWhole } from "../foundation/files.ts";
import { compareRuns, type RunSummary, summariseRun } from "../training/index.ts";
import { comparisonRecord, comparisonText, pictureText } from "./comparison-view.ts";

export interface CompareFlags {
  readonly out?: string;
  readonly json?: true;
}

/** Prints what differs between runs and how they scored; with `out`, draws their last samples side by side. */
export async function showComparison(paths: readonly string[], { out, json }: CompareFlags): Promise<void> {
  if (paths.length < 2) throw usage("atelier compare", "at least two runs", "one", "name another one");
  if (out !== undefined) await assertNewPicture(out);
  const runs: RunSummary[] = [];
  for (const path of paths) runs.push(await summariseRun(path));
  const comparison = compareRuns(runs);
  const drawn = out === undefined ? [] : await drawGrids(out, runs, paths);
  const picture = drawn.length === 0 ? undefined : out;
  if (json === true) {
    process.stdout.write(`${JSON.stringify(comparisonRecord(comparison, paths, picture))}\n`);
    return;
  }
  process.stdout.write(comparisonText(comparison, paths));
  if (picture !== undefined) process.stdout.write(pictureText(picture, drawn));
  else if (out !== undefined) process.stdout.write("None of the runs has samples, so that there is no picture.\n");
}

/**
 * Writes the last grids of samples of runs side by side.
 * @returns the names of the runs that have one, in the order in which they are drawn; none: nothing was written.
 */
export async function drawGrids(
  file: string,
  runs: readonly RunSummary[],
  names: readonly string[],
): Promise<readonly string[]> {
  const pictures = await Promise.all(
    runs.map(async ({ grid }, index) =>
      grid === undefined ? [] : [{ name: names[index] ?? "", bytes: await readFile(grid) }],
    ),
  );
  const drawn = pictures.flat();
  if (drawn.length === 0) return [];
  await makeFolder(dirname(file));
  await writeFileWhole(file, await encodeComparison(drawn));
  return drawn.map(({ name }) => name);
}

async function assertNewPicture(out: string): Promise<void> {
  if (extname(out).toLowerCase() !== ".png") {
    throw usage(`--out ${out}`, "FILE.png", out, "give the picture a name that ends in .png");
  }
  const found = await stat(out).catch(() => undefined);
  if (found !== undefined) throw usage(`--out ${out}`, "a new file", "one that is there already", "name another");
}

function usage(where: string, expected: string, received: string, help: string): AtelierError {
  return new AtelierError({ kind: "usage", where, expected, received, help });
}
