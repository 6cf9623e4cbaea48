/** What was found of copies, as numbers. */
export interface CopyEvidence {
  /** What was looked at: pictures of a generator that learned from the training images, or images of any origin. Default: generator. */
  readonly subject?: "generator" | "images" | undefined;
  readonly alarm: boolean;
  /** Share of the images looked at that are copies. */
  readonly share: number;
  /** Real images that were looked at in the same way, and how many of them would have counted as copies. */
  readonly real: { readonly copies: number; readonly images: number };
  /** Whether these are too few to compare with. */
  readonly few: boolean;
  /** C_T, where it could be measured. */
  readonly copyingZ: number | undefined;
  /** Training images without repetitions. */
  readonly different: number;
}

/** C_T below this is told. */
const FAR_BELOW = -5;

const words = {
  generator: {
    all: "pictures",
    none: "No picture is",
    original: "a training image",
    originals: "the training images",
    cause: ": the generator copies",
    remedy: "Train shorter, with more images or with --mirror.",
    blurred: "those of a blurred or little varied generator do",
  },
  images: {
    all: "images",
    none: "No image is",
    original: "images of the data they are compared with",
    originals: "the images that they are compared with",
    cause: "",
    remedy: "If a generator made them, it copies; if they are real, the two sets share images.",
    blurred: "blurred or little varied images do",
  },
} as const;

/** What was found, in a few sentences for a user. */
export function copyFinding(evidence: CopyEvidence): string {
  const { subject = "generator", alarm, share, real, few, copyingZ, different } = evidence;
  const { all, none, original, originals, cause, remedy, blurred } = words[subject];
  if (different < 2) return `${capitalised(originals)} are all the same, so nothing can be said about copies.`;
  const which = share === 0 ? none : `${percent(share)} of the ${all} are`;
  const compared = few ? "" : ` (of real images looked at in the same way: ${percent(real.copies / real.images)})`;
  const chance = share > 0 ? ": no more than chance and near-duplicates in the data explain" : "";
  const sentences = [`${which} all but equal to ${original}${compared}${alarm ? cause : chance}.`];
  if (alarm) sentences.push(remedy);
  if (few) {
    sentences.push(`Only ${real.images} real images were there to compare with, so the share alone decides.`);
  }
  if (!alarm && copyingZ !== undefined && copyingZ < FAR_BELOW) {
    sentences.push(
      `As a whole the ${all} lie nearer to ${originals} than held-out images do (C_T ${copyingZ.toFixed(1)}), as ${blurred} too: look at them beside their nearest ones.`,
    );
  }
  return sentences.join(" ");
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function percent(share: number): string {
  const value = 100 * share;
  return `${value === 0 || value >= 10 ? value.toFixed(0) : value.toFixed(1)} %`;
}
