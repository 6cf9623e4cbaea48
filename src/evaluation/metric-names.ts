/** Scores that ask which images lie in the neighbourhoods of the other side's. */
export const manifoldMetrics = ["precision", "recall", "density", "coverage"] as const;

/** Scores that compare the features of two sets of images. */
export const comparedMetrics = ["fid", "fid-infinity", "kid", ...manifoldMetrics] as const;

/** Scores of how near reconstructions come to real images. */
export const reconstructionMetrics = ["mse", "psnr", "ssim"] as const;

/** Scores of how probable a model finds real images. */
export const likelihoodMetrics = ["bound", "likelihood"] as const;

/** Scores by their names in cards, events and configurations. */
export const metricNames = [
  ...comparedMetrics,
  "inception-score",
  "label-accuracy",
  "classification-accuracy",
  "classifier-error",
  "authentic",
  "copying-z",
  "copies",
  "duplicates",
  ...reconstructionMetrics,
  ...likelihoodMetrics,
] as const;

export type MetricName = (typeof metricNames)[number];

/** Scores that a run gets while it learns, and no card has: of its own classifier. */
export const trainingMetrics = ["own-classifier-error"] as const;

/** Every score that has a description. */
export const scoreNames = [...metricNames, ...trainingMetrics] as const;

export type ScoreName = (typeof scoreNames)[number];

/** What a score is called on a page, and which way is better. */
export interface MetricDescription {
  readonly title: string;
  /** `none`: neither way is better as such. */
  readonly better: "lower" | "higher" | "none";
  /** `share`: of 1, shown in per cent. */
  readonly unit: "number" | "share";
  /** What it says, for someone who does not know it. One sentence without a full stop. */
  readonly meaning: string;
}

export const metricDescriptions: Readonly<Record<ScoreName, MetricDescription>> = {
  fid: {
    title: "FID",
    better: "lower",
    unit: "number",
    meaning:
      "how unlike the real images the generated ones are as a whole; 0 where alike, but too high with few images",
  },
  "fid-infinity": {
    title: "FID-infinity",
    better: "lower",
    unit: "number",
    meaning: "what FID would be with endlessly many images",
  },
  kid: {
    title: "KID",
    better: "lower",
    unit: "number",
    meaning: "how unlike the real images the generated ones are as a whole, also with few images; about 0 where alike",
  },
  precision: {
    title: "Precision",
    better: "higher",
    unit: "share",
    meaning: "how many generated images are like some real image",
  },
  recall: {
    title: "Recall",
    better: "higher",
    unit: "share",
    meaning: "how many real images are like some generated image",
  },
  density: {
    title: "Density",
    better: "higher",
    unit: "number",
    meaning: "like precision, but odd real images do not raise it; about 1 where alike",
  },
  coverage: {
    title: "Coverage",
    better: "higher",
    unit: "share",
    meaning: "how many real images have a generated one close by; about 1 where alike, low where kinds are missing",
  },
  "inception-score": {
    title: "Inception score",
    better: "higher",
    unit: "number",
    meaning:
      "how clearly an ImageNet classifier sees something in each image, and how varied; real images are not looked at",
  },
  "label-accuracy": {
    title: "Label accuracy",
    better: "higher",
    unit: "share",
    meaning: "how many generated images a classifier of real images puts into the class that was asked for",
  },
  "classification-accuracy": {
    title: "Classification accuracy score",
    better: "higher",
    unit: "share",
    meaning: "how many real images a classifier gets right that learned from generated ones alone",
  },
  "classifier-error": {
    title: "Classifier error",
    better: "lower",
    unit: "share",
    meaning: "how many held-out real images the classifier behind label accuracy gets wrong",
  },
  "own-classifier-error": {
    title: "Own classifier's error",
    better: "lower",
    unit: "share",
    meaning: "how many held-out images the classifier that is trained takes for another class than their labels say",
  },
  authentic: {
    title: "Authentic",
    better: "higher",
    unit: "share",
    meaning:
      "how many generated images are farther from their nearest training image than it is from its own nearest, mirror images included",
  },
  "copying-z": {
    title: "Copying C_T",
    better: "none",
    unit: "number",
    meaning:
      "whether generated images lie closer to the training images than unseen real ones do; about 0 is good, below about -3 they are copied, blurred or little varied",
  },
  copies: {
    title: "Copies",
    better: "lower",
    unit: "share",
    meaning: "how many generated images are all but equal to a training image or its mirror image",
  },
  duplicates: {
    title: "Duplicates",
    better: "lower",
    unit: "share",
    meaning: "how many generated images are all but equal to another generated one",
  },
  mse: {
    title: "MSE",
    better: "lower",
    unit: "number",
    meaning: "mean squared difference of an image's pixels, as numbers 0 to 1, from those of its reconstruction",
  },
  psnr: {
    title: "PSNR",
    better: "higher",
    unit: "number",
    meaning: "peak signal-to-noise ratio of reconstructions in decibels, the mean over images",
  },
  ssim: {
    title: "SSIM",
    better: "higher",
    unit: "number",
    meaning: "structural similarity of images and their reconstructions; 1 where equal",
  },
  bound: {
    title: "Negative ELBO",
    better: "lower",
    unit: "number",
    meaning: "nats an image that the model takes at most, by one code each; what training makes small",
  },
  likelihood: {
    title: "Negative log-likelihood",
    better: "lower",
    unit: "number",
    meaning: "nats an image that the model takes at most, by many codes each: the closer bound",
  },
};

/** Names that a user may give for several scores at once. */
export const metricGroups = {
  fid: ["fid", "fid-infinity"],
  kid: ["kid"],
  prdc: manifoldMetrics,
  is: ["inception-score"],
  class: ["classifier-error", "label-accuracy", "classification-accuracy"],
  copy: ["copies", "authentic", "copying-z", "duplicates"],
  reconstruction: reconstructionMetrics,
  likelihood: likelihoodMetrics,
} as const satisfies Readonly<Record<string, readonly MetricName[]>>;
