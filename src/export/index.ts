export { encodeArchive } from "./archive.ts";
export { Generator, type Sample, type SampleOptions } from "./generator.ts";
export { encodeGenerator, type GeneratorMetadata, readGeneratorMetadata } from "./generator-file.ts";
export { encodeGrid, encodePicture, type GridOptions, toBytes } from "./picture.ts";
export {
  againstTraining,
  type ConfigurationEntry,
  copyingNote,
  type DataSummary,
  extractorName,
  type GridAtStep,
  headlineOf,
  type Incident,
  levels,
  type Picture,
  type ReportEvaluation,
  type ReportInput,
  type ReportMetric,
  type ReportProgress,
  type ReportScoreCard,
  type ReportStep,
  reasonsAgainst,
  renderReport,
  scoredWord,
  scoreGroups,
  scoreRange,
  scoreValue,
} from "./report.ts";
