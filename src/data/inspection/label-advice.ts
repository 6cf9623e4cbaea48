import { dirname, extname } from "node:path";
import { type ClassDoubt, classDoubt } from "../labels/class-doubts.ts";
import type { TrainingLabels } from "../labels/visible-labels.ts";
import { type Figures, grouped, images, type Rule } from "./advice-rule.ts";

export const contradictions: Rule = ({ duplicates, remarks }) => {
  const groups = duplicates.contradictions.length;
  const texts = [
    groups > 0
      ? `${groups === 1 ? "One image is" : `${grouped(groups)} images are`} there several times with different labels: decide which are right.`
      : "",
    remarks.length > 0 ? "See what is said about the labels." : "",
  ].filter((text) => text !== "");
  return texts.length === 0 ? undefined : { about: "labels", text: texts.join(" ") };
};

/** Why the labels can hardly be classes. */
function doubtOf({ classes, unlabelled, readable }: Figures): ClassDoubt | undefined {
  const labels: TrainingLabels = {
    images: readable,
    labelled: readable - unlabelled,
    classes: classes.map(({ name, count: many }) => ({ name, images: many })),
    heldOut: 0,
    unlearned: [],
    withheld: 0,
  };
  return classDoubt(labels);
}

export const noClasses: Rule = (figures) => {
  const doubt = doubtOf(figures);
  if (doubt === undefined) return undefined;
  return {
    about: "labels",
    text: `The labels are hardly names of classes: ${doubt.found}. Training asks for one of three things: ${doubt.remedy}; add --set classes=0 to train without labels; or, if they are classes, --set classes=${figures.classes.length}.`,
  };
};

export const classesAlike: Rule = (figures) => {
  const { classes } = figures;
  if (doubtOf(figures) !== undefined) return undefined;
  const spelled = new Map<string, string[]>();
  for (const { name } of classes) {
    const key = name.toLowerCase().replaceAll(/[\s_-]/g, "");
    spelled.set(key, [...(spelled.get(key) ?? []), name]);
  }
  const alike = [...spelled.values()].filter((names) => names.length > 1).map(alikeText);
  if (alike.length === 0) return undefined;
  return {
    about: "labels",
    text: `Classes whose names hardly differ: ${alike.slice(0, 3).join("; ")}. If they are one, give them one name.`,
  };
};

function alikeText(names: readonly string[]): string {
  const inCase = new Set(names.map((name) => name.toLowerCase())).size === 1;
  return `${names.join(" and ")}${inCase ? " (they differ in case only)" : ""}`;
}

export const unlabelledPlaces: Rule = ({ location, classes }) => {
  if (typeof location === "string" || location.length < 2 || classes.length > 0) return undefined;
  const folders = location.every((place) => extname(place) === "" && !place.includes(":"));
  if (!folders || new Set(location.map((place) => dirname(place))).size > 1) return undefined;
  return {
    about: "labels",
    text: "None of the places has labels: give the folder above them, to make classes of their names.",
  };
};

/** Whether labels are what is missing, rather than images. */
const hasFewLabels = ({ unlabelled, readable }: Figures): boolean => unlabelled >= readable / 2;

export const fewLabels: Rule = (figures) => {
  const { classes, unlabelled, readable } = figures;
  const labelled = readable - unlabelled;
  if (classes.length === 0 || !hasFewLabels(figures) || doubtOf(figures) !== undefined) return undefined;
  return {
    about: "labels",
    text: `Only ${grouped(labelled)} of ${images(readable)} ${labelled === 1 ? "has" : "have"} a label. All train, with a label or without${classes.length > 1 ? ": pictures of a class can be asked for afterwards, and a classifier comes with them" : ", and of one class alone nothing can be told apart"}.`,
  };
};

/** A class of fewer is hardly seen in training. */
const fewOfAClass = 10;

export const smallClasses: Rule = (figures) => {
  const { classes } = figures;
  const small = classes.filter((each) => each.count < fewOfAClass);
  if (small.length === 0 || classes.length < 2 || doubtOf(figures) !== undefined) return undefined;
  const names = small
    .slice(0, 3)
    .map(({ name, count: many }) => `${name} (${many})`)
    .join(", ");
  const more = small.length > 3 ? ", …" : "";
  const few = hasFewLabels(figures);
  const remedy = few
    ? "Further labels help most: write them into a table for train --labels FILE; after a first training, label-next names the images whose labels would help most"
    : "Add images or join classes";
  return {
    about: "labels",
    text: `${small.length === 1 ? "One class has" : `${grouped(small.length)} of ${grouped(classes.length)} classes have`} fewer than ${fewOfAClass} ${few ? "labels" : "images"}: ${names}${more}. ${remedy}.`,
  };
};

const strongImbalance = 5;

export const imbalance: Rule = (figures) => {
  const { balance, classes } = figures;
  if (balance === null || balance < strongImbalance || doubtOf(figures) !== undefined) return undefined;
  const [largest] = [...classes].sort((a, b) => b.count - a.count);
  return {
    about: "labels",
    text: `The largest class (${largest?.name ?? ""}) has ${Number(balance.toPrecision(2))} times as many images as the smallest: generated pictures will show the classes as unevenly.`,
  };
};
