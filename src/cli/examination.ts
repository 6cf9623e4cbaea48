import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import sharp from "sharp";
import { defaultCacheFolder } from "../foundation/cache.ts";
import { version } from "../foundation/version.ts";
import {
  chooseDevice,
  type DeviceChoice,
  type DeviceName,
  deviceNames,
  engineVersion,
  tryDevice,
} from "../runtime/index.ts";
import { table } from "./text.ts";

/** Whether a device can be used here; if not, the engine's own words in one line. */
type DeviceStatus = { readonly name: DeviceName } & (
  | { readonly available: true }
  | { readonly available: false; readonly reason: string }
);

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
  /** What `--device auto` would take. */
  readonly automatic: DeviceChoice;
  readonly cache: string;
}

/** Tries every device and collects versions; changes nothing. */
export async function examine(): Promise<Examination> {
  const tried = new Map(
    await Promise.all(deviceNames.map(async (name) => [name, await tryDevice(name, "works")] as const)),
  );
  const automatic = await chooseDevice(async (name, question) =>
    question === "works" ? (tried.get(name) ?? { works: false, reason: "not tried" }) : tryDevice(name, question),
  );
  const gigabytes = (bytes: number) => Math.round(bytes / 1e8) / 10;
  return {
    versions: {
      atelier: version(),
      node: process.versions.node,
      onnxruntime: await engineVersion(),
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
    devices: [...tried].map(([name, probe]) =>
      probe.works ? { name, available: true } : { name, available: false, reason: probe.reason },
    ),
    automatic,
    cache: defaultCacheFolder(),
  };
}

const CUDA_INSTALL = "node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12";

/** What a device needs that does not work here. */
function remedies(name: DeviceName, platform: string): readonly string[] {
  switch (name) {
    case "cpu":
      return [
        "onnxruntime has native libraries for Linux, Windows and Macs with Apple's processors; use --device wasm",
      ];
    case "wasm":
      return ["onnxruntime-web is not installed whole: run `npm ci` again"];
    case "webgpu":
      return ["needs a graphics card with a Vulkan, Metal or Direct3D 12 driver"];
    case "cuda":
      return platform === "linux x64"
        ? [
            "needs an NVIDIA card, CUDA 12, cuDNN 9 and onnxruntime's CUDA libraries, over 400 MB, which `npm ci` leaves",
            `out (ignore-scripts in .npmrc). To get them: ${CUDA_INSTALL}`,
          ]
        : ["onnxruntime's CUDA libraries are for Linux x64 only"];
  }
}

export function examinationText({ versions, system, devices, automatic, cache }: Examination): string {
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
      [
        ...devices.flatMap((device) =>
          device.available
            ? [[device.name, "works"]]
            : [
                [device.name, `not here: ${device.reason}`],
                ...remedies(device.name, system.platform).map((line) => ["", line]),
              ],
        ),
        ["auto", automatic.reason],
      ],
    ],
  ];
  return sections.map(([title, rows]) => `${title}\n${table(rows)}`).join("");
}
