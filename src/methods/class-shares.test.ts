import { describe, expect, it } from "vitest";
import { chosenClass, classSharesOf } from "./class-shares.ts";

describe("the shares of classes", () => {
  it("are those among the labels that training sees, however many images have none", () => {
    expect(classSharesOf({ labels: Int32Array.of(0, -1, 2, 2, -1, 2, -1) }, 3)).toEqual([0.25, 0, 0.75]);
    expect(classSharesOf({ labels: Int32Array.of(1, 0) }, 2)).toEqual([0.5, 0.5]);
  });

  it("are equal where no image has a label, and none where there are no classes", () => {
    expect(classSharesOf({ labels: Int32Array.of(-1, -1) }, 4)).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(classSharesOf({ labels: Int32Array.of(-1, -1) }, 0)).toEqual([]);
    expect(classSharesOf({ labels: Int32Array.of(1, 0, -1) }, 0)).toEqual([]);
  });
});

describe("the class of a number", () => {
  const shares = [0.25, 0, 0.75];

  it("is the one in whose share it falls: the shares of even numbers are those asked for", () => {
    const counts = [0, 0, 0];
    for (let index = 0; index < 1000; index++) {
      const chosen = chosenClass(shares, (index + 0.5) / 1000);
      counts[chosen] = (counts[chosen] ?? 0) + 1;
    }
    expect(counts).toEqual([250, 0, 750]);
    expect([0, 0.2499, 0.25, 0.9999].map((number) => chosenClass(shares, number))).toEqual([0, 0, 2, 2]);
  });

  it("is never one without a share, also where shares add up to less than 1", () => {
    expect(chosenClass([0, 1], 0)).toBe(1);
    expect(chosenClass([0.1, 0.2, 0.7 - 1e-12, 0], 1 - 1e-13)).toBe(2);
    expect(chosenClass([], 0.5)).toBe(0);
  });
});
