import { describe, expect, it } from "vitest";
import { classifier } from "./classifier.ts";

const run = { path: "runs/my flowers", format: { height: 32, width: 24, channels: 3 } } as const;

describe("what a report says of the classifier", () => {
  it("is its error with an interval, and the commands that use it", () => {
    const text = classifier({ ...run, classifier: { classes: 4, error: { images: 600, wrong: 19 } } })?.text ?? "";
    // Wilson's interval of 19 of 600.
    expect(text).toContain("<b>3.2 %</b> for another class; with other images it would be 2.0 to 4.9 %");
    expect(text).toContain("Of 600 held-out images with a label");
    expect(text).toContain("npx atelier classify &#39;runs/my flowers&#39; IMAGES");
    expect(text).toContain("[batch, 3, 32, 24]");
    expect(text).toContain("[batch, 4]");
  });

  it("is that the error is not known, where no held-out image has a label", () => {
    expect(classifier({ ...run, classifier: { classes: 4 } })?.text).toContain("How often it is wrong is not known");
  });

  it("is nothing of a run that learned no classes", () => {
    expect(classifier(run)).toBeUndefined();
  });
});
