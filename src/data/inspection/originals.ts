import { AtelierError, messageOf } from "../../foundation/errors.ts";
import { decodesAtOnce, forEachOf } from "../concurrency.ts";
import { type Delivery, type ImageSource, locationText, recordAt } from "../image-source.ts";
import { decodeDrawing, decodeImage } from "../images/decode.ts";
import { identifyImage } from "../images/image-file.ts";
import { imageBytesOf, type Preparation } from "../images/preparation.ts";
import { scaleImages } from "../images/strip.ts";

/** One image as it is stored; pixels have `count` 1. */
export type Original = Exclude<Delivery, { kind: "broken" }>;

/**
 * Hands out the wanted images of a source and no others: each alone, broken neighbours together.
 * @param wanted ascending indices
 */
export async function* originalsOf(
  source: Pick<ImageSource, "images">,
  wanted: readonly number[],
): AsyncGenerator<Delivery> {
  const isWanted = new Set(wanted);
  for await (const delivery of source.images(wanted)) {
    if (delivery.kind === "file" || delivery.kind === "drawing") {
      if (isWanted.has(delivery.index)) yield delivery;
    } else {
      const end = delivery.first + delivery.count;
      for (let first = delivery.first; first < end; first++) {
        if (!isWanted.has(first)) continue;
        if (delivery.kind === "pixels") {
          const size = imageBytesOf(delivery.format);
          const at = (first - delivery.first) * size;
          yield { ...delivery, first, count: 1, pixels: delivery.pixels.subarray(at, at + size) };
        } else {
          let count = 1;
          while (first + count < end && isWanted.has(first + count)) count++;
          yield { ...delivery, first, count };
          first += count;
        }
      }
    }
  }
}

/** Where an image stands in its source; the first of several. */
export function indexOf(delivery: Delivery): number {
  return delivery.kind === "file" || delivery.kind === "drawing" ? delivery.index : delivery.first;
}

/**
 * Pixels 0..255 `[channels, height, width]` of an image as the network sees it.
 * @throws Error with a short reason when it is broken.
 */
export async function decodeOriginal(original: Original, preparation: Preparation): Promise<Uint8Array> {
  switch (original.kind) {
    case "file":
      return await decodeImage(identifyImage(await original.load()), preparation);
    case "drawing":
      return await decodeDrawing((side) => original.draw(side), preparation);
    case "pixels":
      return await scaleImages(original.pixels, original.format, preparation);
  }
}

/** A place stays empty when so many of its candidates are broken. */
const mostCandidates = 64;

/**
 * Fills places with images, each with the first of its candidates that is not broken. The source is gone through a few times only:
 * for the first candidates, and where these are broken for as many more as were tried, and so on.
 * @param places candidates of each place, the preferred first: indices; none stands at two places.
 * @param picture makes what stands at the place. @throws Error when the image is broken.
 * @returns one entry a place; undefined where no candidate can be used.
 * @throws AtelierError (data) when all places would stay empty.
 */
export async function fillPlaces<Picture>(
  source: ImageSource,
  places: readonly (readonly number[])[],
  picture: (original: Original) => Promise<Picture>,
): Promise<readonly (Picture | undefined)[]> {
  const filled = new Map<number, Picture>();
  const broken: string[] = [];
  const passOver = (index: number, reason: string): void => {
    broken.push(`${recordAt(source, index).name}: ${reason}`);
  };
  for (let tried = 0; tried < mostCandidates; tried = Math.max(1, 2 * tried)) {
    const until = Math.max(1, 2 * tried);
    const candidates = new Map<number, { readonly place: number; readonly rank: number }>();
    for (const [place, indices] of places.entries()) {
      if (filled.has(place)) continue;
      for (const [rank, index] of indices.slice(tried, until).entries()) candidates.set(index, { place, rank });
    }
    if (candidates.size === 0) break;
    const rankAt = new Map<number, number>();
    const wanted = [...candidates.keys()].sort((a, b) => a - b);
    await forEachOf(originalsOf(source, wanted), decodesAtOnce, async (original) => {
      const index = indexOf(original);
      if (original.kind === "broken") {
        passOver(index, original.reason);
        return;
      }
      const { place = 0, rank = 0 } = candidates.get(index) ?? {};
      const isPreferred = (): boolean => rank < (rankAt.get(place) ?? mostCandidates);
      if (!isPreferred()) return;
      try {
        const made = await picture(original);
        // Meanwhile another may have come.
        if (!isPreferred()) return;
        filled.set(place, made);
        rankAt.set(place, rank);
      } catch (cause) {
        passOver(index, messageOf(cause));
      }
    });
  }
  if (filled.size === 0) {
    throw new AtelierError({
      kind: "data",
      where: locationText(source),
      expected: "images that can be read",
      received: broken[0] ?? "no images",
      help: "run `atelier data` on it: it names every broken file with the reason",
    });
  }
  return places.map((_, place) => filled.get(place));
}

/**
 * Cuts a list into `count` runs of neighbours whose lengths differ by one at most; as many as there are entries where these are
 * fewer. One of each makes a choice that is spread over the list.
 */
export function runsOf<Entry>(entries: readonly Entry[], count: number): readonly (readonly Entry[])[] {
  const runs = Math.min(count, entries.length);
  const at = (run: number): number => Math.floor((run * entries.length) / runs);
  return Array.from({ length: runs }, (_, run) => entries.slice(at(run), at(run + 1)));
}
