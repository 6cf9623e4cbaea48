import { expect } from "vitest";
import type { Delivery, ImageSource } from "../image-source.ts";

/** Indices in the order in which a source hands its images out, broken ones among them. */
export async function indicesHandedOut(source: ImageSource, wanted?: readonly number[]): Promise<readonly number[]> {
  const indices: number[] = [];
  for await (const delivery of source.images(wanted)) indices.push(...indicesOf(delivery));
  return indices;
}

function indicesOf(delivery: Delivery): readonly number[] {
  if (delivery.kind === "file" || delivery.kind === "drawing") return [delivery.index];
  return Array.from({ length: delivery.count }, (_, position) => delivery.first + position);
}

/**
 * What every source promises: each image is handed out exactly once and in order; of some, these come, once each; a loop may be left
 * at any image and begun again.
 */
export async function expectEveryIndexOnce(source: ImageSource): Promise<void> {
  const all = [...source.records.keys()];
  expect(await indicesHandedOut(source)).toEqual(all);
  for (const wanted of [all.slice(-1), all.filter((index) => index % 3 === 1), []]) {
    const found = await indicesHandedOut(source, wanted);
    expect(found).toEqual([...new Set(found)].sort((a, b) => a - b));
    expect(all).toEqual(expect.arrayContaining([...found]));
    expect(found).toEqual(expect.arrayContaining([...wanted]));
  }
  for await (const delivery of source.images()) {
    expect(indicesOf(delivery)[0]).toBe(0);
    break;
  }
  expect(await indicesHandedOut(source)).toEqual(all);
}
