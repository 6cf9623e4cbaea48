import { describe, expect, it } from "vitest";
import { type CopyEvidence, copyFinding } from "./finding.ts";

const quiet: CopyEvidence = {
  alarm: false,
  share: 0,
  real: { copies: 1, images: 500 },
  few: false,
  copyingZ: 0.3,
  different: 900,
};

describe("copyFinding", () => {
  it.each<[string, Partial<CopyEvidence>, string]>([
    [
      "copies",
      { alarm: true, share: 0.12 },
      "12 % of the pictures are all but equal to a training image (of real images looked at in the same way: 0.2 %): the generator copies. Train shorter, with more images or with --mirror.",
    ],
    [
      "no copies",
      {},
      "No picture is all but equal to a training image (of real images looked at in the same way: 0.2 %).",
    ],
    [
      "near-duplicates in the data",
      { share: 0.003 },
      "0.3 % of the pictures are all but equal to a training image (of real images looked at in the same way: 0.2 %): no more than chance and near-duplicates in the data explain.",
    ],
    [
      "a blurred generator",
      { copyingZ: -12.34 },
      "No picture is all but equal to a training image (of real images looked at in the same way: 0.2 %). As a whole the pictures lie nearer to the training images than held-out images do (C_T -12.3), as those of a blurred or little varied generator do too: look at them beside their nearest ones.",
    ],
    [
      "hardly any real images",
      { alarm: true, share: 0.5, real: { copies: 0, images: 6 }, few: true },
      "50 % of the pictures are all but equal to a training image: the generator copies. Train shorter, with more images or with --mirror. Only 6 real images were there to compare with, so the share alone decides.",
    ],
    [
      "images of any origin that are in the data",
      { subject: "images", alarm: true, share: 0.4 },
      "40 % of the images are all but equal to images of the data they are compared with (of real images looked at in the same way: 0.2 %). If a generator made them, it copies; if they are real, the two sets share images.",
    ],
    [
      "blurred images of any origin",
      { subject: "images", copyingZ: -8 },
      "No image is all but equal to images of the data they are compared with (of real images looked at in the same way: 0.2 %). As a whole the images lie nearer to the images that they are compared with than held-out images do (C_T -8.0), as blurred or little varied images do too: look at them beside their nearest ones.",
    ],
    [
      "one image compared with",
      { subject: "images", different: 1 },
      "The images that they are compared with are all the same, so nothing can be said about copies.",
    ],
    [
      "one training image",
      { different: 1 },
      "The training images are all the same, so nothing can be said about copies.",
    ],
  ])("tells of %s", (_, evidence, expected) => {
    expect(copyFinding({ ...quiet, ...evidence })).toBe(expected);
  });
});
