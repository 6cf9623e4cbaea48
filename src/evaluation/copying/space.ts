import { type ImageSet, imageBytesOf, type PixelFormat } from "../../data/index.ts";
import type { FeatureExtractor } from "../../features/index.ts";
import type { FeatureMatrix } from "../../metrics/index.ts";
import { type ExtractionOptions, extractFeatures } from "../extraction.ts";

/** A space in which distances between images are measured. */
export interface Space {
  readonly name: "features" | "pixels";
  /** Where images lie in it. Pixels 0…255, [count, channels, height, width]. */
  place(images: Uint8Array, options: Pick<ExtractionOptions, "signal">): Promise<FeatureMatrix>;
}

/** The features of an extractor. */
export function featureSpace(extractor: FeatureExtractor): Space {
  const { format } = extractor;
  const size = imageBytesOf(format);
  return {
    name: "features",
    place: async (images, options) => {
      const read: ImageSet["read"] = async (first, count) => images.subarray(first * size, (first + count) * size);
      return (await extractFeatures(extractor, { format, count: images.length / size, read }, options)).features;
    },
  };
}

/** Longest side of the small pictures that are compared. */
const SIDE = 16;

/**
 * The pixels, 0…1, of pictures that are made small and equally bright: at most 16 pixels a side, each the mean of the area that it
 * covers, so that noise averages out; less the mean over all of them, so that a copy that is a little brighter stays one.
 */
export function pixelSpace(format: PixelFormat): Space {
  const { channels, height, width } = format;
  const [down, along] = [areaShares(height, Math.min(height, SIDE)), areaShares(width, Math.min(width, SIDE))];
  const dimension = channels * down.length * along.length;
  return {
    name: "pixels",
    place: async (images) => {
      const values = new Float32Array((images.length / imageBytesOf(format)) * dimension);
      let next = 0;
      for (let plane = 0; plane < images.length; plane += height * width) {
        for (const rows of down) {
          for (const columns of along) {
            let mean = 0;
            for (const [y, share] of rows) {
              for (const [x, part] of columns) mean += share * part * (images[plane + y * width + x] ?? 0);
            }
            values[next++] = mean / 255;
          }
        }
      }
      for (let from = 0; from < values.length; from += dimension) centre(values.subarray(from, from + dimension));
      return { count: values.length / dimension, dimension, values };
    },
  };
}

function centre(values: Float32Array): void {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  for (const [index, value] of values.entries()) values[index] = value - mean;
}

type Share = readonly [index: number, share: number];

/** For each of `to` equal parts of a side of `from` pixels: the pixels it covers, each with its share of the part. */
function areaShares(from: number, to: number): readonly (readonly Share[])[] {
  const length = from / to;
  return Array.from({ length: to }, (_, part) => {
    const [start, end] = [part * length, (part + 1) * length];
    const shares: Share[] = [];
    for (let index = Math.floor(start); index < Math.min(from, Math.ceil(end)); index++) {
      const covered = Math.min(end, index + 1) - Math.max(start, index);
      if (covered > 1e-9) shares.push([index, covered / length]);
    }
    return shares;
  });
}
