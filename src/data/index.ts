export { BalancedOrder, BatchOrder, fillBatch, rowsByLabel } from "./batches.ts";
export type { Dataset, Split } from "./dataset.ts";
export { type ImageSet, imagesOf, inMemory, joinedSets } from "./image-set.ts";
export {
  type ImageRecord,
  type ImageSource,
  imagesSkipped,
  locationText,
  type SkippedFile,
  type SplitName,
} from "./image-source.ts";
export { colourspaceOf, encodePng } from "./images/encode.ts";
export { interleave } from "./images/interleave.ts";
export { type PictureSize, sidesOf, sizeOf, sizePattern } from "./images/picture-size.ts";
export {
  crops,
  type Fitting,
  filters,
  fits,
  imageBytesOf,
  type Padding,
  type PixelFormat,
  type Preparation,
  usualFitting,
} from "./images/preparation.ts";
export { type CleanOptions, type CleanReport, cleanCopy } from "./inspection/clean.ts";
export { type ContactRow, encodeContactSheet } from "./inspection/contact-sheet.ts";
export { type InspectOptions, inspectSource } from "./inspection/inspect.ts";
export { encodePreview, type PreviewOptions } from "./inspection/preview.ts";
export type { DataReport } from "./inspection/report.ts";
export { assertSheetTarget, freeTarget } from "./inspection/targets.ts";
export { type ClassDoubt, classDoubt } from "./labels/class-doubts.ts";
export { csvText } from "./labels/csv.ts";
export { type TrainingLabels, trainingLabels } from "./labels/visible-labels.ts";
export { mirrorHalf, mirrorImage } from "./mirror.ts";
export { type OpenDatasetOptions, openDataset } from "./open-dataset.ts";
export { openImage } from "./open-image.ts";
export { type OpenOptions, openSource } from "./open-source.ts";
export { recordsOf } from "./sources/folder.ts";
export { trainingCount } from "./split-rows.ts";
export {
  type CachedFeatures,
  type CachedImages,
  type CacheListing,
  type ClearedCache,
  clearCache,
  listCache,
} from "./store/cache.ts";
export { type PackOptions, packDataset } from "./store/pack.ts";
export { type FormatSuggestion, measuredFormats, suggestFormat } from "./suggest-format.ts";
