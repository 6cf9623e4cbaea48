import type { ImageSource } from "../image-source.ts";
import type { Preparation } from "../images/preparation.ts";
import { classNamesOf } from "../labels/class-names.ts";
import { encodeSheet, ground, magnify } from "./canvas.ts";
import { decodeOriginal, fillPlaces, runsOf } from "./originals.ts";

const cell = 64;
const perRow = 12;
const mostRows = 40;
/** Pictures of a source without any label. */
const mostUnlabelled = 96;

const thumbnail: Preparation = {
  format: { height: cell, width: cell, channels: 3 },
  fitting: { fit: "contain", pad: ground, filter: "lanczos3" },
};

/** One class of a contact sheet. */
export interface ContactRow {
  /** null: the images without a label. */
  readonly label: string | null;
  /** Images of the class that the source lists, broken ones among them. */
  readonly count: number;
  /** Pictures of it on the sheet; none when there are too many classes, or all that were tried are broken. */
  readonly shown: number;
}

/**
 * A picture of what a source holds: one row of thumbnails for each class, in the order of the class names, images without a label last;
 * up to 12 in a row, spread over the class. Of more than 40 classes the largest have a row. Where no image has a label: up to 96
 * images in rows of 12. Only the images that are shown are read; a broken one gives way to another.
 * @returns the PNG, and every class; those with pictures stand in this order from top to bottom.
 * @throws AtelierError (data) when there is no image that can be shown.
 */
export async function encodeContactSheet(
  source: ImageSource,
): Promise<{ readonly png: Buffer; readonly rows: readonly ContactRow[] }> {
  const classes = classesOf(source);
  const labelled = classes.some(({ label }) => label !== null);
  const bySize = [...classes].sort((a, b) => b.indices.length - a.indices.length);
  const chosen = new Set(bySize.slice(0, mostRows));
  const placesOf = classes.map((each) =>
    chosen.has(each) ? runsOf(each.indices, labelled ? perRow : mostUnlabelled) : [],
  );
  const filled = await fillPlaces(source, placesOf.flat(), async (original) =>
    magnify(await decodeOriginal(original, thumbnail), thumbnail.format, 1),
  );
  let next = 0;
  const pictures = placesOf.map((places) => {
    const ofClass = filled.slice(next, next + places.length).filter((picture) => picture !== undefined);
    next += places.length;
    return ofClass;
  });
  const lines = pictures.flatMap((ofClass) => runsOfLength(ofClass, perRow));
  return {
    png: await encodeSheet(lines, { width: cell, height: cell }),
    rows: classes.map(({ label, indices }, row) => ({
      label,
      count: indices.length,
      shown: pictures[row]?.length ?? 0,
    })),
  };
}

/** The images of each class by their indices; those without a label last. */
function classesOf({
  records,
}: ImageSource): readonly { readonly label: string | null; readonly indices: readonly number[] }[] {
  const indices = new Map<string | null, number[]>();
  for (const [index, { label }] of records.entries()) {
    const ofLabel = indices.get(label);
    if (ofLabel === undefined) indices.set(label, [index]);
    else ofLabel.push(index);
  }
  const labels = [...classNamesOf(indices.keys()), ...(indices.has(null) ? [null] : [])];
  return labels.map((label) => ({ label, indices: indices.get(label) ?? [] }));
}

function runsOfLength<Entry>(entries: readonly Entry[], length: number): readonly (readonly Entry[])[] {
  return Array.from({ length: Math.ceil(entries.length / length) }, (_, run) =>
    entries.slice(run * length, (run + 1) * length),
  );
}
