import { describe, expect, it } from "vitest";
import { atelier, temporaryFolder } from "./command-line.ts";

const folder = await temporaryFolder();

describe("atelier doctor", () => {
  it("tries every device and says which one `auto` would take", async () => {
    const { status, stdout } = await atelier(folder, "doctor", "--json");
    expect(status).toBe(0);
    const { devices, automatic } = JSON.parse(stdout);
    expect(devices.map(({ name }: { name: string }) => name)).toEqual(["cpu", "webgpu", "cuda", "wasm"]);
    expect(devices).toContainEqual({ name: "wasm", available: true });
    expect(devices).toContainEqual({ name: automatic.device, available: true });
    expect(automatic.reason.startsWith(`${automatic.device}: `)).toBe(true);
  });

  it("says what a device needs that does not work", async () => {
    const { stdout } = await atelier(folder, "doctor");
    for (const device of stdout.matchAll(/^ {2}(\w+) +not here: .*\n(.*)$/gm)) {
      expect(device[2], device[1]).toMatch(/^ +(needs|onnxruntime's CUDA libraries)/);
    }
    expect(stdout).toMatch(/^ {2}auto +(cpu|webgpu|cuda|wasm): /m);
  });
});
