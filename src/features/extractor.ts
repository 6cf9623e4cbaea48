import type { PixelFormat } from "../data/index.ts";

/** What decides the numbers of an extractor: scores are comparable only where all of it is equal. */
export interface ExtractorIdentity {
  /**
   * `random`: the embedded random embedding; `classifier`: a small network that learned the labels of the training images;
   * `network`: a pretrained one from the user's file.
   */
  readonly kind: "random" | "classifier" | "network";
  /** In words: `random embedding 1`, or the name of the file. */
  readonly name: string;
  /** Of the network's file; of the weights where there is no file. */
  readonly sha256: string;
  /** The value inside the network that is taken. */
  readonly layer: string;
  /** Numbers an image. */
  readonly features: number;
  /** What images are brought to before the network sees them. */
  readonly input: PixelFormat;
  /** How they are brought to that size. */
  readonly resize: string;
  /** How pixels become numbers: `RGB, 0 to 1, less 0.485 0.456 0.406, over 0.229 0.224 0.225`. */
  readonly pixels: string;
  /** Content hash of the data set whose training images it learned from; absent: none that is scored here. */
  readonly trainedOn?: string;
}

/** What a network says of a batch of images. */
export interface Extraction {
  /** [count, features] */
  readonly features: Float32Array;
  /** [count, classes]; there for classifiers. */
  readonly logits?: Float32Array;
}

/** Turns images of one format into features. */
export interface FeatureExtractor {
  readonly identity: ExtractorIdentity;
  /** The images it takes. */
  readonly format: PixelFormat;
  /** What the logits stand for; there for classifiers. `imagenet`: the 1,000 classes of ImageNet, with or without a background. */
  readonly classes?: "imagenet" | readonly string[];
  /**
   * @param images pixels 0…255, [count, channels, height, width].
   */
  extract(images: Uint8Array, count: number): Promise<Extraction>;
  release(): Promise<void>;
}

/** Whether two extractors give the same features: everything but their input's format is equal. */
export function identityKey(identity: ExtractorIdentity): string {
  return JSON.stringify(Object.entries(identity).sort(([one], [other]) => (one < other ? -1 : 1)));
}
