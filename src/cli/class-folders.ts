import { recordsOf } from "../data/index.ts";

/** What file systems or Atelier's own reading of folders would take for something else. */
const unfit = /[\p{Cc}/\\:*?"<>|]|^\.|[. ]$/gu;
/** Letters of a name: file systems take 255 bytes. */
const LONGEST = 60;

/**
 * A folder's name for each class: the class's own, with `_` for characters that no folder may have, and a number behind
 * where two would be the same, also to a file system that does not know small letters from large ones. `_` is added to names that
 * would be read as something else than a class: `unlabelled`, or `train` beside `test`.
 */
export function folderNames(classNames: readonly string[]): ReadonlyMap<string, string> {
  const possible = classNames.map((name) => Array.from(name.replace(unfit, "_")).slice(0, LONGEST).join("") || "_");
  const read = recordsOf(possible.map((folder) => `${folder}/0.png`));
  const taken = new Set<string>();
  return new Map(
    classNames.map((name, index) => {
      const usual = `${possible[index] ?? ""}${read[index]?.label === possible[index] ? "" : "_"}`;
      let folder = usual;
      for (let number = 2; taken.has(folder.toLowerCase()); number++) folder = `${usual}-${number}`;
      taken.add(folder.toLowerCase());
      return [name, folder];
    }),
  );
}
