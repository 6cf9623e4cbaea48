import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { expect, test, vi } from "vitest";
import { isAbandoned, ownMark } from "./owner.ts";

const patience = 1e9;
/** What a process of this machine would have marked. */
const markOf = (process: number): string => ownMark().replace(/\.\d+\./, `.${process}.`);

test("a mark counts as long as its process lives", async () => {
  expect(await isAbandoned(ownMark(), patience)).toBe(false);
  const child = spawn(process.execPath, ["--eval", "setTimeout(() => {}, 1e6)"]);
  await once(child, "spawn");
  expect(await isAbandoned(markOf(child.pid ?? 0), patience)).toBe(false);
  child.kill("SIGKILL");
  await once(child, "close");
  expect(await isAbandoned(markOf(child.pid ?? 0), patience)).toBe(true);
});

test.runIf(existsSync("/proc/self/stat"))(
  "a process that ended counts no more, though its parent never asks",
  async () => {
    // The shell has become a program that never asks for its children before the child ends.
    const parent = spawn("sh", ["-c", "sleep 1 & echo $!; exec sleep 1000"], { stdio: ["ignore", "pipe", "inherit"] });
    try {
      const [said] = await once(parent.stdout, "data");
      const zombie = Number(String(said));
      await vi.waitFor(async () => expect(await readFile(`/proc/${zombie}/stat`, "utf8")).toContain(") Z "), 20_000);
      expect(await isAbandoned(markOf(zombie), patience)).toBe(true);
    } finally {
      parent.kill("SIGKILL");
      await once(parent, "close");
    }
  },
);
