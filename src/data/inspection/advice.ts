import { type Advice, type Figures, grouped, images, percent, type Rule } from "./advice-rule.ts";
import {
  classesAlike,
  contradictions,
  fewLabels,
  imbalance,
  noClasses,
  smallClasses,
  unlabelledPlaces,
} from "./label-advice.ts";

/** What to do about a data set, from its figures alone; most important first. Every flag that is named exists. */
export function adviceFor(figures: Figures): readonly Advice[] {
  if (figures.readable === 0)
    return [{ about: "files", text: "No image can be read. Each is listed with the reason." }];
  return [
    leak,
    contradictions,
    noClasses,
    classesAlike,
    copies,
    brokenFiles,
    count,
    unlabelledPlaces,
    fewLabels,
    smallClasses,
    imbalance,
    shape,
    size,
    colours,
    blank,
    look,
  ].flatMap((rule) => rule(figures) ?? []);
}

/** Copies with different labels are all left out. */
const butContradictions = ({ duplicates }: Figures): string =>
  duplicates.contradictions.length === 0
    ? ""
    : ", except those whose labels contradict each other: it holds none of them";

const leak: Rule = (figures) => {
  const { acrossParts } = figures.duplicates;
  if (acrossParts.length === 0) return undefined;
  const test = acrossParts.reduce((sum, shared) => sum + shared.test.length, 0);
  const verb = test === 1 ? "is" : "are";
  const near = acrossParts.some(({ likeness }) => likeness === "near")
    ? " (with --near, those that only look the same, too)"
    : "";
  return {
    about: "leak",
    text: `${images(test)} of the test part ${verb} also in the training part: scores on such images say nothing about new ones. --clean OUT writes a copy of the data that keeps each in the test part only${near}${butContradictions(figures)}.`,
  };
};

const copies: Rule = (figures) => {
  const { duplicates, splits, readable } = figures;
  const { exact, near } = duplicates;
  const [equal, alike] = [exact, near].map((groups) => groups.reduce((sum, group) => sum + group.length - 1, 0));
  const extra = (equal ?? 0) + (alike ?? 0);
  if (extra === 0) return undefined;
  const share = extra / readable >= 0.01 ? ` (${percent(extra / readable)})` : "";
  const heldOut = splits === null ? " and may stand on both sides of the held-out tenth" : "";
  const once = `writes a copy of the data that has each image once${butContradictions(figures)}.`;
  const remedy =
    alike === 0
      ? `--clean OUT ${once}`
      : `Look at those that only look the same: where they really are, --clean OUT --near ${once}`;
  return {
    about: "duplicates",
    text: `${images(extra)}${share} ${extra === 1 ? "is a copy of another" : "are copies of others"}: copies weigh more in training${heldOut}. ${remedy}`,
  };
};

const brokenFiles: Rule = ({ found, readable }) => {
  const lost = found - readable;
  if (lost === 0) return undefined;
  return {
    about: "files",
    text: `${images(lost)} of ${grouped(found)} cannot be read and ${lost === 1 ? "is" : "are"} left out of training; each is listed with the reason.`,
  };
};

const mirrored = "--mirror doubles them where left and right may be swapped (not for letters or digits).";

const count: Rule = ({ readable }) => {
  const text =
    readable < 100
      ? `Expect copies of them rather than new pictures: a few hundred of one kind of subject are the least. ${mirrored}`
      : readable < 1_000
        ? `Expect rough pictures of what most of them have in common, and copies after long training. Many images of one kind of subject help most. ${mirrored}`
        : readable < 10_000
          ? `Enough for one kind of subject; where subjects vary much, expect the most common ones. ${mirrored}`
          : "Enough that training for longer (train --steps N) is likely to help more than further images.";
  return { about: "count", text: `${images(readable)}. ${text}` };
};

/** From this share on, a crop to a square is worth a thought. */
const noticeableCut = 0.15;

/** Training makes pictures whose sides are multiples of 4 from 16 to 256 pixels. */
const smallestSide = 16;
const largestSide = 256;

const shape: Rule = ({ sizes }) => {
  if (sizes === null || sizes.cutBySquare.median < noticeableCut) return undefined;
  const { aspect, cutBySquare, suggested } = sizes;
  const cut = `Most images are not square: a square crop cuts off ${percent(cutBySquare.median)} of an image (median). --fit contain --pad edge keeps all of it`;
  const long = Math.max(aspect.median, 1 / aspect.median);
  const alike = aspect.smallest > aspect.median / 1.25 && aspect.largest < aspect.median * 1.25;
  const longer = Math.round((suggested * long) / 4) * 4;
  const size = aspect.median > 1 ? `${longer}x${suggested}` : `${suggested}x${longer}`;
  const own = alike && longer <= largestSide ? `, and --size ${size} gives pictures of their own shape` : "";
  return { about: "shape", text: `${cut}${own}. --preview FILE.png shows what a choice does.` };
};

const size: Rule = ({ sizes, readable }) => {
  if (sizes === null || sizes.belowSuggested === 0 || sizes.belowSuggested > readable / 2) return undefined;
  const smaller = sizes.suggested > smallestSide ? " A smaller --size avoids that." : "";
  return {
    about: "size",
    text: `${images(sizes.belowSuggested)} ${sizes.belowSuggested === 1 ? "is" : "are"} smaller than the ${sizes.suggested} px that Atelier suggests for training, and will be scaled up: blurred.${smaller}`,
  };
};

const colours: Rule = ({ colours: { colour, grey: stored, colourless }, modes }) => {
  const grey = stored + colourless;
  const cmyk = modes?.colourSpaces["cmyk"] ?? 0;
  const print =
    cmyk > 0
      ? `${images(cmyk)} ${cmyk === 1 ? "is" : "are"} stored in CMYK, for print: converted colours may look different. `
      : "";
  const all = colour + stored;
  const mixed =
    colourless > 0 && grey === all
      ? "All images are grey, though stored in colour: --channels 1 trains on a third of the numbers."
      : grey > 0 && grey < all
        ? `${images(grey)} of ${grouped(all)} ${grey === 1 ? "is" : "are"} grey among coloured ones: some generated pictures will be, too. --channels 1 makes all grey.`
        : "";
  const text = `${print}${mixed}`.trim();
  return text === "" ? undefined : { about: "colour", text };
};

const blank: Rule = ({ oddities }) => {
  const empty = oddities.blank.length;
  if (empty === 0) return undefined;
  const white =
    oddities.blankTransparent.length > 0
      ? ` ${grouped(oddities.blankTransparent.length)} of them have transparency, which is laid on white: white drawings vanish.`
      : "";
  return {
    about: "look",
    text: `${images(empty)} ${empty === 1 ? "shows" : "show"} nothing but one colour.${white} --clean OUT writes a copy of the data without ${empty === 1 ? "it" : "them"}.`,
  };
};

const look: Rule = ({ oddities: { outliers, dark, bright } }) => {
  const unusual = new Set([...outliers.map(({ name }) => name), ...dark, ...bright]).size;
  if (unusual === 0) return undefined;
  return {
    about: "look",
    text: `Look at the ${unusual === 1 ? "image that stands" : `${grouped(unusual)} images that stand`} out: a screenshot or a scan among photographs is worth taking away; a rare but right image is not.`,
  };
};
