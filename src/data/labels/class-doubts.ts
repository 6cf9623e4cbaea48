import type { TrainingLabels } from "./visible-labels.ts";

/** Why labels can hardly be classes. */
export interface ClassDoubt {
  /** What they seem to be instead, with an example. */
  readonly found: string;
  /** What would make classes of them. */
  readonly remedy: string;
}

/**
 * Says where labels are certainly something else than names of classes: measured values, lists of several attributes in one
 * cell, or texts that each belong to one image. Undefined where they may be classes, however many or few images each has.
 */
export function classDoubt(labels: TrainingLabels): ClassDoubt | undefined {
  return measures(labels) ?? lists(labels) ?? namesOfImages(labels);
}

const number = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;

/** Distinct fractions up to which they may be levels of something, such as doses. */
const MOST_LEVELS = 20;

/** Fractions: 1.0 and 2.0 are numbered classes that went through a spreadsheet. */
function measures({ classes }: TrainingLabels): ClassDoubt | undefined {
  if (!classes.every(({ name }) => number.test(name))) return undefined;
  const fractions = classes.filter(({ name }) => !Number.isInteger(Number(name)));
  if (2 * fractions.length < classes.length || classes.length < 3) return undefined;
  if (classes.length <= MOST_LEVELS && 2 * singles(classes) <= classes.length) return undefined;
  return {
    found: `${classes.length} different numbers, such as ${examples(fractions)}: measured values`,
    remedy: "write a class for each range of them, such as small and large",
  };
}

// A comma with a blank behind it may stand in a name: "Paris, France".
const separators = [/[;|]/, /,(?!\s)/];

/** Cells in which parts come again in other combinations. */
function lists({ classes }: TrainingLabels): ClassDoubt | undefined {
  for (const separator of separators) {
    const joined = classes.filter(({ name }) => separator.test(name));
    if (2 * joined.length < classes.length) continue;
    const parts = joined.flatMap(({ name }) => [...new Set(name.split(separator).map((part) => part.trim()))]);
    if (new Set(parts).size === parts.length) continue;
    return {
      found: `several labels in one cell, such as ${examples(joined)}`,
      remedy: "keep the one that matters most in each cell",
    };
  }
  return undefined;
}

/** Classes up to which each may have a single image: a few labels of many images are what this is made for. */
const MOST_SINGLE = 10;

function namesOfImages({ images, classes }: TrainingLabels): ClassDoubt | undefined {
  const alone = singles(classes);
  if (classes.length <= MOST_SINGLE || 2 * alone <= images) return undefined;
  return {
    found: `${alone} labels of one image each among ${images} training images, such as ${examples(classes.filter(isSingle))}`,
    remedy: "give images that belong together one label",
  };
}

type Classes = TrainingLabels["classes"];

function isSingle({ images }: Classes[number]): boolean {
  return images === 1;
}

function singles(classes: Classes): number {
  return classes.filter(isSingle).length;
}

function examples(classes: Classes): string {
  const named = classes.slice(0, 2).map(({ name }) => (name.length <= 40 ? name : `${name.slice(0, 39)}…`));
  return named.join(" and ");
}
