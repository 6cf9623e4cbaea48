import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { release } from "node:os";
import { join } from "node:path";

/**
 * A short name of the graphics hardware and drivers of this machine, as far as they can be known without asking a driver:
 * it changes when a card, the system or the choice of a Vulkan driver does.
 */
export async function graphicsSignature(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<string> {
  const chosen = Object.entries(environment).filter(([name]) => /^(VK_|CUDA_VISIBLE_DEVICES$|MESA_)/.test(name));
  const parts = [process.platform, process.arch, release(), ...chosen.map((pair) => pair.join("=")).toSorted()];
  if (process.platform === "linux") parts.push(...(await linuxCards()));
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 16);
}

/** PCI vendor and device of each card, and the version of NVIDIA's driver. */
async function linuxCards(): Promise<readonly string[]> {
  const folder = "/sys/class/drm";
  const cards = (await readdir(folder).catch(() => [])).filter((name) => /^(card|renderD)\d+$/.test(name)).toSorted();
  const files = cards.flatMap((card) => ["vendor", "device"].map((file) => join(folder, card, "device", file)));
  const texts = [...files, "/sys/module/nvidia/version"].map((file) => readFile(file, "utf8").catch(() => ""));
  return (await Promise.all(texts)).map((text) => text.trim());
}
