import { describe, expect, it } from "vitest";
import { chooseDevice } from "./choose-device.ts";
import type { Probe } from "./devices.ts";

/** A machine whose devices need these milliseconds for a step, or fail with these words. */
function machine(devices: Readonly<Record<string, number | string>>) {
  return (name: string, question: "works" | "speed"): Promise<Probe> => {
    const outcome = devices[name];
    if (typeof outcome !== "number") return Promise.resolve({ works: false, reason: outcome ?? "unknown" });
    return Promise.resolve({ works: true, ...(question === "speed" && { milliseconds: outcome }) });
  };
}

describe("the automatic choice of a device", () => {
  it("is the only one that works, with the others' reasons", async () => {
    const probe = machine({ cpu: 10, webgpu: "no adapter found", cuda: "no library" });
    expect(await chooseDevice(probe)).toEqual({
      device: "cpu",
      reason: "cpu: no other device works here (webgpu: no adapter found; cuda: no library)",
    });
  });

  it("is the fastest of those that work", async () => {
    expect(await chooseDevice(machine({ cpu: 31, webgpu: 10, cuda: "no library" }))).toEqual({
      device: "webgpu",
      reason: "webgpu: 3.1 times the speed of cpu in a short trial",
    });
    expect(await chooseDevice(machine({ cpu: 31, webgpu: 7000, cuda: "no library" }))).toEqual({
      device: "cpu",
      reason: "cpu: 226 times the speed of webgpu in a short trial",
    });
  });

  it("passes over a device that works and then fails in the trial", async () => {
    const probe = (name: string, question: "works" | "speed"): Promise<Probe> =>
      Promise.resolve(
        name === "webgpu" && question === "speed"
          ? { works: false, reason: "no answer in 20 seconds" }
          : { works: name !== "cuda", reason: "no library", milliseconds: 5 },
      );
    expect(await chooseDevice(probe)).toEqual({
      device: "cpu",
      reason: "cpu: no other device works here (cuda: no library; webgpu: no answer in 20 seconds)",
    });
  });

  it("is WebAssembly where nothing else works", async () => {
    const probe = machine({ cpu: "no native library", webgpu: "no native library", cuda: "no native library" });
    expect((await chooseDevice(probe)).device).toBe("wasm");
  });
});
