import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe } from "vitest";

/** Where Debian's chromium keeps SwiftShader, a Vulkan driver that computes on the processor. */
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";

const missing = missingForWebgpu();

// The driver and its loader read these when the process first uses WebGPU.
process.env["VK_ICD_FILENAMES"] ||= SWIFTSHADER;
process.env["XDG_RUNTIME_DIR"] ||= tmpdir();

/** What WebGPU tests lack here, if anything. A driver that VK_ICD_FILENAMES chooses is taken to work. */
function missingForWebgpu(): string | undefined {
  if (process.env["VK_ICD_FILENAMES"]) return undefined;
  if (process.platform !== "linux" || process.arch !== "x64") return "set VK_ICD_FILENAMES to a Vulkan driver";
  const folders = existsSync("/usr/lib") ? readdirSync("/usr/lib").filter((name) => name.endsWith("-linux-gnu")) : [];
  const loader = folders.some((name) => existsSync(join("/usr/lib", name, "libvulkan.so.1")));
  return existsSync(SWIFTSHADER) && loader ? undefined : "install Debian's chromium and libvulkan1";
}

/**
 * Describes tests of WebGPU. They need no graphics card: unless VK_ICD_FILENAMES chooses another Vulkan driver, they use
 * SwiftShader. Where there is neither they are skipped, and their name says why.
 */
export function describeWebgpu(name: string, tests: () => void): void {
  describe.skipIf(missing !== undefined)(missing === undefined ? name : `${name} (skipped: ${missing})`, tests);
}

/** Gives the tests of a file a cache of their own, deleted afterwards. */
export async function ownCache(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "atelier-test-"));
  process.env["ATELIER_CACHE"] = folder;
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
