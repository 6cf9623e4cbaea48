/** Scores by their names in cards, events and configurations. */
export const metricNames = [
  "fid",
  "fid-infinity",
  "kid",
  "precision",
  "recall",
  "density",
  "coverage",
  "inception-score",
  "label-accuracy",
  "classification-accuracy",
  "classifier-error",
  "authentic",
  "copying-z",
  "copies",
  "duplicates",
] as const;

export type MetricName = (typeof metricNames)[number];

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

export const metricDescriptions: Readonly<Record<MetricName, MetricDescription>> = {
  fid: {
    title: "FID",
    better: "lower",
    unit: "number",
    meaning: "distance between the two sets' features, as if both were normally distributed",
  },
  "fid-infinity": {
    title: "FID-infinity",
    better: "lower",
    unit: "number",
    meaning: "FID as it would be with endlessly many images",
  },
  kid: {
    title: "KID",
    better: "lower",
    unit: "number",
    meaning: "distance between the two sets' features that few images do not bias; about 0 where they are alike",
  },
  precision: {
    title: "Precision",
    better: "higher",
    unit: "share",
    meaning: "how many generated images lie among the real ones",
  },
  recall: {
    title: "Recall",
    better: "higher",
    unit: "share",
    meaning: "how many real images lie among the generated ones",
  },
  density: {
    title: "Density",
    better: "higher",
    unit: "number",
    meaning:
      "how many real images' neighbourhoods a generated image lies in, against what is expected; about 1 where alike",
  },
  coverage: {
    title: "Coverage",
    better: "higher",
    unit: "share",
    meaning: "how many real images have a generated one in their neighbourhood; about 1 where alike",
  },
  "inception-score": {
    title: "Inception score",
    better: "higher",
    unit: "number",
    meaning: "how certain and how varied an ImageNet classifier finds the images; real images are not looked at",
  },
  "label-accuracy": {
    title: "Label accuracy",
    better: "higher",
    unit: "share",
    meaning: "how many generated images a classifier of the real ones puts into the class that was asked for",
  },
  "classification-accuracy": {
    title: "Classification accuracy score",
    better: "higher",
    unit: "share",
    meaning: "how many real images a classifier puts into their class that learned from generated ones alone",
  },
  "classifier-error": {
    title: "Classifier error",
    better: "lower",
    unit: "share",
    meaning: "how many held-out real images the judging classifier itself gets wrong",
  },
  authentic: {
    title: "Authentic",
    better: "higher",
    unit: "share",
    meaning:
      "how many generated images are farther from their nearest training image than that one from its own nearest, mirror images included",
  },
  "copying-z": {
    title: "Copying C_T",
    better: "none",
    unit: "number",
    meaning:
      "whether generated images lie nearer to the training images than held-out ones do: far below 0 means copying",
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
    meaning: "how many generated images have another one that is all but equal",
  },
};

/** Names that a user may give for several scores at once. */
export const metricGroups = {
  fid: ["fid", "fid-infinity"],
  kid: ["kid"],
  prdc: ["precision", "recall", "density", "coverage"],
  is: ["inception-score"],
  class: ["classifier-error", "label-accuracy", "classification-accuracy"],
  copy: ["copies", "authentic", "copying-z", "duplicates"],
} as const satisfies Readonly<Record<string, readonly MetricName[]>>;
