import { rm } from "node:fs/promises";
import { join } from "node:path";
import { parquetMetadata } from "hyparquet";
import { type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";
import { beforeAll, describe, expect, test } from "vitest";
import { expectEveryIndexOnce, indicesHandedOut } from "../../testing/every-index.ts";
import { hubFile, openParquet, redPictures, redsOf, twoKinds, writtenByArrow } from "../../testing/parquet-files.ts";
import { TemporaryPlace } from "../../testing/temporary-place.ts";

const place = new TemporaryPlace("parquet");
let pictures: readonly Uint8Array[] = [];
beforeAll(async () => {
  pictures = await redPictures(20);
});

describe("damaged Parquet files", () => {
  test("are named; the others go on", async () => {
    const whole = hubFile(pictures.slice(0, 4));
    await place.put("a.parquet", whole);
    await place.put("b.parquet", whole.subarray(0, -40));
    await place.put("c.parquet", Buffer.alloc(0));
    expect((await openParquet(place.path)).unusable).toEqual([
      { file: "b.parquet", reason: "the file ends too early, or its end is damaged" },
      { file: "c.parquet", reason: "the file ends too early" },
    ]);
    await rm(join(place.path, "a.parquet"));
    await expect(openParquet(place.path)).rejects.toThrow(
      "b.parquet: expected a whole file, received the file ends too early",
    );
  });

  test("one part of a file: its images are broken, the others are read", async () => {
    const bytes = hubFile(pictures.slice(0, 15));
    const chunk = parquetMetadata(bytes).row_groups[1]?.columns[0]?.meta_data;
    const start = Number(chunk?.data_page_offset);
    bytes.fill(0x55, start + 60, start + Number(chunk?.total_compressed_size));
    await place.put("a.parquet", bytes);
    const source = await openParquet(place.path);
    const reds = await redsOf(source);
    expect([...reds.slice(0, 5), ...reds.slice(10)]).toEqual([0, 1, 2, 3, 4, 10, 11, 12, 13, 14]);
    expect(reds.slice(5, 10)).toEqual(Array(5).fill("the compressed data is damaged"));
    await expectEveryIndexOnce(source);
  });

  test("a label without a name: its row alone is broken", async () => {
    const columnData: ColumnSource[] = [
      { name: "image", data: pictures.slice(0, 3), type: "BYTE_ARRAY" },
      { name: "label", data: [1, 3, 0], type: "INT32" },
    ];
    await place.put("a.parquet", Buffer.from(parquetWriteBuffer({ columnData, kvMetadata: twoKinds })));
    const source = await openParquet(place.path);
    expect(await redsOf(source)).toEqual([0, "label 3, where 0 to 1 are possible", 2]);
    expect(source.records.map(({ label }) => label)).toEqual(["rose", null, "daisy"]);
    await expectEveryIndexOnce(source);
  });

  test.each([
    ["a list of 2^28 elements", [0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x00]],
    ["lists in lists", Array<number>(500).fill(0x19)],
    ["a text of 2 GB", [0x18, 0xff, 0xff, 0xff, 0xff, 0x07]],
    ["nothing", [0]],
  ])("a footer that declares %s", async (_, footer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(footer.length);
    await place.put(
      "a.parquet",
      Buffer.concat([Buffer.from("PAR1"), Buffer.from(footer), length, Buffer.from("PAR1")]),
    );
    await expect(openParquet(place.path)).rejects.toThrow("the footer is damaged");
  });

  test("any flipped bit and any cut: every row is accounted for, and what has a checksum is never wrong", async () => {
    const images = writtenByArrow.indexOf(Buffer.from("\x89PNG", "latin1"));
    for (let at = 0; at < writtenByArrow.length; at += 5) {
      const damaged = Buffer.from(writtenByArrow);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
      for (const bytes of [damaged, writtenByArrow.subarray(0, at)]) {
        await place.put("a.parquet", bytes);
        const source = await openParquet(place.path).catch((error: unknown) => String(error));
        if (typeof source === "string") {
          expect(source).toContain("help: copy or download the file again");
          continue;
        }
        expect(await indicesHandedOut(source)).toEqual([...source.records.keys()]);
        if (at < images || at > images + 60 || bytes !== damaged) continue;
        expect((await redsOf(source))[0]).toMatch(/checksum of a page is wrong|compressed data is damaged/);
      }
    }
  });
});
