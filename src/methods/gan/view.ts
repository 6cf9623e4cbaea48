import { add, multiply, type Tensor } from "../../graph/index.ts";
import { augment } from "../../nn/index.ts";
import type { StepInputs } from "../method.ts";
import { probabilityNow } from "./adaptive-augmentation.ts";
import type { GanSettings } from "./settings.ts";

/** What the discriminator sees instead of a batch of images: gradients flow through to the images. */
export type View = (images: Tensor, kind: "real" | "generated") => Tensor;

/**
 * Images as the discriminator sees them: augmented, and with noise that fades. Real and generated images are changed in the
 * same ways by draws of their own.
 * @param adaptive probability of each change under `ada`, shape []. Default: as the last decision left it.
 */
export function viewOf(
  {
    augmentation,
    transforms,
    ...settings
  }: Omit<InstanceNoise, "kind"> & Pick<GanSettings, "augmentation" | "transforms">,
  inputs: Pick<StepInputs, "noise" | "uniform" | "scalar" | "memory">,
  adaptive?: Tensor,
): View {
  const probability = augmentation === "ada" ? (adaptive ?? probabilityNow(inputs)) : undefined;
  return (images, kind) => {
    const draw = (name: string, shape: readonly number[]) => inputs.uniform(`augmentation/${kind}/${name}`, shape);
    const changed = augmentation === "none" ? images : augment(images, draw, { transforms, probability });
    return settings.instanceNoise === 0 ? changed : withInstanceNoise(changed, { ...settings, kind }, inputs);
  };
}

interface InstanceNoise extends Pick<GanSettings, "instanceNoise" | "instanceNoiseSteps"> {
  readonly kind: string;
}

/**
 * Instance noise (Sønderby et al. 2017, "Amortised MAP Inference for Image Super-resolution"; Arjovsky and Bottou 2017, "Towards
 * Principled Methods for Training Generative Adversarial Networks"): x + deviation max(0, 1 - step / steps) e with e ~ N(0, 1). Noise makes the distributions of real and generated images
 * overlap, which the discriminator could tell apart at once when they do not.
 */
function withInstanceNoise(
  images: Tensor,
  { instanceNoise, instanceNoiseSteps, kind }: InstanceNoise,
  { noise, scalar }: Pick<StepInputs, "noise" | "scalar">,
): Tensor {
  const deviation = scalar("instanceNoise", (step) => instanceNoise * Math.max(0, 1 - step / instanceNoiseSteps));
  return add(images, multiply(noise(`instance/${kind}`, images.shape.map(Number)), deviation));
}
