import { describe, expect, test } from "vitest";
import type { ImageSource } from "../image-source.ts";
import { expectEveryIndexOnce, indicesHandedOut } from "../testing/every-index.ts";
import { asFile, memorySource } from "../testing/memory-source.ts";
import { joinSources } from "./joined.ts";

const sourceCalled = (name: string, count: number, fields: Partial<ImageSource> = {}): ImageSource => {
  const images = Array.from({ length: count }, (_, index) => ({
    name: `${index}.png`,
    label: index % 2 === 0 ? "rose" : null,
    deliver: asFile(Buffer.from(`${name} ${index}`)),
  }));
  return memorySource(images, { name, location: `data/${name}`, fingerprint: `${name} ${count}`, ...fields });
};

/** What is stored for each index. */
const contents = async (source: ImageSource, wanted?: readonly number[]): Promise<readonly string[]> => {
  const found: string[] = [];
  for await (const delivery of source.images(wanted))
    if (delivery.kind === "file") found.push(`${delivery.index} ${Buffer.from(await delivery.load()).toString()}`);
  return found;
};

describe("joined sources", () => {
  test("are one source with distinct names", async () => {
    const split = sourceCalled("photos", 1);
    const joined = joinSources([
      sourceCalled("photos", 2, { unusable: [{ file: "x.png", reason: "a link that leads nowhere" }] }),
      sourceCalled("photos", 1, { ignored: ["notes.txt"], records: [{ name: "a", label: "rose", split: "test" }] }),
      sourceCalled("drawings", 1, { remarks: ["labels.csv: twice"], location: ["here", "there"] }),
      { ...split, name: "photos-2" },
    ]);
    expect(joined).toMatchObject({
      name: "photos",
      kind: "joined",
      location: ["data/photos", "data/photos", "here", "there", "data/photos"],
      unusable: [{ file: "photos/x.png", reason: "a link that leads nowhere" }],
      ignored: ["photos-2/notes.txt"],
      remarks: ["drawings/labels.csv: twice"],
    });
    expect(joined.records).toEqual([
      { name: "photos/0.png", label: "rose", split: null },
      { name: "photos/1.png", label: null, split: null },
      { name: "photos-2/a", label: "rose", split: "test" },
      { name: "drawings/0.png", label: "rose", split: null },
      { name: "photos-2-2/0.png", label: "rose", split: null },
    ]);
    await expectEveryIndexOnce(joined);
  });

  test("are each asked for their own images only", async () => {
    const untouched = sourceCalled("b", 2, {
      images: () => {
        throw new Error("nothing of this source is wanted");
      },
    });
    const joined = joinSources([sourceCalled("a", 3), untouched, sourceCalled("c", 2)]);
    expect(await contents(joined, [1, 5, 6])).toEqual(["1 a 1", "5 c 0", "6 c 1"]);
    expect(await indicesHandedOut(joined, [2])).toEqual([2]);
  });

  test("change their fingerprint with any of them", () => {
    const [a, b] = [sourceCalled("a", 1), sourceCalled("b", 1)];
    const prints = [
      [a, b],
      [b, a],
      [a, sourceCalled("b", 2)],
      [a, b, b],
    ].map((each) => joinSources(each).fingerprint);
    expect(new Set(prints).size).toBe(4);
    expect(joinSources([a, b]).fingerprint).toBe(prints[0]);
  });

  test("one alone stays as it is", () => {
    const only = sourceCalled("a", 1);
    expect(joinSources([only])).toBe(only);
  });
});
