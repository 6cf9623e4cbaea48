// The public library. What is exported here is a contract; the rooms below may change.

export { type Dataset, type OpenDatasetOptions, openDataset, type PixelFormat, type Split } from "./data/index.ts";
export { Generator, type GeneratorMetadata, type Sample, type SampleOptions } from "./export/index.ts";
export { AtelierError, type ErrorDetails, type ErrorKind } from "./foundation/errors.ts";
export { type Config, type PartialConfig, type TrainingEvent, type TrainOptions, train } from "./training/index.ts";
