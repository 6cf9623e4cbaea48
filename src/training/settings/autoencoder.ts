import { z } from "zod";
import { sidesOf, sizeOf } from "../../data/index.ts";
import { presetNames } from "../../features/index.ts";
import { AtelierError } from "../../foundation/errors.ts";
import {
  type AutoencoderSettings,
  CLASS_WEIGHT,
  corruptionNames,
  type MethodConfig,
  reconstructionNames,
} from "../../methods/index.ts";
import { SSIM_WINDOW } from "../../nn/index.ts";
import type { Choose, Given } from "./choose.ts";

export const autoencoderSchema = z.strictObject({
  reconstruction: z.enum(reconstructionNames),
  corruption: z.enum(corruptionNames),
  corruptionAmount: z.number().min(0),
  /** Where the corruption is `images`. */
  corruptionImages: z.string().min(1).optional(),
  sparsity: z.number().min(0),
  components: z.number().int().positive(),
  /** Where classes are learned. */
  classWeight: z.number().positive().optional(),
  /** Where the reconstruction is `perceptual`. */
  preset: z.enum(presetNames).optional(),
  layers: z.array(z.string().min(1)).min(1).optional(),
});

type Corruption = AutoencoderSettings["corruption"];

/** Amounts that are used where none is given, with the reasons. */
const usualAmounts: Readonly<Record<Corruption, readonly [number, string]>> = {
  none: [0, "nothing is done to the images"],
  gaussian: [0.3, "visible, and shapes can still be told"],
  saltAndPepper: [0.25, "a quarter of the pixels, the middle one of Vincent et al. 2010"],
  images: [0.5, "what lies below shows through"],
};

/**
 * The settings that were given, and usual ones instead of the others.
 * @param context.classes that are learned. Default: 0.
 * @throws AtelierError (usage) for a weight of the classes where there are none.
 */
export function chosenAutoencoder(
  given: Given<AutoencoderSettings>,
  choose: Choose,
  { classes }: { readonly classes: number },
): z.infer<typeof autoencoderSchema> {
  const corruption = choose("autoencoder.corruption", given.corruption, "none", "images are encoded as they are");
  return {
    reconstruction: choose(
      "autoencoder.reconstruction",
      given.reconstruction,
      "mse",
      "the usual one (Hinton and Salakhutdinov 2006)",
    ),
    corruption,
    corruptionAmount: choose("autoencoder.corruptionAmount", given.corruptionAmount, ...usualAmounts[corruption]),
    ...(given.corruptionImages !== undefined && { corruptionImages: given.corruptionImages }),
    sparsity: choose("autoencoder.sparsity", given.sparsity, 0, "none; try 0.01 for codes with few large numbers"),
    components: choose(
      "autoencoder.components",
      given.components,
      10,
      classes === 0 ? "the usual number (Ghosh et al. 2020)" : "at most so many for each class, fewer for few images",
    ),
    ...chosenClassWeight(given, choose, classes),
    ...(given.preset !== undefined && { preset: given.preset }),
    ...(given.layers !== undefined && { layers: [...given.layers] }),
  };
}

function chosenClassWeight({ classWeight }: Given<AutoencoderSettings>, choose: Choose, classes: number) {
  if (classes > 0) {
    const reason = "as large a part as the reconstruction has after some hundred steps";
    return { classWeight: choose("autoencoder.classWeight", classWeight, CLASS_WEIGHT, reason) };
  }
  if (classWeight === undefined) return {};
  throw contradiction("autoencoder.classWeight", "labels of two classes or more", "a run that learns no classes", {
    help: "leave it out, or give labels: class folders, labels.csv or --labels FILE",
  });
}

/** What an autoencoder's settings must agree with. */
interface AutoencoderContext {
  readonly size: MethodConfig["size"];
  readonly features?: string | undefined;
}

/** @throws AtelierError (usage) when settings do not go together. */
export function assertAutoencoderFits(settings: AutoencoderSettings, context: AutoencoderContext): void {
  assertCorruptionFits(settings);
  assertReconstructionFits(settings, context);
}

function assertCorruptionFits({ corruption, corruptionAmount: amount, corruptionImages }: AutoencoderSettings): void {
  if (corruption === "images" && corruptionImages === undefined) {
    throw contradiction("autoencoder.corruptionImages", "a folder of images for the corruption `images`", "nothing", {
      help: "add --set autoencoder.corruptionImages=FOLDER, or choose another corruption",
    });
  }
  if (corruption !== "images" && corruptionImages !== undefined) {
    throw contradiction(
      "autoencoder.corruptionImages",
      `no images for the corruption \`${corruption}\``,
      corruptionImages,
      {
        help: "add --set autoencoder.corruption=images, or leave the images out",
      },
    );
  }
  const most = { none: 0, gaussian: Number.POSITIVE_INFINITY, saltAndPepper: 1, images: 1 }[corruption];
  if (corruption === "none" ? amount === 0 : amount > 0 && amount <= most) return;
  const [usual] = usualAmounts[corruption];
  const range = most === 1 ? "a share above 0, at most 1" : "a deviation above 0";
  const expected = corruption === "none" ? "0 where there is no corruption" : `${range}, for \`${corruption}\``;
  throw contradiction("autoencoder.corruptionAmount", expected, String(amount), {
    help:
      corruption === "none"
        ? "choose what is done to images, such as --set autoencoder.corruption=gaussian"
        : `leave it out for the usual ${usual}, or set autoencoder.corruption to none`,
  });
}

function assertReconstructionFits(
  { reconstruction, preset, layers }: AutoencoderSettings,
  { size, features }: AutoencoderContext,
): void {
  const { height, width } = sidesOf(size);
  if (reconstruction === "ssim" && Math.min(height, width) < SSIM_WINDOW) {
    throw contradiction(
      "--size",
      `sides of at least ${SSIM_WINDOW} pixels, for the window of \`ssim\``,
      sizeOf({ height, width }),
      {
        help: "choose larger pictures, or another autoencoder.reconstruction",
      },
    );
  }
  if (reconstruction === "perceptual") {
    if (features !== undefined) return;
    throw contradiction("--features", "a pretrained network for the reconstruction `perceptual`", "nothing", {
      help: "add --features NETWORK.onnx, or choose another autoencoder.reconstruction",
    });
  }
  const unused = [
    ["--features", features],
    ["autoencoder.preset", preset],
    ["autoencoder.layers", layers?.join(", ")],
  ] as const;
  for (const [where, received] of unused) {
    if (received === undefined) continue;
    throw contradiction(where, `nothing, for the reconstruction \`${reconstruction}\` compares no features`, received, {
      help: "add --set autoencoder.reconstruction=perceptual, or leave it out",
    });
  }
}

function contradiction(
  where: string,
  expected: string,
  received: string | number,
  { help }: { readonly help: string },
): AtelierError {
  return new AtelierError({ kind: "usage", where, expected, received: String(received), help });
}
