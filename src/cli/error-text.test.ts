import { expect, it } from "vitest";
import { errorText } from "./error-text.ts";

// Intervals as of scipy 1.16: stats.binomtest(19, 600).proportion_ci(method="wilson").
it("an error is a share with its interval", () => {
  expect(errorText({ images: 600, wrong: 19 })).toBe("3.2 % of 600 held-out images wrong [2.0, 4.9]");
  expect(errorText({ images: 10_000, wrong: 0 }, "")).toBe("0.0 % of 10,000 images wrong [0.0, 0.0]");
  expect(errorText({ images: 1, wrong: 1 })).toBe("100.0 % of 1 held-out image wrong [20.7, 100.0] (too few to tell)");
});
