import { expect, test } from "vitest";
import { nearestNames } from "./nearest-name.ts";

test.each([
  ["caat/1.jpg", "cat/1.jpg"],
  ["data/photos/img_12.jpg", "cat/img_12.jpg"],
  ["IMG-12.jpeg", "cat/img_12.jpg"],
  ["img_0012.jpg", "cat/img_12.jpg"],
  ["img_14.jpg", undefined],
  ["tulips.png", "dog/tulip.png"],
  ["rose.png", undefined],
])("%s may have meant %s", (file, image) => {
  const names = ["cat/1.jpg", "cat/img_12.jpg", "cat/img_13.jpg", "dog/1.jpg", "dog/tulip.png"];
  expect(nearestNames(names)(file)).toBe(image);
});
