import { abs, averagePool2d, mean, resize2d, subtract, type Tensor } from "../../graph/index.ts";

/**
 * Mean absolute difference between pictures and images, which are brought to the pictures' size by averages: what a
 * discriminator loses that cannot draw real images again (Liu et al. 2021, "Towards Faster and Stabilized GAN Training for
 * High-fidelity Few-shot Image Synthesis", section 3.2, with the plain difference for their perceptual one).
 * @param pictures [batch, channels, height', width']
 * @param images [batch, channels, height, width]
 */
export function redrawingLoss(pictures: Tensor, images: Tensor): Tensor {
  return mean(abs(subtract(pictures, broughtTo(sidesOf(pictures), images))));
}

function broughtTo([height, width]: readonly [number, number], images: Tensor): Tensor {
  const [fromHeight, fromWidth] = sidesOf(images);
  if (fromHeight % height !== 0 || fromWidth % width !== 0) {
    return resize2d(images, { size: [height, width], mode: "bilinear", antialias: true });
  }
  const window = [fromHeight / height, fromWidth / width] as const;
  return averagePool2d(images, { kernel: window, strides: window });
}

function sidesOf({ shape: [, , height, width] }: Tensor): readonly [number, number] {
  return [Number(height), Number(width)];
}
