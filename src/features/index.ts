export { type ImageClassifier, type TrainClassifierOptions, trainClassifier } from "./classifier/train-classifier.ts";
export { type Extraction, type ExtractorIdentity, type FeatureExtractor, identityKey } from "./extractor.ts";
export { FeatureCache } from "./feature-cache.ts";
export { type NetworkExtractor, type NetworkExtractorOptions, openNetworkExtractor } from "./network-extractor.ts";
export { type PresetName, presetNames } from "./presets.ts";
export { openRandomEmbedding } from "./random-embedding.ts";
export { openTappedNetwork, type TappedNetwork, type TappedNetworkOptions } from "./tapped-network.ts";
