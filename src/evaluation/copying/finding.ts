/** What was found of copies, as numbers. */
export interface CopyEvidence {
  readonly alarm: boolean;
  /** Share of the generated images that are copies. */
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

/** What was found, in a few sentences for a user. */
export function copyFinding({ alarm, share, real, few, copyingZ, different }: CopyEvidence): string {
  if (different < 2) return "The training images are all the same, so nothing can be said about copies.";
  const which = share === 0 ? "No picture is" : `${percent(share)} of the pictures are`;
  const compared = few ? "" : ` (of real images looked at in the same way: ${percent(real.copies / real.images)})`;
  const sentences = [`${which} all but equal to a training image${compared}${meaning(alarm, share)}.`];
  if (alarm) sentences.push("Train shorter, use augmentation or more images.");
  if (few) {
    sentences.push(`Only ${real.images} real images were there to compare with, so the share alone decides.`);
  }
  if (!alarm && copyingZ !== undefined && copyingZ < FAR_BELOW) {
    sentences.push(
      `As a whole the pictures lie nearer to the training images than held-out images do (C_T ${copyingZ.toFixed(1)}), as those of a blurred or little varied generator do too: look at them beside their nearest training images.`,
    );
  }
  return sentences.join(" ");
}

function meaning(alarm: boolean, share: number): string {
  if (alarm) return ": the generator copies";
  return share > 0 ? ": no more than chance and near-duplicates in the data explain" : "";
}

function percent(share: number): string {
  const value = 100 * share;
  return `${value === 0 || value >= 10 ? value.toFixed(0) : value.toFixed(1)} %`;
}
