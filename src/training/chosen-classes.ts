import { classDoubt, type TrainingLabels } from "../data/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import type { ModelName } from "../methods/index.ts";
import type { Reasoned } from "./automatic.ts";
import type { Choose } from "./settings/choose.ts";

/** Every image of a batch is told its class as a row of so many numbers, and every network has weights for each. */
export const MOST_CLASSES = 1000;

/** Labels a class below which each is missed. */
const FEW_LABELS = 20;

/** Classes that a reason names. */
const MOST_NAMED = 10;

/** What the number of classes is chosen from. */
export interface ClassContext {
  readonly model: ModelName;
  /** Those that training sees. */
  readonly labels: TrainingLabels;
  /** Where they come from, as errors call it. */
  readonly where: string;
}

/**
 * How many classes are learned: all that have labels, or none.
 * @param given what the user asks for.
 * @throws AtelierError (usage) for another number, or for a model that cannot do without labels; (data) where labels are no
 *   names of classes and the user does not insist, or are of too many classes.
 */
export function chosenClasses(given: number | undefined, context: ClassContext, choose: Choose): number {
  const { model, labels } = context;
  const [usual, found] = usualClasses(context);
  const reason = `${found}${labelsHeldOut(context)}`;
  if (given !== undefined && given !== 0 && given !== usual) {
    throw new AtelierError({
      kind: "usage",
      where: "classes",
      expected: usual === 0 ? `0: ${reason}` : `${usual}, as many as have labels, or 0 to leave the labels out`,
      received: String(given),
      help: `set classes to ${usual}`,
    });
  }
  if (usual > 0 && given !== 0) assertClasses(given, context);
  const classes = choose("classes", given, usual, reason);
  if (classes > 0 || model !== "feature-matching") return classes;
  const { length: there } = labels.classes;
  throw new AtelierError({
    kind: "usage",
    where: "--model feature-matching",
    expected: "labels of two classes or more: it learns a classifier",
    received: given === 0 ? "classes set to 0" : `labels of ${there} ${there === 1 ? "class" : "classes"}`,
    help: "give labels: class folders, labels.csv or --labels FILE; or train with --model gan",
  });
}

/** What is learned of the labels, by model. */
const uses: Readonly<Record<Exclude<ModelName, "vq-vae">, string>> = {
  gan: "a conditional GAN makes pictures of a class, and a classifier comes with it",
  autoencoder:
    "an autoencoder whose codes tell classes apart makes pictures of a class, and a classifier comes with it",
  vae: "a semi-supervised VAE makes pictures of a class, and a classifier comes with it",
  "feature-matching": "a classifier learns against a generator, whose pictures are of no class",
};

function usualClasses({ model, labels: { images, labelled, classes } }: ClassContext): Reasoned<number> {
  const [first] = classes;
  if (first === undefined) return [0, "no training image has a label"];
  if (labelled === 1) return [0, `only one training image has a label, ${first.name}: there is nothing to tell apart`];
  if (classes.length === 1) return [0, `all labels say ${first.name}: there is nothing to tell apart`];
  if (model === "vq-vae") return [0, "a vq-vae learns nothing from labels; gan, vae and autoencoder do"];
  const counts = classes.map((each) => each.images);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const each = `${least === most ? least : `${least} to ${most}`} of each class`;
  const known =
    labelled === images
      ? `all ${images} training images have a label, ${each}`
      : `${labelled} of ${images} training images have a label, ${each}, and the others train as well`;
  return [classes.length, `${known}: ${uses[model]}`];
}

/** What is not learned of the labels as their images are held out, where that matters. */
function labelsHeldOut({ model, labels: { classes, unlearned, withheld, images, labelled } }: ClassContext): string {
  if (model === "vq-vae") return "";
  const isFew = labelled < images && classes.some((each) => each.images < FEW_LABELS);
  const more = `${withheld} more ${withheld === 1 ? "label is on a held-out image" : "labels are on held-out images"}`;
  const names = unlearned.slice(0, MOST_NAMED).join(", ") + (unlearned.length > MOST_NAMED ? " …" : "");
  return [
    ...(unlearned.length === 0 ? [] : [`not learned, as only held-out images are labelled so: ${names}`]),
    ...(withheld === 0 || !(isFew || unlearned.length > 0)
      ? []
      : [`${more}: --set heldOut=0 trains with all, and the classifier's error is then not known`]),
  ]
    .map((part) => `; ${part}`)
    .join("");
}

/** @throws AtelierError (data) where labels are certainly no names of classes, or are of too many classes. */
function assertClasses(given: number | undefined, { labels, where }: ClassContext): void {
  const { length: there } = labels.classes;
  const without = "add --set classes=0 to train without labels";
  const doubt = classDoubt(labels);
  if (doubt !== undefined && given === undefined) {
    throw new AtelierError({
      kind: "data",
      where,
      expected: "labels that are names of classes, one an image",
      received: doubt.found,
      help: `${doubt.remedy}, or ${without}; if they are classes, add --set classes=${there}`,
    });
  }
  if (there <= MOST_CLASSES) return;
  throw new AtelierError({
    kind: "data",
    where,
    expected: `labels of at most ${MOST_CLASSES} classes`,
    received: `${there} classes`,
    help: `join classes or leave the labels of some out, or ${without}`,
  });
}
