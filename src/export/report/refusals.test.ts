import { expect, test } from "vitest";
import { mergedRefusals } from "./refusals.ts";

const help = "more images";
const within = (classes: number, features: number) => ({
  metric: "fid",
  reason: `within ${classes} of 10 classes: no more than ${features} images on a side`,
  help,
});

test("reasons that differ in one number are told once, with both", () => {
  const other = { metric: "kid", reason: "no image", help };
  const [one, two, ...rest] = mergedRefusals([within(10, 432), other, within(10, 128), other]);
  expect(one?.reason).toBe("within 10 of 10 classes: no more than 432 or 128 images on a side");
  expect([two, rest]).toEqual([other, []]);
});

test("reasons that differ in more stay apart, since it would not be clear which numbers belong together", () => {
  const refused = [within(10, 432), within(3, 128)];
  expect(mergedRefusals(refused)).toEqual(refused);
});
