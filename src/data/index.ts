export { BatchOrder, fillBatch } from "./batches.ts";
export { type Dataset, type SkippedFile, type Split, trainingCount } from "./dataset.ts";
export { type ImageRecord, type ImageSource, imageBytesOf, type PixelFormat, type SplitName } from "./image-source.ts";
export { type DataReport, type InspectOptions, inspectSource } from "./inspect.ts";
export { type OpenDatasetOptions, openDataset } from "./open-dataset.ts";
export { openSource } from "./open-source.ts";
export { type PackOptions, packDataset } from "./pack.ts";
export { type FormatSuggestion, suggestFormat } from "./suggest-format.ts";
