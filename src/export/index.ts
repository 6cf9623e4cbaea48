export { encodeArchive } from "./archive.ts";
export { Generator, type Sample, type SampleOptions } from "./generator.ts";
export { encodeGenerator, type GeneratorMetadata, readGeneratorMetadata } from "./generator-file.ts";
export { encodeGrid, encodePicture, type GridOptions, toBytes } from "./picture.ts";
export {
  type ConfigurationEntry,
  type DataSummary,
  type GridAtStep,
  type Incident,
  type Picture,
  protocolRows,
  type ReportEvaluation,
  type ReportInput,
  type ReportMetric,
  type ReportProgress,
  type ReportScoreCard,
  type ReportStep,
  rangeNotes,
  realImages,
  renderReport,
  scoreRange,
  scoreValue,
} from "./report.ts";
