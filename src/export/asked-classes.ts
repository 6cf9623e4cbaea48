import { AtelierError } from "../foundation/errors.ts";
import { randomStream } from "../foundation/random.ts";
import { nearestName } from "../foundation/spelling.ts";
import { chosenClass } from "../methods/index.ts";
import type { GeneratorMetadata } from "./generator-file.ts";

/** A class that pictures are to be of, or a list in which pictures take turns. */
export type AskedClass = string | readonly string[];

type Known = Pick<GeneratorMetadata, "classNames" | "classShares">;

/** Classes that a generator can be asked for; empty where its pictures are of no class. */
export function classesOf({ classNames, classShares }: Known): readonly string[] {
  return classShares.length === 0 ? [] : classNames;
}

/** The class of picture `index` of a seed where none is asked for: drawn by the shares. Picture i of a seed has always the same. */
export function drawnClass({ classShares }: Known, seed: number, index: number): number {
  return chosenClass(classShares, randomStream(seed, "generate class", index).uniform());
}

/**
 * The numbers of the classes that are asked for.
 * @throws AtelierError (usage) for a name that the generator does not know, or where it knows none.
 */
export function askedNumbers(metadata: Known, asked: AskedClass): readonly number[] {
  const names = typeof asked === "string" ? [asked] : asked;
  const known = classesOf(metadata);
  if (known.length === 0) throw withoutClasses("class", metadata);
  if (names.length === 0) throw unknownClass("an empty list", "", known);
  return names.map((name) => {
    const number = known.indexOf(name);
    if (number === -1) throw unknownClass(name, name, known);
    return number;
  });
}

/** One row for each picture: 1 at its class and 0 elsewhere, [count, classes]. */
export function oneHotRows(numbers: readonly number[], classes: number): Float32Array {
  const rows = new Float32Array(numbers.length * classes);
  for (const [row, number] of numbers.entries()) rows[row * classes + number] = 1;
  return rows;
}

/** Class names that an error lists. */
const LISTED = 20;

function unknownClass(received: string, name: string, known: readonly string[]): AtelierError {
  // A number or a letter is near every other one.
  const nearest = nearestName(
    name,
    known.filter((each) => !/^(\P{L}*|.)$/u.test(each)),
  );
  const listed = known.slice(0, LISTED).join(", ") + (known.length > LISTED ? ` … (${known.length} in all)` : "");
  return new AtelierError({
    kind: "usage",
    where: "class",
    expected: `one that the generator has learned: ${listed}`,
    received,
    help: nearest === undefined ? "name one of these" : `did you mean ${nearest}?`,
  });
}

/** The error for what only a generator that has learned classes can do. @param where what asks for it. */
export function withoutClasses(where: string, { classNames }: Pick<Known, "classNames">): AtelierError {
  const hadLabels = classNames.length > 1;
  return new AtelierError({
    kind: "usage",
    where,
    expected: "a generator that has learned classes",
    received: `one whose pictures are of no class${hadLabels ? ", although its images had labels" : ""}`,
    help: hadLabels
      ? "leave it out; to make pictures of a class train with --model gan, vae or autoencoder, and without classes=0"
      : "leave it out; a model learns classes from images with labels: class folders, labels.csv or --labels FILE",
  });
}
