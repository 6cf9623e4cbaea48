import {
  type ImageSource,
  locationText,
  measuredFormats,
  type PixelFormat,
  sidesOf,
  sizeOf,
} from "../../data/index.ts";
import { AtelierError } from "../../foundation/errors.ts";
import type { EvaluationRequest } from "./request.ts";

const channelWords = { 1: "grey", 3: "colour" } as const;

/**
 * The form of both sides' images, where it is one or the user has named it.
 * @throws AtelierError (data) when the sides differ.
 */
export async function commonFormat(
  subject: ImageSource,
  reference: ImageSource,
  { size, channels }: Pick<EvaluationRequest, "size" | "channels">,
): Promise<PixelFormat> {
  const [ofSubject, ofReference] = [await formsOf(subject), await formsOf(reference)];
  const where = `${locationText(subject)} and ${locationText(reference)}`;
  const [common] = ofSubject.sizes;
  const isOne = ofSubject.sizes.length === 1 && ofReference.sizes.length === 1 && common === ofReference.sizes[0];
  if (size === undefined && !isOne) {
    const received = `${inWords(ofSubject.sizes)} px and ${inWords(ofReference.sizes)} px`;
    const help = "add --size, such as --size 32, to bring both to one; use that of the generated images";
    throw new AtelierError({ kind: "data", where, expected: "images of one size on both sides", received, help });
  }
  if (channels === undefined && ofSubject.channels !== ofReference.channels) {
    const received = `${channelWords[ofSubject.channels]} and ${channelWords[ofReference.channels]}`;
    const help = "add --channels 1 or --channels 3 to bring both to one";
    const expected = "images of as many channels on both sides";
    throw new AtelierError({ kind: "data", where, expected, received, help });
  }
  return { ...sidesOf(size ?? common ?? 0), channels: channels ?? ofSubject.channels };
}

/** The sizes that a source's images have, and the most channels. */
async function formsOf(source: ImageSource) {
  const formats = await measuredFormats(source);
  const channels = formats.some((format) => format.channels === 3) ? (3 as const) : (1 as const);
  return { sizes: [...new Set(formats.map(sizeOf))], channels };
}

/** The first three of some sizes. */
function inWords(sizes: readonly (number | string)[]): string {
  return `${sizes.slice(0, 3).join(", ")}${sizes.length > 3 ? " …" : ""}`;
}
