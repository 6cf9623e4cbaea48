import type { TrainingLabels } from "../data/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import type { ModelName } from "../methods/index.ts";
import type { Reasoned } from "./automatic.ts";
import type { Choose } from "./settings/choose.ts";

/**
 * How many classes are learned: all that have labels, or none.
 * @param given what the user asks for.
 * @throws AtelierError (usage) for another number, or for a model that cannot do without labels, or with them.
 */
export function chosenClasses(
  given: number | undefined,
  model: ModelName,
  labels: TrainingLabels,
  choose: Choose,
): number {
  const [usual, reason] = usualClasses(model, labels);
  const { length: there } = labels.classes;
  if (given !== undefined && given !== 0 && given !== usual) {
    throw new AtelierError({
      kind: "usage",
      where: "classes",
      expected: usual === 0 ? `0: ${reason}` : `${usual}, as many as have labels, or 0 to leave the labels out`,
      received: String(given),
      help: `set classes to ${usual}`,
    });
  }
  const classes = choose("classes", given, usual, reason);
  if (classes > 0 || model !== "feature-matching") return classes;
  throw new AtelierError({
    kind: "usage",
    where: "--model feature-matching",
    expected: "labels of two classes or more: it learns a classifier",
    received: given === 0 ? "classes set to 0" : `labels of ${there} ${there === 1 ? "class" : "classes"}`,
    help: "give labels: class folders, labels.csv or --labels FILE; or train with --model gan",
  });
}

function usualClasses(model: ModelName, { images, labelled, classes }: TrainingLabels): Reasoned<number> {
  const [first] = classes;
  if (first === undefined) return [0, "no image has a label"];
  if (classes.length === 1) return [0, `all labels say ${first.name}: there is nothing to tell apart`];
  if (model === "vq-vae") return [0, "a vq-vae learns nothing from labels; gan, vae and autoencoder do"];
  const count = labelled === images ? `all ${images} images` : `${labelled} of ${images} images`;
  return [
    classes.length,
    `${count} have a label: pictures of a class can be asked for, and a classifier comes with them`,
  ];
}
