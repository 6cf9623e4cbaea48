import { createHash } from "node:crypto";
import { imagesOf, openSource, packDataset } from "../data/index.ts";
import { openTappedNetwork, type TappedNetwork } from "../features/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { formatOf, type MethodConfig, type MethodResources, type NoiseImages } from "../methods/index.ts";
import type { Config, UnscoredConfig } from "./config.ts";
import { fittingOf } from "./preparation.ts";

// Files that a run learns from besides its data.

export interface LoadedResources extends MethodResources {
  /** What the files hold, by the key that names them: a hash of the contents. A resumed run must find the same. */
  readonly identities: Readonly<Record<string, string>>;
  /** What to tell the user about them. */
  readonly remarks: readonly string[];
}

/** More noise images make a step no better and every graph larger: they are constants in it. */
const MOST_IMAGES = 512;
/** Numbers of all of them, 64 MB. */
const MOST_NUMBERS = 16e6;

const CORRUPTION_KEY = "autoencoder.corruptionImages";

/**
 * Reads the files that the configuration names for its method: the network of `features`, the images of
 * `autoencoder.corruptionImages`.
 * @throws AtelierError (usage, data or file) when one is not there or cannot be used.
 */
export async function loadResources(config: UnscoredConfig): Promise<LoadedResources> {
  if (config.model !== "autoencoder") return { identities: {}, remarks: [] };
  const { corruptionImages, reconstruction, preset, layers } = config.autoencoder;
  const { features: file } = config;
  const features =
    file === undefined || reconstruction !== "perceptual"
      ? undefined
      : await openTappedNetwork(file, {
          format: formatOf(config),
          preset,
          layers,
          keys: { file: "--features", preset: "autoencoder.preset", layers: "autoencoder.layers" },
        });
  const corruption = corruptionImages === undefined ? undefined : await readNoiseImages(corruptionImages, config);
  return {
    ...(features && { features }),
    ...(corruption && { corruption: corruption.images }),
    identities: {
      ...(features && { features: features.sha256 }),
      ...(corruption && { [CORRUPTION_KEY]: corruption.sha256 }),
    },
    remarks: [...(features ? [featuresRemark(features)] : []), ...(corruption?.remarks ?? [])],
  };
}

/**
 * The configuration without what needs files: for estimates of cost and memory before they are read, and for looking at
 * networks. What it leaves out makes a step cost more, never less.
 */
export function withoutFiles<Of extends MethodConfig>(config: Of): Of {
  if (config.model !== "autoencoder") return config;
  return {
    ...config,
    autoencoder: { ...config.autoencoder, reconstruction: "mse", corruption: "none", corruptionAmount: 0 },
  };
}

function featuresRemark({ recognised }: TappedNetwork): string {
  return `Reconstructions are compared by a pretrained network, ${recognised}.`;
}

/** Images of a folder or file, brought to the form of the training images; a seeded choice where there are many. */
async function readNoiseImages(
  place: string,
  config: UnscoredConfig,
): Promise<{ readonly images: NoiseImages; readonly sha256: string; readonly remarks: readonly string[] }> {
  const source = await openSource(place).catch((cause: unknown) => {
    throw cause instanceof AtelierError ? asNoise(cause) : cause;
  });
  const { seed } = config;
  const format = formatOf(config);
  const dataset = await packDataset(source, { format, fitting: fittingOf(config), seed, heldOutFraction: 0 }).catch(
    (cause: unknown) => {
      throw cause instanceof AtelierError ? asNoise(cause) : cause;
    },
  );
  try {
    const { train, skipped } = dataset;
    if (train.count === 0) {
      throw new AtelierError({
        kind: "data",
        where: CORRUPTION_KEY,
        expected: "at least one image that can be read",
        received: `none in ${place}`,
        help: "name a folder with pictures of what is to be removed, such as scratches or clouds",
      });
    }
    const most = Math.min(MOST_IMAGES, Math.max(1, Math.floor(MOST_NUMBERS / train.imageBytes)));
    const chosen = imagesOf(train, format, most, seed);
    const bytes = await chosen.read(0, chosen.count);
    const some = chosen.count < train.count ? `${chosen.count} of the ${train.count}` : `the ${chosen.count}`;
    const broken = skipped.length === 0 ? "" : `; ${skipped.length} could not be read`;
    return {
      images: { count: chosen.count, bytes },
      sha256: createHash("sha256").update(`${chosen.count} `).update(bytes).digest("hex"),
      remarks: [`Training images are covered by ${some} noise images of ${place}${broken}.`],
    };
  } finally {
    dataset.close();
  }
}

/** The error of a place of images, which says which key names it. */
function asNoise(cause: AtelierError): AtelierError {
  const { details } = cause;
  const help =
    details.kind === "usage" ? "check the path: it names the images that are laid over others" : details.help;
  return new AtelierError({ ...details, where: `${CORRUPTION_KEY}: ${details.where}`, help }, { cause });
}

/** Files of a run that have changed since it began; see {@link LoadedResources.identities}. */
export function assertSameResources(
  began: Readonly<Record<string, string>>,
  found: Readonly<Record<string, string>>,
  config: Pick<Config, "features">,
): void {
  for (const key of new Set([...Object.keys(began), ...Object.keys(found)])) {
    if (began[key] === found[key]) continue;
    throw new AtelierError({
      kind: "data",
      where: key === "features" ? `--features ${config.features ?? ""}` : key,
      expected: "the files that the run began with",
      received: "others: their contents have changed",
      help: "restore them, or start a new run",
    });
  }
}
