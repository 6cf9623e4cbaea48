import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { utimes } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { clearCache, listCache } from "./cache.ts";
import { brightness, contentOf, format, Place } from "./testing/place.ts";

const count = 30;
const place = new Place();
const children: ChildProcess[] = [];
const unfinished = async () => (await place.stores()).filter((name) => name.startsWith("unfinished."));

beforeEach(async () => {
  for (let index = 0; index < count; index++) await place.put(`${String(index).padStart(2, "0")}.png`, index);
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) await kill(child);
  }
});

/**
 * Starts a process that packs the folder with the built package and tells what it has, or what it does then: it stays halfway without a
 * word more, or keeps the data set open.
 */
const startPacking = (until: "the end" | "halfway" | "opened" = "the end"): ChildProcess => {
  const program = `
    import { openSource, packDataset, usualFitting } from ${JSON.stringify(pathToFileURL(resolve("dist/data/index.js")))};
    const [location, cacheFolder, format, until, middle] = JSON.parse(process.argv[1]);
    const forever = () => new Promise((wake) => setTimeout(wake, 1e6));
    const source = await openSource(location);
    const images = async function* () {
      for await (const delivery of source.images()) {
        if (until === "halfway" && delivery.index === middle) {
          console.log("halfway");
          await forever();
        }
        yield delivery;
      }
    };
    const options = { format, fitting: usualFitting, seed: 1, cacheFolder };
    const dataset = await packDataset({ ...source, images }, options);
    console.log(dataset.train.count + dataset.heldOut.count, dataset.content);
    if (until === "opened") await forever();
    dataset.close();
  `;
  const given = JSON.stringify([place.data(), place.cacheFolder, format, until, count / 2]);
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program, given], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  return child;
};

/** Waits until a process says something. */
const firstWord = async (child: ChildProcess): Promise<void> => {
  const ended = once(child, "close").then(() => Promise.reject(new Error("the process ended without a word")));
  await Promise.race([once(child.stdout ?? child, "data"), ended]);
};
const kill = async (child: ChildProcess): Promise<void> => {
  child.kill("SIGKILL");
  await once(child, "close");
};
const said = async (child: ChildProcess): Promise<string> => {
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
  });
  await once(child, "close");
  return text;
};

describe("several processes", () => {
  test("may build the same store at once", async () => {
    const outputs = await Promise.all([startPacking(), startPacking(), startPacking()].map(said));
    const { reused, content, train, heldOut } = await place.pack();
    expect(new Set(outputs)).toEqual(new Set([`${count} ${content}\n`]));
    expect(reused).toBe(true);
    expect(contentOf(heldOut).concat(contentOf(train)).length).toBe(count);
    expect((await place.stores()).length).toBe(1);
  });

  test("leave alone what another is building", async () => {
    await firstWord(startPacking("halfway"));
    const [name = ""] = await unfinished();
    const past = new Date(Date.now() - 1e9);
    await utimes(join(place.cacheFolder, "datasets", name), past, past);
    expect((await place.pack()).reused).toBe(false);
    await clearCache(place.cacheFolder);
    expect(await unfinished()).toEqual([name]);
    expect((await listCache(place.cacheFolder)).unfinished).toBeGreaterThan(0);
  });

  test("that are killed leave nothing that is trusted, and what they leave is removed", async () => {
    const killed = startPacking("halfway");
    await firstWord(killed);
    await kill(killed);
    expect((await unfinished()).length).toBe(1);
    const { reused, train } = await place.pack();
    expect([reused, train.count]).toEqual([false, count - count / 10]);
    for (const [index, name] of train.names.entries()) expect(brightness(train, index)).toBe(Number.parseInt(name, 10));
    expect(await unfinished()).toEqual([]);
  });

  test("keep what they have open until they end, whatever way", async () => {
    const using = startPacking("opened");
    await firstWord(using);
    const [name = ""] = await place.stores();
    expect((await clearCache(place.cacheFolder)).kept).toEqual([{ name, reason: "in use" }]);
    await kill(using);
    expect((await clearCache(place.cacheFolder)).removed).toEqual([name]);
  });
});
