import { readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";
import { beforeAll, describe, expect, test } from "vitest";
import { expectEveryIndexOnce, indicesHandedOut } from "../testing/every-index.ts";
import {
  featuresOf,
  flatFile,
  hubFile,
  openParquet,
  redPictures,
  redsOf,
  writtenByArrow,
} from "../testing/parquet-files.ts";
import { TemporaryPlace } from "../testing/temporary-place.ts";

const place = new TemporaryPlace("parquet");
let pictures: readonly Uint8Array[] = [];
beforeAll(async () => {
  pictures = await redPictures(60);
});

describe("Parquet files", () => {
  test.each([false, true])("of the hub keep their classes and splits (in an archive: %s)", async (packed) => {
    await place.put("data/train-00000-of-00002.parquet", hubFile(pictures.slice(0, 12)));
    await place.put("data/train-00001-of-00002.parquet", hubFile(pictures.slice(12, 15)));
    await place.put("extra/test/0000.parquet", hubFile(pictures.slice(15, 18)));
    await place.put("README.md", Buffer.from("about"));
    const source = await openParquet(place.path, packed);
    expect(source).toMatchObject({ kind: "parquet", unusable: [], ignored: ["README.md"] });
    expect(source.records[11]).toEqual({
      name: "data/train-00000-of-00002.parquet#11",
      label: "rose",
      split: "train",
    });
    expect(source.records[15]).toEqual({ name: "extra/test/0000.parquet#0", label: "daisy", split: "test" });
    expect(await redsOf(source)).toEqual(Array.from({ length: 18 }, (_, red) => red));
    await expectEveryIndexOnce(source);
  });

  test("of Arrow: images, a row without one, and one without a label", async () => {
    await place.put("a.parquet", writtenByArrow);
    const source = await openParquet(place.path);
    expect(source.records.map(({ label }) => label)).toEqual(["rose", "daisy", "rose", null]);
    expect(await redsOf(source)).toEqual([200, 0, "the row holds no image bytes", 0]);
    await expectEveryIndexOnce(source);
  });

  test("with plain bytes and text or numbers as labels", async () => {
    await place.put(
      "text.parquet",
      flatFile(
        { name: "img", data: pictures.slice(0, 3), type: "BYTE_ARRAY" },
        { name: "class", data: ["tulip", "", null], type: "STRING" },
      ),
    );
    await place.put(
      "numbers.parquet",
      flatFile(
        { name: "image", data: pictures.slice(3, 6), type: "BYTE_ARRAY" },
        { name: "fine_label", data: [7, -1, null], type: "INT32" },
        { name: "coarse_label", data: [1, 1, 1], type: "INT32" },
      ),
    );
    await place.put("unlabelled.parquet", flatFile({ name: "image", data: pictures.slice(6, 7), type: "BYTE_ARRAY" }));
    const source = await openParquet(place.path);
    expect(source.records.map(({ label }) => label)).toEqual(["7", null, null, "tulip", null, null, null]);
    expect(await redsOf(source)).toEqual([3, 4, 5, 0, 1, 2, 6]);
  });

  test("whose columns only the metadata names", async () => {
    const columnData: ColumnSource[] = [
      { name: "photo", data: pictures.slice(0, 2), type: "BYTE_ARRAY" },
      { name: "kind", data: [1, 0], type: "INT32" },
    ];
    const kvMetadata = featuresOf({ photo: { _type: "Image" }, kind: { _type: "ClassLabel", names: ["a", "b"] } });
    await place.put("a.parquet", Buffer.from(parquetWriteBuffer({ columnData, kvMetadata })));
    expect((await openParquet(place.path)).records.map(({ label }) => label)).toEqual(["b", "a"]);
  });

  test.each(["PLAIN", "DELTA_BINARY_PACKED"] as const)("with labels in the encoding %s", async (encoding) => {
    await place.put(
      "a.parquet",
      flatFile(
        { name: "image", data: [...pictures], type: "BYTE_ARRAY", encoding: "DELTA_LENGTH_BYTE_ARRAY" },
        { name: "label", data: pictures.map((_, index) => index * 3), type: "INT32", encoding },
      ),
    );
    const source = await openParquet(place.path);
    expect(source.records.map(({ label }) => label)).toEqual(pictures.map((_, index) => String(index * 3)));
    expect(await redsOf(source)).toEqual([...pictures.keys()]);
  });

  test("are read only where images are wanted, and closed when the loop is left", async () => {
    await place.put("a.parquet", hubFile(pictures.slice(0, 20)));
    const source = await openParquet(place.path);
    expect(await indicesHandedOut(source, [3, 12])).toEqual([3, 12]);
    expect(await openDescriptors()).toEqual([]);
    for await (const delivery of source.images()) {
      expect(delivery.kind).toBe("file");
      break;
    }
    expect(await openDescriptors()).toEqual([]);
  });
});

/** Descriptors of this process that lead into the place.path, where the system lists them. */
async function openDescriptors(): Promise<readonly string[]> {
  const list = "/proc/self/fd";
  const links = (await readdir(list).catch(() => [])).map(
    async (name) => await readlink(join(list, name)).catch(() => ""),
  );
  return (await Promise.all(links)).filter((path) => path.startsWith(place.path));
}

describe("columns that cannot be told", () => {
  const image: ColumnSource = { name: "image", data: [new Uint8Array(9)], type: "BYTE_ARRAY" };
  test.each([
    ["several columns may hold the images: image, img", [image, { ...image, name: "img" }]],
    [
      "several columns may hold the labels: label, class",
      [image, { name: "label", data: [1] }, { name: "class", data: [1] }],
    ],
    ["no column of images (image, img); it has picture", [{ ...image, name: "picture" }]],
    ["its column image does not hold encoded images", [{ name: "image", data: ["a.png"], type: "STRING" as const }]],
    [
      "its column label holds neither whole numbers nor text",
      [image, { name: "label", data: [0.5], type: "DOUBLE" as const }],
    ],
  ])("%s", async (message, columns) => {
    await place.put("a.parquet", flatFile(...columns));
    await expect(openParquet(place.path)).rejects.toThrow(message);
  });
});
