import { stat } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { Generator } from "../export/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { generatorOf, RunFolder } from "../training/index.ts";
import { assertUnused, freePath } from "./free-target.ts";

/**
 * Where results of a model go: to what `--out` names, or to a new place in the run, or beside the file.
 * @param usual name of a file or folder there.
 * @throws AtelierError (usage) when something is there that would be lost.
 */
export async function targetOf(model: string, out: string | undefined, usual: string): Promise<string> {
  if (out === undefined) return await freePath(join((await isFolder(model)) ? model : dirname(model), usual));
  await assertUnused(out, `what is made then goes to a new ${usual} beside the model`);
  return out;
}

/** @param help what each of the two gets. @throws AtelierError (usage) for another ending than that of a folder or a PNG. */
export function assertFolderOrPng(target: string, help: string): void {
  if (["", ".png"].includes(extname(target).toLowerCase())) return;
  throw new AtelierError({ kind: "usage", where: "--out", expected: "a folder or FILE.png", received: target, help });
}

/**
 * The generator of a run, or of a file.
 * @param best of a run, the generator that scored best while it learned, instead of the last one.
 * @throws AtelierError as `Generator.load`, and (usage) for a folder that is no run.
 */
export async function openGenerator(model: string, best = false): Promise<Generator> {
  const file = best || (await isFolder(model)) ? await generatorOf(new RunFolder(model), { best }) : model;
  return await Generator.load(file);
}

/** What `--class` takes besides names, for each class in turn. */
const ALL = "all";

/**
 * The classes that `--class` names, each use of it a name or names with commas; undefined where it is not given. Whether a
 * generator knows them is for the generator to say.
 */
export function namedClasses(
  { classNames }: Pick<Generator, "classNames">,
  given: readonly string[] | undefined,
): readonly string[] | undefined {
  return given?.flatMap((text) => {
    // A name may have commas in it.
    const names = classNames.includes(text) ? [text] : text.split(",").map((name) => name.trim());
    return names.flatMap((name) =>
      name === ALL && classNames.length > 0 && !classNames.includes(ALL) ? classNames : [name],
    );
  });
}

async function isFolder(model: string): Promise<boolean> {
  return (await stat(model).catch(() => undefined))?.isDirectory() ?? false;
}

/**
 * Flags that do not go together with what else is asked for.
 * @param given the flags' values; those that are undefined are not given.
 * @throws AtelierError (usage) for the first that is given.
 */
export function refuseBeside(why: string, given: Readonly<Record<string, unknown>>, help: string): void {
  const [flag] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (flag === undefined) return;
  const name = flag.length === 1 ? `-${flag}` : `--${flag}`;
  throw new AtelierError({ kind: "usage", where: name, expected: `no ${name} ${why}`, received: "it", help });
}
