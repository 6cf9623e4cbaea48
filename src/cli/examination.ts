import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import { env } from "onnxruntime-node";
import sharp from "sharp";
import { defaultCacheFolder } from "../data/index.ts";
import { type DeviceStatus, deviceNames, probeDevice } from "../runtime/index.ts";
import { table } from "./text.ts";
import { version } from "./version.ts";

/** What `atelier doctor` found out. */
export interface Examination {
  readonly versions: Readonly<Record<string, string>>;
  readonly system: {
    readonly platform: string;
    readonly processor: string;
    readonly cores: number;
    readonly memoryGb: number;
    readonly freeGb: number;
  };
  readonly devices: readonly DeviceStatus[];
  readonly cache: string;
}

/** Tries every device and collects versions; changes nothing. */
export async function examine(): Promise<Examination> {
  const gigabytes = (bytes: number) => Math.round((bytes / 2 ** 30) * 10) / 10;
  return {
    versions: {
      atelier: version(),
      node: process.versions.node,
      onnxruntime: env.versions.node ?? "unknown",
      sharp: sharp.versions.sharp ?? "unknown",
      libvips: sharp.versions.vips,
    },
    system: {
      platform: `${process.platform} ${process.arch}`,
      processor: cpus()[0]?.model.trim() ?? "unknown",
      cores: availableParallelism(),
      memoryGb: gigabytes(totalmem()),
      freeGb: gigabytes(freemem()),
    },
    devices: await Promise.all(deviceNames.map(probeDevice)),
    cache: defaultCacheFolder(),
  };
}

const remedies = {
  cpu: "",
  webgpu: "needs a graphics card with a Vulkan, Metal or Direct3D 12 driver",
  cuda: "needs Linux x64, an NVIDIA card, CUDA 12, cuDNN 9 and onnxruntime's CUDA libraries, which `npm ci` does not download",
};

export function examinationText({ versions, system, devices, cache }: Examination): string {
  const sections: readonly (readonly [string, readonly (readonly string[])[]])[] = [
    ["Versions", Object.entries(versions)],
    [
      "Machine",
      [
        ["platform", system.platform],
        ["processor", `${system.processor}, ${system.cores} cores`],
        ["memory", `${system.memoryGb} GB, ${system.freeGb} GB free`],
        ["cache", cache],
      ],
    ],
    [
      "Devices",
      devices.map((device) => [
        device.name,
        device.available ? "works" : `not here: ${device.reason} (${remedies[device.name]})`,
      ]),
    ],
  ];
  return sections.map(([title, rows]) => `${title}\n${table(rows)}`).join("");
}
